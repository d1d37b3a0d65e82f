// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace run, from outside.
#include <filesystem>

#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What a newcomer types: find, shrink, look, replay.
TEST_F(cli_test, from_a_scenario_to_a_drawing) {
  const outcome run = iorace({"run", "access_pin_unmap", "--with", spin, "-o", "found.trace"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, StartsWith("iorace run access_pin_unmap --with " + spin));
  EXPECT_THAT(run.out, EndsWith(race_title + "\nreplay: iorace replay found.trace\n"));
  EXPECT_EQ(run.err, "");

  EXPECT_EQ(iorace({"minimize", "found.trace", "-o", "min.trace"}).status, 0);
  const outcome replay = iorace({"replay", "--strict", "min.trace"});
  EXPECT_EQ(replay.status, 0);
  EXPECT_THAT(replay.out, StartsWith("same "));
  const outcome drawing = iorace({"draw", "min.trace"});
  EXPECT_EQ(drawing.status, 0);
  EXPECT_THAT(drawing.out, StartsWith(" step CPU1"));
  EXPECT_THAT(drawing.out, HasSubstr("*** pin-survives-unmap"));
  EXPECT_THAT(drawing.out, Not(HasSubstr("CPU3")));
}

// The default name of a trace is made of the scenario, the verdict and the trace's hash.
TEST_F(cli_test, a_finding_is_kept_by_default) {
  const outcome first = iorace({"run", "access_pin_unmap", "--with", spin});
  EXPECT_EQ(first.status, 1);
  const std::string command = "replay: iorace replay ./access_pin_unmap-pin-survives-unmap-";
  const std::size_t at = first.out.find(command);
  ASSERT_NE(at, std::string::npos) << first.out;
  const std::string name = first.out.substr(at + 24, first.out.find('\n', at) - at - 24);
  EXPECT_TRUE(std::filesystem::exists(path(name))) << name;
  // The same run makes the same file, which is no reason to complain.
  EXPECT_EQ(iorace({"run", "access_pin_unmap", "--with", spin}).status, 1);
}

TEST_F(cli_test, the_first_line_repeats_the_run) {
  const outcome first =
      iorace({"IORACE_WITH=" + spin, "run", "access_pin_unmap", "--seed", "0x5eed", "--strategy",
              "pct:3", "--max-executions", "5000", "--keep-going"});
  const std::string line = first.out.substr(0, first.out.find('\n'));
  std::vector<std::string> words;
  std::istringstream in(line.substr(line.find(' ')));
  for (std::string word; in >> word;) words.push_back(word);
  const outcome again = iorace(words);
  const auto digest = [](const std::string& text) { return text.substr(text.find("digest"), 23); };
  EXPECT_EQ(again.out.substr(0, again.out.find('\n')), line);
  EXPECT_EQ(digest(again.out), digest(first.out));
}

TEST_F(cli_test, json_has_what_scripts_need) {
  const json run = json_of({"run", "access_pin_unmap", "--with", spin, "-o", "a.trace"}, 1);
  for (const char* key :
       {"scenario", "profile", "knobs", "strategy", "seed", "executions", "points", "operations",
        "seconds", "digest", "cut", "step_bound", "knobs_unused", "probes_unreached",
        "calls_never_ok", "findings", "statistics"})
    EXPECT_TRUE(run.contains(key)) << key;
  EXPECT_EQ(run["scenario"], "access_pin_unmap");
  EXPECT_EQ(run["profile"], "upstream");
  EXPECT_EQ(run["knobs"]["selftest_access.lock"], "spin");
  ASSERT_EQ(run["findings"].size(), 1u);
  EXPECT_EQ(run["findings"][0]["verdict"], "pin-survives-unmap");
  EXPECT_EQ(run["findings"][0]["title"], race_title);
  EXPECT_EQ(run["findings"][0]["execution"].get<std::uint64_t>() + 1, run["executions"]);
  EXPECT_EQ(run["findings"][0]["trace"], "a.trace");
}

// What is said of executions that nobody has seen, and no more than is known.
TEST_F(cli_test, statistics_are_in_text_and_json) {
  const std::vector<std::string> words = {
      "run",        "unmap_map", "--with",           "profile=repaired",
      "--strategy", "pct:2",     "--max-executions", "300"};
  const json s = json_of(words, 0)["statistics"];
  EXPECT_EQ(s["looked_at"], 300);
  EXPECT_EQ(s["exact"], true);
  EXPECT_EQ(s["reads_from_pairs_exact"], true);
  EXPECT_GT(s["traces"], 1);
  EXPECT_GT(s["reads_from_pairs"], 1);
  EXPECT_DOUBLE_EQ(s["unseen_mass"], s["traces_once"].get<double>() / 300);
  EXPECT_EQ(s["tasks_max"], 2);
  EXPECT_GT(s["pct_executions"], 200);
  EXPECT_EQ(s["pct_miss_bound"].size(), 2u) << "of deeper bugs pct:2 says nothing";
  EXPECT_EQ(s["pct_miss_bound"]["1"], s["pct_miss_bound"]["2"]);
  EXPECT_LT(s["pct_miss_bound"]["2"], 1);
  const outcome text = iorace(words);
  EXPECT_THAT(text.out, HasSubstr("\nexecutions 300  points "));
  EXPECT_THAT(text.out, HasSubstr("\ntraces " + s["traces"].dump() + " in 300 executions"));
  EXPECT_THAT(text.out, HasSubstr("reads-from pairs " + s["reads_from_pairs"].dump() + "\n"));
  EXPECT_THAT(text.out, HasSubstr("\npct:2, " + s["pct_executions"].dump() +
                                  " executions: a bug of depth 2 or less is missed with p <= "));
}

// A bound that says little is a bound.
TEST_F(cli_test, a_bound_is_told_as_far_as_it_is_known) {
  const auto missed = [this](const std::string& file) {
    const std::string text = iorace({"run", file, "--max-executions", "300"}).out;
    const std::size_t at = text.find(" is missed with ");
    return at == text.npos ? text : text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(missed("access_pin_unmap"), " is missed with p <= 1");
  write("empty.trace", "iorace-trace 1\n");
  EXPECT_EQ(missed("empty.trace"), " is missed with p unknown");
}

TEST_F(cli_test, jobs_change_nothing) {
  const auto with_jobs = [&](const char* jobs, const char* file, bool going) {
    std::vector<std::string> words = {
        "run", "access_pin_unmap", "--with", spin, "--jobs", jobs, "-o",
        file,  "--max-executions", "3000"};
    if (going) words.push_back("--keep-going");
    json run = json_of(words, 1);
    for (const char* key : {"command", "seconds"}) run.erase(key);
    for (json& finding : run["findings"]) finding.erase("trace");
    return run;
  };
  EXPECT_EQ(with_jobs("1", "a", true), with_jobs("2", "b", true));
  EXPECT_EQ(with_jobs("1", "c", false), with_jobs("2", "d", false));
  EXPECT_EQ(read("a"), read("b"));
  EXPECT_EQ(read("c"), read("d"));
}

TEST_F(cli_test, seeds_are_run_one_by_one) {
  const json all =
      json_of({"run", "access_pin_unmap", "--with", spin, "--seed", "1..3", "-o", "a"}, 1);
  ASSERT_EQ(all["runs"].size(), 3u);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(all["runs"][i]["seed"], i + 1);
  const outcome text =
      iorace({"run", "access_pin_unmap", "--with", spin, "--seed", "1..3", "-o", "b"});
  EXPECT_THAT(text.out, HasSubstr("\n3 of 3 seeds found something"));
  const json hash = json_of({"run", "access_pin_unmap", "--max-executions", "1", "--seed",
                             "44dcee03618c654000000000000000000000abcd"},
                            0);
  EXPECT_NE(hash["seed"], 0);
}

TEST_F(cli_test, nothing_found) {
  const outcome o =
      iorace({"run", "access_pin_unmap", "--with", "profile=repaired", "--max-executions", "500"});
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, EndsWith("nothing found\n"));
  const json run = json_of({"run", "access_pin_unmap", "--max-executions", "500"}, 0);
  EXPECT_EQ(run["findings"], json::array());
  EXPECT_EQ(run["executions"], 500);
}

TEST_F(cli_test, nothing_vacuous) {
  const std::string unused = "fill_domains.unwind";
  const outcome text = iorace(
      {"run", "access_pin_unmap", "--max-executions", "200", "--with", unused + "=unmap_first"});
  EXPECT_THAT(text.out, HasSubstr("no execution consulted the knob " + unused));
  EXPECT_THAT(text.out, HasSubstr("probes not reached: "));
  write("vain.trace",
        "iorace-trace 1\n\n[setup]\nioas#1 = ioas_alloc()\n[cpu1]\n"
        "ioas_unmap(ioas#1, iova=0x10000, length=0x1000)\n");
  const json run = json_of({"run", "vain.trace", "--max-executions", "5"}, 0);
  EXPECT_THAT(run["knobs_unused"], Contains(unused));
  EXPECT_THAT(run["calls_never_ok"].dump(), HasSubstr("cpu1: ioas_unmap"));
  EXPECT_EQ(run["vacuous"], true);
  EXPECT_EQ(json_of({"run", "access_pin_unmap", "--max-executions", "5"}, 0)["vacuous"], false);
  write("empty", "");
  EXPECT_THAT(iorace({"run", "./empty", "--max-executions", "5"}).out,
              HasSubstr("warning: a single trace: nothing here can be interleaved"));
}

// What belongs to chapters that the program has nothing to do with is no news, unless it was set.
TEST_F(cli_test, nothing_vacuous_of_other_chapters) {
  const std::vector<std::string> words = {"run", "access_pin_unmap", "--max-executions", "5"};
  const std::string type1 = "vfio_unmap_unpin.sync";
  const outcome text = iorace(words);
  EXPECT_THAT(text.out, HasSubstr("knobs not consulted: "));
  EXPECT_THAT(text.out, Not(HasSubstr(type1)));
  EXPECT_THAT(text.out, HasSubstr("unmap_gave_up"));
  EXPECT_THAT(text.out, Not(HasSubstr("vaddr_waited")));
  const json run = json_of(words, 0);
  EXPECT_THAT(run["knobs_unused"], Contains("fill_domains.unwind"));
  EXPECT_THAT(run["knobs_unused"], Not(Contains(type1)));
  EXPECT_THAT(run["probes_unreached"], Contains("unmap_gave_up"));
  EXPECT_THAT(run["probes_unreached"], Not(Contains("vaddr_waited")));

  const std::vector<std::string> set = {"run", "access_pin_unmap", "--max-executions",
                                        "5",   "--with",           type1 + "=after_unpin"};
  EXPECT_THAT(iorace(set).out, HasSubstr("no execution consulted the knob " + type1));
  EXPECT_THAT(json_of(set, 0)["knobs_unused"], Contains(type1));
}

TEST_F(cli_test, an_interrupt_keeps_what_was_found) {
  const std::string forever = "18446744073709551615";
  const outcome quiet = interrupted(
      {"run", "access_pin_unmap", "--with", "profile=repaired", "--max-executions", forever});
  EXPECT_EQ(quiet.status, 130);
  EXPECT_THAT(quiet.out, HasSubstr("\nexecutions "));
  EXPECT_THAT(quiet.out, EndsWith("interrupted\n"));
  const outcome found = interrupted({"run", "access_pin_unmap", "--with", spin, "--keep-going",
                                     "--max-executions", forever, "-o", "a.trace"});
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.out, HasSubstr(race_title));
  EXPECT_EQ(iorace({"replay", "a.trace"}).status, 0);
}

