// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace run --resume, from outside: killed at many moments, gone on from, compared with a run that
// nobody disturbed.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <xxhash.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using words = std::vector<std::string>;

// Several titles, the last of which comes late.
const words many = {"run",          "access_pin_unmap", "--with", spin,
                    "--keep-going", "--statistics",     "all",    "--max-executions"};

words with(words first, const words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

// A report without what is not a matter of the run.
json plain(json run) {
  for (json& one : run.contains("runs") ? run["runs"] : run = json::array({run}))
    for (const char* key : {"command", "seconds"}) one.erase(key);
  return run;
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// The tutorial: kill it, type the same again, and it ends as if nothing had happened.
TEST_F(cli_test, a_killed_run_goes_on) {
  const words run = with(many, {"12000", "--resume", "run.ckpt", "-o", "a.trace"});
  const outcome killed = killed_after_checkpoints(run, "run.ckpt", 1, 200);
  EXPECT_EQ(killed.status, 1009) << "SIGKILL";
  const outcome resumed = iorace(run);
  EXPECT_EQ(resumed.status, 1);
  EXPECT_THAT(resumed.err, HasSubstr("run.ckpt: the run goes on after "));
  EXPECT_THAT(resumed.out, EndsWith("replay: iorace replay a-3.trace\n"));
  const outcome again = iorace(run);
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("run.ckpt: this run has ended"));
  const auto tail = [](const std::string& text) { return text.substr(text.find("traces ")); };
  EXPECT_EQ(tail(again.out), tail(resumed.out));
}

TEST_F(cli_test, killed_at_many_moments_it_ends_the_same) {
  const words run = with(many, {"3000", "-o", "a.trace"});
  const json whole = plain(json_of(run, 1));
  const std::string trace = read("a.trace");
  const std::size_t files = files_in(path(""));
  for (const char* jobs : {"1", "2"}) {
    SCOPED_TRACE(jobs);
    for (const auto& entry : std::filesystem::directory_iterator(path("")))
      if (entry.path().extension() == ".trace") std::filesystem::remove(entry.path());
    std::filesystem::remove(path("run.ckpt"));
    const words again = with(run, {"--resume", "run.ckpt", "--jobs", jobs});
    // It writes one before it starts, one for each finding, one a second and one at the end.
    std::size_t kills = 0;
    for (unsigned n = 1; n < 12; ++n) {
      const outcome o = killed_after_checkpoints(again, "run.ckpt", 1 + n % 3, n * n % 64);
      kills += o.status == 1009;
      // Whatever it said that it found is there to stay.
      for (std::size_t at = 0; (at = o.err.find(".trace)", at)) != o.err.npos; ++at) {
        const std::size_t name = o.err.rfind('(', at) + 1;
        EXPECT_EQ(iorace({"replay", "--strict", o.err.substr(name, at + 6 - name)}).status, 0);
      }
    }
    EXPECT_GT(kills, 1u);
    EXPECT_EQ(plain(json_of(again, 1)), whole);
    EXPECT_EQ(read("a.trace"), trace);
    std::filesystem::remove(path("run.ckpt"));
    EXPECT_LE(files_in(path("")), files + kills) << "nothing but a half-written file per kill";
  }
}

TEST_F(cli_test, seeds_are_resumed_where_they_were) {
  const words run = {"run", "access_pin_unmap", "--with", spin, "--seed", "5..12", "-o", "a.trace"};
  const json whole = plain(json_of(run, 1));
  std::filesystem::remove(path("a.trace"));
  const words again = with(run, {"--resume", "seeds.ckpt"});
  for (unsigned n = 1; n < 5; ++n) killed_after_checkpoints(again, "seeds.ckpt", n);
  EXPECT_EQ(plain(json_of(again, 1)), whole);
  EXPECT_EQ(plain(json_of(again, 1)), whole);
  const outcome text = iorace(again);
  EXPECT_THAT(text.err, HasSubstr("this run has ended"));
  EXPECT_THAT(text.out, HasSubstr("\n8 of 8 seeds found something"));
}

TEST_F(cli_test, time_and_interrupts_are_no_end) {
  const words quiet = {"run",      "access_pin_unmap", "--with",          "profile=repaired",
                       "--resume", "q.ckpt",           "--max-executions"};
  const json part = json_of(with(quiet, {"400000000", "--max-time", "300ms"}), 0);
  EXPECT_EQ(part["stopped"], true);
  const auto done = part["executions"].get<std::uint64_t>();
  EXPECT_EQ(interrupted(with(quiet, {"400000000"})).status, 130);
  // No execution is lost, and none is made twice.
  const auto later = json_of(with(quiet, {"400000000", "--max-time", "1ms"}), 0);
  EXPECT_GT(later["executions"].get<std::uint64_t>(), done);
  const std::string executions = std::to_string(later["executions"].get<std::uint64_t>());
  const json whole = json_of(
      {"run", "access_pin_unmap", "--with", "profile=repaired", "--max-executions", executions}, 0);
  EXPECT_EQ(later["digest"], whole["digest"]);
  EXPECT_EQ(later["statistics"], whole["statistics"]);
  EXPECT_EQ(later["probes_unreached"], whole["probes_unreached"]);
}

TEST_F(cli_test, a_lost_trace_is_written_again) {
  const words run = with(many, {"300", "--resume", "run.ckpt", "-o", "a.trace"});
  const json first = plain(json_of(run, 1));
  const std::string trace = read("a.trace");
  std::filesystem::remove(path("a.trace"));
  EXPECT_EQ(plain(json_of(run, 1)), first);
  EXPECT_EQ(read("a.trace"), trace);
}

TEST_F(cli_test, checkpoints_of_other_runs) {
  const words run = {"run", "access_pin_unmap", "--resume", "run.ckpt", "--max-executions"};
  ASSERT_EQ(iorace(with(run, {"100"})).status, 0);
  const std::string before = read("run.ckpt");
  const struct {
    words command;
    std::string part;
  } cases[] = {
      {with(run, {"100", "--seed", "1"}), "expected 'iorace run access_pin_unmap --strategy"},
      {with(run, {"100", "--strategy", "pos"}), "--strategy pos"},
      {with(run, {"100", "--with", spin}), "--with " + spin},
      {with(run, {"100", "--keep-going"}), "--keep-going"},
      {with(run, {"100", "--fair"}), "--fair"},
      {with(run, {"100", "--limit", "unmap_tries=3"}), "--limit unmap_tries=3"},
      {with(run, {"50"}), "has 100 executions, expected at most 50"},
      {{"run", "copy_unmap", "--resume", "run.ckpt"}, "expected 'iorace run copy_unmap"},
      {{"run", "access_pin_unmap", "--resume", "-"}, "expected a file"},
      {{"run", "access_pin_unmap", "--resume", "no/such/folder"}, "No such file"},
      {{"run", "access_pin_unmap", "--resume", "."}, "is a directory or device, expected a file"},
      {{"run", "access_pin_unmap", "--resume", "/dev/zero"}, "/dev/zero: is a directory or device"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.part);
    const outcome o = iorace(c.command);
    EXPECT_EQ(o.status, 2);
    EXPECT_EQ(o.out, "");
    EXPECT_THAT(o.err, StartsWith("iorace: "));
    EXPECT_THAT(o.err, HasSubstr(c.part));
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  }
  EXPECT_EQ(read("run.ckpt"), before);
  // The program of a file is a matter of its content.
  write("p.trace", "iorace-trace 1\n\n[setup]\nioas#1 = ioas_alloc()\n");
  ASSERT_EQ(iorace({"run", "p.trace", "--max-executions", "5", "--resume", "p.ckpt"}).status, 0);
  write("p.trace", "iorace-trace 1\n\n[setup]\nioas#1 = ioas_alloc()\nioas#2 = ioas_alloc()\n");
  EXPECT_THAT(iorace({"run", "p.trace", "--max-executions", "5", "--resume", "p.ckpt"}).err,
              HasSubstr("p.ckpt: its program has changed, expected"));
}

// What another build executes may be something else, though the file is whole.
TEST_F(cli_test, checkpoints_of_another_build) {
  const words run = with(many, {"50", "--resume", "run.ckpt"});
  iorace(run);
  std::string text = read("run.ckpt");
  const std::size_t digit = text.find('\n', text.find("\nversion ") + 1) - 1;
  text[digit] = text[digit] == '0' ? '1' : '0';
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  text.resize(last);
  text += fmt::format("checksum {:016x}\n", XXH3_64bits(text.data(), text.size()));
  write("run.ckpt", text);
  const outcome o = iorace(run);
  EXPECT_EQ(o.status, 2);
  EXPECT_THAT(o.err, HasSubstr("run.ckpt: was written by another version or build of iorace"));
  EXPECT_EQ(read("run.ckpt"), text);
}

TEST_F(cli_test, damaged_checkpoints) {
  const words run = with(many, {"200", "--resume", "run.ckpt", "-o", "a.trace"});
  ASSERT_EQ(iorace(run).status, 1);
  const std::string good = read("run.ckpt");
  const auto expect_refused = [&](const std::string& text) {
    write("run.ckpt", text);
    const outcome o = iorace(run);
    EXPECT_EQ(o.status, 2) << o.out;
    EXPECT_THAT(o.err, StartsWith("iorace: run.ckpt: "));
    EXPECT_THAT(o.err, HasSubstr("expected"));
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
    EXPECT_EQ(read("run.ckpt"), text);
  };
  for (std::size_t size = 0; size < good.size(); size += 1 + good.size() / 30)
    expect_refused(good.substr(0, size));
  expect_refused(good.substr(0, good.size() - 1));
  expect_refused(good + "\n");
  expect_refused("rubbish\n");
  expect_refused("iorace-checkpoint 2" + good.substr(19));
  for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 30) {
    std::string edited = good;
    edited[at] ^= 1;
    expect_refused(edited);
  }
}

}  // namespace
}  // namespace iorace::cli::this_file
