// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/dice.h"
#include "fuzz/fake_test.h"
#include "fuzz/settings.h"

namespace iorace::this_file {
namespace {

constexpr std::string_view whole = R"(# Found on a rainy day.
iorace-trace 1
title     use-after-free in iopt_unmap_iova_range
profile   upstream
knobs     selftest_access.lock=spin notify.order=early  # both are needed
limits    unmap_tries=3
options   faults=1 fair=1
seed      0x5eed
strategy  pct:3

[setup]
ioas#1 = ioas_alloc()
access#1 = access_create() = 0
access_attach(access#1, ioas#1, mode=fast)
area#1 = ioas_map(ioas#1, iova=0x10000, length=0x2000, prot=read)
# The two that race:
[cpu1]
ioas_unmap(ioas#1, iova=0x10000, length=0x2000) = -ENOENT  # loses
[cpu2]  # the second
ioas#2.1 = ioas_alloc()
# into its own
area#2.1 = ioas_map(ioas#2.1, iova=0x10000, length=0x1000)
[cpu3]
ioas_unmap(none, iova=0x0, length=0xffffffffffffffff)
ioas_unmap_all(ioas#2.1)
[agent user1]
user_stalls()
[schedule]
cpu3 until iommufd_access_unpin_pages down_read ioas#1.iova_rwsem
# right between the two
cpu1 until iopt_unmap_iova_range read area#1.num_accesses #2  # here
cpu2
choose cpu1:f:site#1 1
[points] iopt_area.num_accesses
[steps]
   1 cpu3 iommufd_access_pin_pages     down_read  ioas#1.iova_rwsem
   2 cpu3 iopt_area_add_access         write      area#1.num_accesses 0 -> 1
[verdict]
use-after-free area#1 step=20 cpu=1 freed-at=19 freed-by=2
digest 0123456789abcdef
# The end.
)";

std::string error_of(std::string_view text) {
  const auto t = parse_trace(text, fake::tables);
  return t ? "no error" : t.error().in("t");
}

TEST(trace_file, is_text_that_survives_reading_and_writing) {
  const auto t = parse_trace(whole, fake::tables);
  ASSERT_TRUE(t) << t.error().in("whole");
  EXPECT_EQ(t->title, "use-after-free in iopt_unmap_iova_range");
  EXPECT_EQ(t->program.knobs.size(), 2u);
  EXPECT_EQ(t->program.task_count(), 4u);
  EXPECT_EQ(t->program.tasks[0].calls[0].expected, -ENOENT);
  EXPECT_EQ(t->options, (trace_options{1, true, 20000}));
  EXPECT_EQ(t->schedule->segments.size(), 3u);
  EXPECT_EQ(t->verdict->name, "use-after-free");
  EXPECT_EQ(t->verdict->digest, 0x0123456789abcdefu);
  EXPECT_EQ(print_trace(*t, fake::tables), whole);
}

TEST(trace_file, a_program_is_a_trace_without_schedule) {
  const auto t = parse_trace("iorace-trace 1\n\n\n[cpu1]\n  ioas_alloc( ) =  0 \n", fake::tables);
  ASSERT_TRUE(t) << t.error().in("t");
  EXPECT_FALSE(t->schedule);
  EXPECT_EQ(print_trace(*t, fake::tables),
            "iorace-trace 1\nprofile   upstream\n\n[cpu1]\nioas_alloc() = 0\n");
}

struct deserialize_test {
  const char* in;
  const char* out;  // null: `in` is canonical
  const char* err;  // null: none
};

// Each line stands in [cpu1] of a program with the setup of the test below.
constexpr deserialize_test calls[] = {
    {"ioas_unmap_all(ioas#1)", nullptr, nullptr},
    {"ioas_unmap_all(ioas=ioas#1)", "ioas_unmap_all(ioas#1)", nullptr},
    {"ioas_unmap_all(none)", nullptr, nullptr},
    {"access_attach(access#1, ioas#1)", nullptr, nullptr},
    {"access_attach(ioas=ioas#1, access#1)", "access_attach(access#1, ioas#1)", nullptr},
    {"access_attach(access#1,ioas#1,mode=0)", "access_attach(access#1, ioas#1)", nullptr},
    {"access_attach(access#1, ioas#1, mode=0x7)", nullptr, nullptr},
    {"ioas#1.7 = ioas_alloc()", nullptr, nullptr},
    {"ioas_unmap(ioas#1, length=4096)", "ioas_unmap(ioas#1, iova=0x10000, length=0x1000)", nullptr},
    {"ioas_map(ioas#1, prot=write|read)", "ioas_map(ioas#1, iova=0x10000, length=0x1000)", nullptr},
    {"ioas_map(ioas#1, prot=0)", "ioas_map(ioas#1, iova=0x10000, length=0x1000, prot=0x0)",
     nullptr},
    {"ioas_map(ioas#1, prot=write|0x80)",
     "ioas_map(ioas#1, iova=0x10000, length=0x1000, prot=write|0x80)", nullptr},
    {"ioas_unmap_all(ioas#1) = 5", nullptr, nullptr},
    {"ioas_unmap_all(ioas#1) = -2", "ioas_unmap_all(ioas#1) = -ENOENT", nullptr},
    {"ioas_unmap_al(ioas#1)", nullptr,
     "6:1: unknown call 'ioas_unmap_al', expected one of ioas_alloc, ioas_map, ioas_unmap, "
     "ioas_unmap_all, access_create, access_attach, user_stalls"},
    {"ioas_unmap_all", nullptr, "6:15: the line ends, expected '('"},
    {"ioas_unmap_all(", nullptr, "6:16: '' is no ioas, expected a variable such as ioas#1 or none"},
    {"ioas_unmap_all(ioas#1", nullptr, "6:22: the line ends, expected ',' or ')'"},
    {"ioas_unmap_all()", nullptr,
     "6:1: ioas_unmap_all lacks its ioas, expected a variable such as ioas#1 or none"},
    {"ioas_unmap_all(ioas#2)", nullptr,
     "6:16: nothing above binds ioas#2, expected one of ioas#1, none"},
    {"ioas_unmap_all(ioas#2.1)", nullptr,
     "6:16: nothing above binds ioas#2.1, expected one of ioas#1, none"},
    {"ioas_unmap_all(access#1)", nullptr,
     "6:16: 'access#1' is no ioas, expected a variable such as ioas#1 or none"},
    {"ioas_unmap_all(ioas#99999999999999999999)", nullptr,
     "6:16: 'ioas#99999999999999999999' is no ioas, expected a variable such as ioas#1 or none"},
    {"ioas_unmap_all(ioas#1, ioas#1)", nullptr,
     "6:24: unexpected 'ioas#1', expected ')' or NAME=VALUE, a NAME of ioas"},
    {"ioas_unmap_all(ioas#1, ioas=ioas#1)", nullptr,
     "6:24: argument ioas is given twice, expected it once"},
    {"ioas_unmap(ioas#1, iva=0)", nullptr,
     "6:20: unknown argument 'iva' of ioas_unmap, expected one of ioas, iova, length"},
    {"ioas_unmap(ioas#1, iova=0x1ffffffffffffffff)", nullptr,
     "6:25: '0x1ffffffffffffffff' does not fit in 64 bits, expected at most 0xffffffffffffffff"},
    {"ioas_unmap(ioas#1, iova=12ab)", nullptr,
     "6:25: '12ab' is not a number, expected decimal or 0x hexadecimal"},
    {"ioas_unmap(ioas#1, iova=?)", nullptr,
     "6:25: '?' is not a number, expected decimal or 0x hexadecimal"},
    {"access_attach(access#1, ioas#1, mode=medium)", nullptr,
     "6:38: unknown mode 'medium', expected one of slow, fast, or a number"},
    {"ioas_map(ioas#1, prot=read|exec)", nullptr,
     "6:23: unknown prot 'exec', expected one of read, write, or a number"},
    {"ioas#1 = ioas_alloc()", nullptr,
     "6:1: 'ioas#1' cannot name what ioas_alloc makes here, expected ioas#1.1"},
    {"access#1.1 = ioas_alloc()", nullptr,
     "6:1: 'access#1.1' cannot name what ioas_alloc makes here, expected ioas#1.1"},
    {"x#1.1 = ioas_unmap_all(ioas#1)", nullptr,
     "6:1: ioas_unmap_all makes nothing that 'x#1.1' could name"},
    {"= ioas_alloc()", nullptr, "6:1: a variable is missing, expected one such as ioas#1"},
    {"user_stalls()", nullptr,
     "6:1: user_stalls cannot be called here, expected it in an [agent] section"},
    {"ioas_alloc() = -EFOO", nullptr,
     "6:16: '-EFOO' is not a return code, expected 0 or one like -ENOENT"},
    {"ioas_alloc() = 0 0", nullptr,
     "6:18: unexpected '0', expected '= RESULT' or the end of the line"},
    {"ioas_alloc();", nullptr, "6:13: unexpected ';', expected '= RESULT' or the end of the line"},
    {"ioas_alloc()\r", nullptr,
     "6:13: carriage return, expected lines that end with a line feed alone"},
    {"ioas_\x01", nullptr, "6:6: byte 0x01, expected printable ASCII"},
};

TEST(trace_file, calls) {
  const std::string head =
      "iorace-trace 1\n[setup]\nioas#1 = ioas_alloc()\naccess#1 = access_create()\n[cpu1]\n";
  for (const auto& c : calls) {
    const auto t = parse_trace(head + c.in + "\n", fake::tables);
    if (c.err != nullptr) {
      EXPECT_EQ(t ? "no error" : t.error().in("t"), std::string("t:") + c.err) << c.in;
      continue;
    }
    ASSERT_TRUE(t) << c.in << ": " << t.error().in("t");
    EXPECT_TRUE(c.out == nullptr || std::string_view(c.in) != c.out)
        << "leave out what is the same";
    EXPECT_EQ(call_text(t->program.tasks[0].calls[0], 1), c.out != nullptr ? c.out : c.in);
  }
}

TEST(trace_file, errors_say_where_what_and_what_was_expected) {
  const std::string v1 = "iorace-trace 1\n";
  EXPECT_EQ(error_of(""), "t:1:1: the file is empty, expected 'iorace-trace 1'");
  EXPECT_EQ(error_of("\n# hm\n"), "t:1:1: the file is empty, expected 'iorace-trace 1'");
  EXPECT_EQ(error_of("#!/bin/sh\nls\n"), "t:2:1: unexpected 'ls', expected 'iorace-trace 1'");
  EXPECT_EQ(error_of("iorace-trace 2\n"), "t:1:14: unknown version '2', expected 1");
  EXPECT_EQ(error_of("iorace-trace 1\r\n"),
            "t:1:15: carriage return, expected lines that end with a line feed alone");
  EXPECT_EQ(error_of("iorace-trace 1"),
            "t:1:15: the file ends within a line, expected a line feed (is it truncated?)");
  EXPECT_EQ(error_of(std::string("iorace-trace 1\n\0\n", 17)),
            "t:2:1: byte 0x00, expected printable ASCII");
  EXPECT_EQ(
      error_of(v1 + "tilte x\n"),
      "t:2:1: unknown key 'tilte', expected one of title, profile, knobs, limits, options, seed, "
      "strategy, or a section such as [setup]");
  EXPECT_EQ(error_of(v1 + "knobs a.b=c\ntitle x\n"),
            "t:2:7: unknown knob 'a.b', expected one of selftest_access.lock, notify.order");
  EXPECT_EQ(error_of(v1 + "seed 1\ntitle x\n"),
            "t:3:1: key title comes too late, expected it before seed");
  EXPECT_EQ(error_of(v1 + "seed 1\nseed 1\n"), "t:3:1: key seed appears twice, expected it once");
  EXPECT_EQ(error_of(v1 + "seed\n"), "t:2:5: the line ends, expected a value");
  EXPECT_EQ(
      error_of(v1 + "seed 99999999999999999999\n"),
      "t:2:6: '99999999999999999999' does not fit in 64 bits, expected at most 0xffffffffffffffff");
  EXPECT_EQ(error_of(v1 + "knobs selftest_access.lock=rwsem\n"),
            "t:2:7: unknown value 'rwsem' of selftest_access.lock, expected one of mutex, spin");
  EXPECT_EQ(error_of(v1 + "knobs notify.order=late notify.order=late\n"),
            "t:2:25: knob notify.order is set twice, expected one value");
  EXPECT_EQ(error_of(v1 + "knobs =\n"), "t:2:7: '=' is no setting, expected NAME=VALUE");
  EXPECT_EQ(error_of(v1 + "limits unmap_tries=0\n"),
            "t:2:8: limit unmap_tries=0 is out of range, expected 1 to 1000");
  EXPECT_EQ(error_of(v1 + "options speed=1\n"),
            "t:2:9: unknown option 'speed', expected one of faults, fair, points");
  EXPECT_EQ(error_of(v1 + "options fair=2\n"),
            "t:2:9: option fair=2 is out of range, expected 0 to 1");
  EXPECT_EQ(error_of(v1 + "profile broken\n"),
            "t:2:9: unknown profile 'broken', expected upstream or repaired");
  EXPECT_EQ(error_of(v1 + "[stup]\n"),
            "t:2:1: unknown section '[stup]', expected one of setup, cpu1, agent NAME, menu, "
            "schedule, points, "
            "steps, verdict");
  EXPECT_EQ(error_of(v1 + "[setup\n"), "t:2:7: the line ends, expected ']'");
  EXPECT_EQ(error_of(v1 + "[cpu1]\n[setup]\n"),
            "t:3:1: section [setup] comes too late, expected it before [cpu1]");
  EXPECT_EQ(error_of(v1 + "[setup]\n[setup]\n"),
            "t:3:1: section [setup] appears twice, expected it once");
  EXPECT_EQ(error_of(v1 + "[cpu2]\n"), "t:2:2: section [cpu2] is out of order, expected [cpu1]");
  EXPECT_EQ(error_of(v1 + "[cpuX]\n"), "t:2:2: 'cpuX' is no CPU, expected [cpu1]");
  EXPECT_EQ(error_of(v1 + "[agent user1]\n[agent user1]\n"),
            "t:3:2: agent 'user1' appears twice, expected another number");
  EXPECT_EQ(error_of(v1 + "[schedule]\ncpu1 until f dwn_read a#1\n"),
            "t:3:14: unknown operation 'dwn_read', expected one such as 'down_read'");
  EXPECT_EQ(error_of(v1 + "[points] iopt_area\n"),
            "t:2:10: unexpected 'iopt_area', expected a field such as iopt_area.num_accesses");
  EXPECT_EQ(error_of(v1 + "[steps]\n 1 cpu1 f read\n 3 cpu1 f read\n"),
            "t:4:2: '3' is not the number of the step, expected 2");
  EXPECT_EQ(error_of(v1 + "[steps]\n 1 cpu1 f raed\n"),
            "t:3:11: unknown operation 'raed', expected one of the event table");
  EXPECT_EQ(error_of(v1 + "[verdict]\n"),
            "t:2:1: [verdict] is empty (is the file truncated?), expected a verdict");
  EXPECT_THAT(
      error_of(v1 + "[verdict]\nuse-after-fre\n"),
      testing::StartsWith(
          "t:3:1: unknown verdict 'use-after-fre', expected one of 24 names like use-after-free"));
  EXPECT_EQ(error_of(v1 + "[verdict]\nleak\ndigest 12\n"),
            "t:4:8: '12' is no digest, expected 16 hexadecimal digits");
  EXPECT_EQ(error_of(v1 + "[verdict]\nleak\nleak\n"),
            "t:4:1: unexpected 'leak', expected 'digest' or the end of the file");
}

TEST(trace_file, strategies_are_those_that_there_are) {
  EXPECT_THAT(error_of("iorace-trace 1\nstrategy  best\n"),
              testing::StartsWith("t:2:11: unknown strategy 'best', expected one of portfolio, "));
  EXPECT_THAT(error_of("iorace-trace 1\nstrategy  pct:99\n"),
              testing::StartsWith("t:2:11: 'pct:99' is out of range, expected pct:depth: "));
}

// A recording is whole or no trace. (Cut inside a line it lacks its last line feed.)
TEST(trace_file, no_beginning_of_a_recording_is_a_trace) {
  const std::size_t end = whole.find("digest ");
  for (std::size_t at = whole.find("title"); at < end; at = whole.find('\n', at) + 1)
    if (whole.substr(0, at).find("\ntitle") != whole.npos) {
      EXPECT_FALSE(parse_trace(whole.substr(0, at), fake::tables)) << whole.substr(0, at);
    }
  const std::string v1 = "iorace-trace 1\n";
  EXPECT_EQ(error_of(v1 + "title x\n"),
            "t:2:1: a title without a [verdict] (is the file truncated?), expected one");
  EXPECT_EQ(error_of(v1 + "[steps]\n 1 cpu1 f read\n"),
            "t:3:1: [steps] without a [verdict] (is the file truncated?), expected one");
  EXPECT_EQ(error_of(v1 + "[verdict]\nleak\n"),
            "t:3:1: [verdict] has no digest (is the file truncated?), expected one");
}

TEST(trace_file, a_menu_says_what_may_be_drawn) {
  const std::string text =
      "iorace-trace 1\nprofile   upstream\n\n[setup]\nioas#1 = ioas_alloc()\n"
      "[menu] tasks=2 calls=5\nioas_map\nioas_unmap(ioas#1, "
      "length=0x1000)\nioas_alloc\nioas_unmap(?, "
      "iova=0x0)\n";
  const auto t = parse_trace(text, fake::tables);
  ASSERT_TRUE(t) << t.error().in("t");
  ASSERT_EQ(t->program.menu->items.size(), 4u);
  EXPECT_EQ(t->program.menu->calls, 5u);
  EXPECT_FALSE(t->program.menu->items[1].args[1]);
  EXPECT_EQ(print_trace(*t, fake::tables), text);
  EXPECT_EQ(error_of("iorace-trace 1\n[menu] tasks=99\n"),
            "t:2:8: tasks is out of range, expected 1 to 32");
  EXPECT_EQ(error_of("iorace-trace 1\n[menu] tusks=9\n"),
            "t:2:8: unexpected 'tusks=9', expected tasks=N or calls=N");
  EXPECT_EQ(error_of("iorace-trace 1\n[menu]\nioas_unmap_all(ioas#1)\n"),
            "t:3:16: nothing above binds ioas#1, expected none");
}

TEST(trace_file, settings_from_outside_lose_to_the_programs_own) {
  program_data own, outside;
  ASSERT_TRUE(set_list(own, "selftest_access.lock=mutex", fake::tables));
  ASSERT_TRUE(set_list(outside, "selftest_access.lock=spin,notify.order=early,unmap_tries=7",
                       fake::tables));
  EXPECT_EQ(settings_text(outside, fake::tables),
            "selftest_access.lock=spin,notify.order=early,unmap_tries=7");
  add_settings(own, outside);
  EXPECT_EQ(knobs_text(own, fake::tables), "selftest_access.lock=mutex notify.order=early");
  EXPECT_EQ(settings_text(own, fake::tables), "notify.order=early,unmap_tries=7");
  program_data repaired;
  ASSERT_TRUE(set_list(repaired, "profile=repaired", fake::tables));
  EXPECT_EQ(settings_text(repaired, fake::tables), "profile=repaired");
  EXPECT_EQ(config_of(repaired, fake::tables).knobs, (std::vector<unsigned>{0, 1}));
  EXPECT_FALSE(set_list(outside, "a", fake::tables));
}

// No input may do more than be refused: the sanitizer builds watch.
TEST(trace_file, survives_ten_thousand_mutations) {
  dice d(1);
  unsigned accepted = 0;
  for (int i = 0; i < 12000; ++i) {
    std::string text(whole);
    for (unsigned n = d.below(4) + 1; n != 0; --n) {
      const std::size_t at = d.below(text.size() + 1);
      switch (d.below(5)) {
        case 0:
          text.insert(at, 1, static_cast<char>(d.below(256)));
          break;
        case 1:
          text.erase(at, d.below(20));
          break;
        case 2:
          text.resize(at);
          break;
        case 3:
          text.insert(at, whole.substr(d.below(whole.size()), d.below(60)));
          break;
        default:
          if (at < text.size()) text[at] = "#=().\n0x[]?-"[d.below(12)];
      }
      if (text.empty()) break;
    }
    const auto t = parse_trace(text, fake::tables);
    if (!t) {
      EXPECT_FALSE(t.error().what.empty());
      EXPECT_EQ(t.error().what.find('\n'), std::string::npos);
      continue;
    }
    ++accepted;
    const std::string again = print_trace(*t, fake::tables);
    const auto u = parse_trace(again, fake::tables);
    ASSERT_TRUE(u) << u.error().in("again") << "\n" << again;
    ASSERT_EQ(print_trace(*u, fake::tables), again) << text;
  }
  EXPECT_GT(accepted, 100u) << "the mutations are too rough to test anything";
}

}  // namespace
}  // namespace iorace::this_file