// Whoever cannot keep a trace still hears what was found, and how.
TEST_F(cli_test, what_was_found_is_told_though_its_trace_cannot_be_written) {
  const std::vector<std::string> words = {"run",          "access_pin_unmap", "--with", spin,
                                          "--keep-going", "--max-executions", "3000",   "-o"};
  const auto with_output = [&](const std::string& name) {
    std::vector<std::string> all = words;
    all.push_back(name);
    return all;
  };
  const outcome full = iorace(with_output("/dev/full"));
  EXPECT_EQ(full.status, 2);
  EXPECT_THAT(full.out, HasSubstr("\n" + race_title + "\n"));
  EXPECT_THAT(full.out, Not(HasSubstr("replay: ")));
  EXPECT_THAT(full.err, HasSubstr("iorace: /dev/full: "));
  const json same = json_of(with_output("/dev/full"), 2);
  ASSERT_GE(same["findings"].size(), 2u);
  EXPECT_EQ(same["findings"][0]["trace"], json());
  // The name of the second trace is taken.
  write("k-2.trace", "mine");
  const json taken = json_of(with_output("k.trace"), 2);
  EXPECT_EQ(taken["findings"][0]["trace"], "k.trace");
  EXPECT_EQ(taken["findings"][1]["trace"], json());
  EXPECT_EQ(read("k-2.trace"), "mine");
  // A device has no second name.
  const json null = json_of(with_output("/dev/null"), 1);
  for (const json& finding : null["findings"]) EXPECT_EQ(finding["trace"], "/dev/null");
  EXPECT_FALSE(std::filesystem::exists("/dev/null-2"));
}

