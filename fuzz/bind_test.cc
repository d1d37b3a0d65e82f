// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/bind.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/menu.h"
#include "fuzz/trace_run.h"
#include "scheduler/record/steps_text.h"

namespace iorace::this_file {
namespace {

program_data program_of(std::string_view sections) {
  const auto t = parse_trace("iorace-trace 1\n" + std::string(sections), kernel_schema());
  EXPECT_TRUE(t) << t.error().in("t");
  return t ? t->program : program_data{};
}

kept_execution execute(const program_data& p) {
  static engine e;  // outcomes live in its memory
  const bound_program bound(p, kernel_schema());
  return keep(e, bound.runnable(), schedule{}, {}, {});
}

std::vector<long> codes() {
  std::vector<long> all;
  for (const call_outcome& o : latest_outcomes()) all.push_back(o.returned ? o.rc : 1);
  return all;
}

std::string steps_text(const kept_execution& k) { return to_text(steps_of(k.steps)); }

TEST(bind, a_program_runs_as_it_reads) {
  const kept_execution k =
      execute(program_of("[setup]\nioas#1 = ioas_alloc()\n[cpu1]\narea#1.1 = "
                         "ioas_map(ioas#1)\nioas_unmap_all(ioas#1)\n"
                         "[cpu2]\nioas_unmap(ioas#1) = -ENOENT\n"));
  EXPECT_EQ(k.what.kind, verdict::none) << k.what.title;
  EXPECT_EQ(codes(), (std::vector<long>{0, 0, 0, -ENOENT}));
  std::set<std::string> calls;
  for (const recording::frame& f : k.steps.frames)
    if (f.call) calls.insert(f.function);
  EXPECT_TRUE(calls.contains("ioas_map(ioas#1, iova=0x10000, length=0x1000)"));
}

TEST(bind, objects_are_called_as_their_variables) {
  const kept_execution k =
      execute(program_of("[setup]\nioas#3 = ioas_alloc()\n[cpu1]\narea#1.7 = "
                         "ioas_map(ioas#3)\nioas_unmap_all(ioas#3)\n"));
  EXPECT_THAT(steps_text(k), testing::HasSubstr(" ioas#3.iova_rwsem"));
  EXPECT_THAT(steps_text(k), testing::HasSubstr(" area#1.7.pages"));
  EXPECT_THAT(steps_text(k), testing::Not(testing::HasSubstr("variable#")));
}

TEST(bind, what_another_task_uses_is_shared_and_ordered) {
  const program_data p =
      program_of("[cpu1]\nioas#1.1 = ioas_alloc()\n[cpu2]\narea#2.1 = ioas_map(ioas#1.1)\n");
  const kept_execution k = execute(p);
  EXPECT_THAT(steps_text(k), testing::ContainsRegex("cpu1 .*write_once +variable#1.value"));
  EXPECT_THAT(steps_text(k), testing::ContainsRegex("cpu2 .*read_once +variable#1.value"));
  EXPECT_EQ(codes(), (std::vector<long>{0, 0}));
  // The other way round there is no such object yet.
  engine e;
  const bound_program bound(p, kernel_schema());
  const auto other = parse_schedule("cpu2\ncpu1\n");
  keep(e, bound.runnable(), *other, {}, {});
  EXPECT_EQ(codes(), (std::vector<long>{0, -ENOENT}));
}

TEST(bind, another_result_than_expected_is_a_finding) {
  const kept_execution k = execute(program_of(
      "[setup]\nioas#1 = ioas_alloc()\n[cpu1]\nioas_unmap(ioas#1) = 0\nioas_unmap_all(ioas#1)\n"));
  EXPECT_EQ(k.what.kind, verdict::unexpected_result);
  EXPECT_EQ(k.what.title, "unexpected-result in ioas_unmap: -ENOENT");
  EXPECT_EQ(k.what.detail, "ioas_unmap returned -ENOENT, expected 0");
  EXPECT_EQ(codes(), (std::vector<long>{0, -ENOENT, 1}));
}

TEST(bind, an_empty_program_is_clean) {
  EXPECT_EQ(execute({}).what.kind, verdict::none);
  program_data idle;
  idle.tasks.resize(2);
  EXPECT_EQ(execute(idle).what.kind, verdict::none);
}

TEST(bind, says_what_executions_reached) {
  bound_program bound(
      program_of(
          "[setup]\nioas#1 = ioas_alloc()\n[cpu1]\nioas_unmap(ioas#1)\nioas_unmap_all(ioas#1)\n"),
      kernel_schema());
  EXPECT_EQ(bound.reached().calls, (std::vector<bool>{false, false, false}));
  engine e;
  keep(e, bound.runnable(), schedule{}, {}, {});
  EXPECT_EQ(bound.reached().calls, (std::vector<bool>{true, false, true}));
}

TEST(menu, each_execution_draws_a_program_of_its_own) {
  const program_data p = program_of(
      "[setup]\nioas#1 = ioas_alloc()\n[cpu1]\nioas_unmap_all(ioas#1)\n"
      "[menu] tasks=2 calls=3\nioas_map\nioas_unmap(ioas#1, "
      "length=0x3000)\naccess_pages\naccess_create\naccess_attach\n");
  std::set<std::uint64_t> drawn;
  std::size_t fixed = 0;
  for (std::uint64_t n = 0; n < 200; ++n) {
    const program_data d = draw_menu(p, 1, n, kernel_schema());
    EXPECT_EQ(hash_of(d), hash_of(draw_menu(p, 1, n, kernel_schema())));
    drawn.insert(hash_of(d));
    EXPECT_FALSE(d.menu);
    EXPECT_EQ(d.task_count(), 3u);
    std::string text = "iorace-trace 1\n";
    print_program(d, text);
    ASSERT_TRUE(parse_trace(text, kernel_schema())) << text;
    for (unsigned t = 2; t <= 3; ++t) {
      EXPECT_LE(d.calls_of(t).size(), 3u);
      for (const call& c : d.calls_of(t))
        if (std::string_view(c.flow->name) == "ioas_unmap") {
          ++fixed;
          EXPECT_EQ(c.args[2].value, 0x3000u);
        }
    }
  }
  EXPECT_GT(drawn.size(), 150u);
  EXPECT_GT(fixed, 50u);
}

// Swarm testing: of many draws each execution shows which calls it knows.
TEST(menu, each_execution_leaves_out_a_part_of_any_size) {
  const program_data p = program_of(
      "[setup]\nioas#1 = ioas_alloc()\n[menu] tasks=2 calls=24\nioas_map\nioas_unmap\n"
      "ioas_unmap_all\nioas_alloc\naccess_create\nhwpt_alloc\n");
  const std::size_t all = p.menu->items.size();
  std::map<std::size_t, unsigned> sizes;
  std::map<std::string, unsigned> known;
  unsigned lopsided = 0;
  for (std::uint64_t n = 0; n < 600; ++n) {
    const program_data d = draw_menu(p, 7, n, kernel_schema());
    std::map<std::string, unsigned> calls;
    for (unsigned t = 1; t <= 2; ++t)
      for (const call& c : d.calls_of(t)) ++calls[c.flow->name];
    ++sizes[calls.size()];
    unsigned most = 0, least = 48;
    for (const auto& [name, times] : calls) {
      ++known[name];
      most = std::max(most, times), least = std::min(least, times);
    }
    lopsided += calls.size() > 1 && most > 3 * least;
  }
  EXPECT_EQ(sizes.size(), all) << "every size, and none left out completely";
  for (const auto& [size, times] : sizes) EXPECT_GT(times, 30u) << size;
  EXPECT_EQ(known.size(), all);
  for (const auto& [name, times] : known) {
    EXPECT_GT(times, 200u) << name;
    EXPECT_LT(times, 400u) << name;
  }
  EXPECT_GT(lopsided, 200u);
}

TEST(menu, what_was_drawn_can_be_run_again_without_the_menu) {
  const program_data p = program_of(
      "[setup]\nioas#1 = ioas_alloc()\n[menu] tasks=2 "
      "calls=3\nioas_map\nioas_unmap_all\nioas_unmap\nhwpt_alloc\n");
  engine e;
  for (std::uint64_t n = 0; n < 50; ++n) {
    execution_options o;
    o.number = n;
    const bound_program menu(p, kernel_schema());
    const std::uint64_t digest = keep(e, menu.runnable(), schedule{}, o, {}).result.digest;
    const bound_program drawn(latest_program(), kernel_schema());
    EXPECT_EQ(keep(e, drawn.runnable(), schedule{}, {}, {}).result.digest, digest);
  }
}

}  // namespace
}  // namespace iorace::this_file