TEST_F(cli_test, a_setup_that_is_convicted_is_a_finding) {
  write("s.trace",
        "iorace-trace 1\n[setup]\nioas#1 = ioas_alloc()\nioas_unmap_all(ioas#1) = -ENOENT\n"
        "[cpu1]\nioas_unmap_all(ioas#1)\n");
  for (const char* jobs : {"1", "2", "3"}) {
    const json run = json_of({"run", "s.trace", "--keep-going", "--max-executions", "300", "--jobs",
                              jobs, "-o", std::string("found") + jobs},
                             1);
    ASSERT_EQ(run["findings"].size(), 1u);
    EXPECT_EQ(run["findings"][0]["verdict"], "unexpected-result");
    EXPECT_EQ(iorace({"replay", "--strict", std::string("found") + jobs}).status, 0);
  }
}

// What a program says of itself wins over the environment, and loses to the command.
TEST_F(cli_test, the_profile_of_a_program_is_its_own) {
  write("a.trace", "iorace-trace 1\nprofile upstream\n");
  write("b.trace", "iorace-trace 1\n");
  const auto profile_of = [this](const std::string& file, std::vector<std::string> with) {
    std::vector<std::string> words = {"IORACE_WITH=profile=repaired", "run", file,
                                      "--max-executions", "1"};
    words.insert(words.end(), with.begin(), with.end());
    return json_of(words, 0)["profile"];
  };
  EXPECT_EQ(profile_of("a.trace", {}), "upstream");
  EXPECT_EQ(profile_of("b.trace", {}), "repaired");
  EXPECT_EQ(profile_of("a.trace", {"--with", "profile=repaired"}), "repaired");
}

// The error path of a map needs a failure that is injected.
TEST_F(cli_test, faults_are_asked_for) {
  const auto map_two_domains = [this](const char* faults, int status) {
    return json_of({"run", "map_two_domains", "--faults", faults, "--max-executions", "3000", "-o",
                    std::string("found") + faults},
                   status);
  };
  EXPECT_EQ(map_two_domains("0", 0)["findings"], json::array());
  const json found = map_two_domains("1", 1);
  EXPECT_EQ(found["findings"][0]["verdict"], "unpinned-while-mapped");
  EXPECT_THAT(found["command"].get<std::string>(), HasSubstr(" --faults 1"));
  EXPECT_THAT(read("found1"), HasSubstr("\noptions   faults=1\n"));
}

TEST_F(cli_test, time_is_that_of_all_seeds) {
  const json all =
      json_of({"run", "access_pin_unmap", "--with", "profile=repaired", "--seed", "1..1000",
               "--max-executions", "18446744073709551615", "--max-time", "500ms"},
              0);
  EXPECT_LT(all["runs"].size(), 1000u);
}

TEST_F(cli_test, time_ends_a_run) {
  const json run = json_of({"run", "access_pin_unmap", "--with", "profile=repaired",
                            "--max-executions", "18446744073709551615", "--max-time", "1500ms"},
                           0);
  EXPECT_EQ(run["stopped"], true);
  EXPECT_LT(run["seconds"], 60);
}

TEST_F(cli_test, progress_goes_to_stderr) {
  const outcome o = iorace({"run", "access_pin_unmap", "--with", "profile=repaired",
                            "--max-executions", "18446744073709551615", "--max-time", "1500ms"});
  EXPECT_THAT(o.err, StartsWith("executions "));
  EXPECT_THAT(o.err, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace iorace::cli::this_file
