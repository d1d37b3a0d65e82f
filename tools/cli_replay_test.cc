// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace replay, minimize, draw, convert and list, from outside.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

json status_of(const json& replay) {
  return replay["results"].size() == 1 ? replay["results"][0]["status"] : json();
}

TEST_F(cli_test, replay_tells_same_from_drifted) {
  find_race("a.trace");
  const json same = json_of({"replay", "a.trace"}, 0);
  EXPECT_EQ(same["results"][0]["file"], "a.trace");
  EXPECT_EQ(same["results"][0]["expected"], race_title);
  EXPECT_EQ(same["results"][0]["got"], race_title);
  EXPECT_EQ(status_of(same), "same");
  // Another digest and step: the tree has changed, the bug has not.
  edit("a.trace", "\ndigest ", "\ndigest 1", "b.trace");
  std::string text = read("b.trace");
  text.erase(text.size() - 2, 1);  // still 16 digits
  write("b.trace", text);
  EXPECT_EQ(status_of(json_of({"replay", "b.trace"}, 0)), "drifted");
  EXPECT_EQ(status_of(json_of({"replay", "--strict", "b.trace"}, 3)), "drifted");
  EXPECT_EQ(iorace({"IORACE_UPDATE=0", "replay", "b.trace"}).status, 0);
  EXPECT_EQ(read("b.trace"), text) << "0 is no";
  EXPECT_EQ(iorace({"IORACE_UPDATE=1", "replay", "b.trace"}).status, 0);
  EXPECT_EQ(read("b.trace"), read("a.trace"));
}

// Nobody can change what was recorded unnoticed.
TEST_F(cli_test, steps_are_compared) {
  find_race("a.trace");
  const std::string whole = read("a.trace");
  const std::size_t steps = whole.find("\n[steps]\n") + 9;
  const std::size_t third = whole.find("\n   3 ", steps) + 1;
  const auto expect_drift = [&](const std::string& text, const std::string& what) {
    write("b.trace", text);
    const json drifted = json_of({"replay", "b.trace"}, 0);
    EXPECT_EQ(status_of(drifted), "drifted");
    EXPECT_THAT(drifted["results"][0]["what"].get<std::string>(), StartsWith(what));
    EXPECT_EQ(iorace({"replay", "--strict", "b.trace"}).status, 3);
  };
  expect_drift(std::string(whole).replace(third + 5, 4, "cpu9"), "step 3 is 'cpu");
  const std::size_t verdict = whole.find("[verdict]");
  expect_drift(whole.substr(0, third) + whole.substr(verdict), "step 3 is 'cpu");
  // A step taken out leaves a hole, and a verdict is not optional.
  write("b.trace", whole.substr(0, third) + whole.substr(whole.find('\n', third) + 1));
  EXPECT_THAT(iorace({"replay", "b.trace"}).err, HasSubstr("'4' is not the number of the step"));
  write("b.trace", whole.substr(0, whole.find("digest ")));
  EXPECT_THAT(iorace({"replay", "b.trace"}).err, HasSubstr("[verdict] has no digest"));
  // No steps at all: there is the digest.
  write("b.trace", whole.substr(0, steps - 8) + whole.substr(verdict));
  EXPECT_EQ(iorace({"replay", "--strict", "b.trace"}).status, 0);
}

// By hand: a program, a schedule perhaps. Replaying it once writes down the rest.
TEST_F(cli_test, what_is_written_by_hand_can_be_recorded) {
  write("a.trace",
        "iorace-trace 1\n[cpu1]\nioas#1.1 = ioas_alloc()\n[cpu2]\nioas#2.1 = ioas_alloc()\n"
        "[schedule]\ncpu2\ncpu1\n");
  EXPECT_EQ(iorace({"replay", "a.trace"}).status, 2);
  EXPECT_EQ(iorace({"IORACE_UPDATE=1", "replay", "a.trace"}).status, 0);
  EXPECT_THAT(read("a.trace"), HasSubstr("[schedule]\ncpu2\ncpu1\n[steps]\n   1 cpu2 "));
  EXPECT_EQ(iorace({"replay", "--strict", "a.trace"}).status, 0);
}

// Does the candidate fix cure the race? That is what --with is for. Where the fix leaves every
// place of the schedule, the answer is `changed`; where it takes one away, `lost`, which names it.
TEST_F(cli_test, replay_of_a_fixed_tree_is_changed_or_lost) {
  find_race("a.trace");
  const auto fixed = [this](const char* file, int status) {
    return json_of({"replay", file, "--with", "selftest_access.lock=mutex"}, status);
  };
  EXPECT_EQ(status_of(fixed("a.trace", 1)), "changed");
  ASSERT_EQ(iorace({"minimize", "a.trace", "-o", "min.trace"}).status, 0);
  const json lost = fixed("min.trace", 3);
  EXPECT_EQ(status_of(lost), "lost");
  EXPECT_THAT(lost["results"][0]["what"].get<std::string>(),
              EndsWith("; got none, expected " + race_title));
  // But the environment does not touch a recorded trace.
  EXPECT_EQ(iorace({"IORACE_WITH=selftest_access.lock=mutex", "replay", "a.trace"}).status, 0);
  edit("a.trace", race_title, "kernel-warn in iopt_unmap_iova_range", "b.trace");
  EXPECT_EQ(status_of(json_of({"replay", "b.trace"}, 1)), "changed");
}

TEST_F(cli_test, lost_anchors_are_named_and_relocated) {
  find_race("found.trace");
  ASSERT_EQ(iorace({"minimize", "found.trace", "-o", "a.trace"}).status, 0);
  std::string text = read("a.trace");
  const std::size_t at = text.find(" until ") + 7;
  ASSERT_LT(at, text.size());
  text.replace(at, text.find(' ', at) - at, "renamed_function");
  write("b.trace", text);
  const json lost = json_of({"replay", "b.trace"}, 3);
  EXPECT_EQ(status_of(lost), "lost");
  EXPECT_THAT(lost["results"][0]["what"].get<std::string>(), HasSubstr("renamed_function"));
  EXPECT_EQ(iorace({"replay", "--bisect", "b.trace"}).status, 125);
  const outcome relocated = iorace({"replay", "--relocate", "b.trace"});
  EXPECT_EQ(relocated.status, 3);
  EXPECT_THAT(relocated.out, HasSubstr("proposal: b.relocated.trace"));
  EXPECT_EQ(read("b.trace"), text);
  EXPECT_EQ(iorace({"replay", "b.relocated.trace"}).status, 0);
}

TEST_F(cli_test, of_several_files_the_worst_counts) {
  find_race("a.trace");
  edit("a.trace", race_title, "kernel-warn in f", "changed.trace");
  write("rubbish.trace", "rubbish\n");
  EXPECT_EQ(iorace({"replay", "a.trace", "changed.trace"}).status, 1);
  EXPECT_EQ(iorace({"replay", "changed.trace", "rubbish.trace", "a.trace"}).status, 2);
  const json folder = json_of({"replay", "."}, 2);
  ASSERT_EQ(folder["results"].size(), 3u);
  EXPECT_EQ(folder["results"][0]["status"], "same");
  EXPECT_EQ(folder["results"][1]["status"], "changed");
  EXPECT_EQ(folder["results"][2]["status"], "malformed");
}

// How often a numbered row stands in another column than the one before.
int switches_drawn(const std::string& drawing) {
  std::istringstream lines(drawing);
  std::string head, line;
  std::getline(lines, head);
  int n = -1;
  std::string last;
  while (std::getline(lines, line)) {
    const std::size_t text = line.find_first_not_of(' ', 5);
    if (text == line.npos || text < 6 || line.find_first_of("0123456789") > 4) continue;
    const std::size_t column = head.rfind("CPU", text);
    if (std::exchange(last, head.substr(column, 4)) != head.substr(column, 4)) ++n;
  }
  return n;
}

TEST_F(cli_test, minimize_counts_the_switches_that_are_drawn) {
  find_race("a.trace");
  const outcome whole = iorace({"minimize", "a.trace"});
  EXPECT_THAT(whole.out, HasSubstr("\nafter:  2 CPUs, 6 calls, 2 switches, "));
  EXPECT_EQ(switches_drawn(iorace({"draw", "a.min.trace"}).out), 2);
  EXPECT_EQ(switches_drawn(iorace({"draw", "--full", "a.min.trace"}).out), 2);
  EXPECT_THAT(whole.out, HasSubstr(fmt::format(" {} switches",
                                               switches_drawn(iorace({"draw", "a.trace"}).out))));
}

TEST_F(cli_test, minimize_keeps_the_title) {
  find_race("a.trace");
  const json whole = json_of({"minimize", "a.trace"}, 0);
  EXPECT_EQ(whole["trace"], "a.min.trace");
  EXPECT_EQ(whole["title"], race_title);
  EXPECT_EQ(whole["after"]["tasks"], 2);
  EXPECT_LE(whole["after"]["switches"], 2);
  const json schedule = json_of({"minimize", "--keep-program", "a.trace", "-o", "b.trace"}, 0);
  EXPECT_EQ(schedule["after"]["tasks"], 3);
  EXPECT_LE(schedule["after"]["switches"], 2);
  const outcome piped = iorace({"minimize", "-"}, read("a.trace"));
  EXPECT_EQ(piped.out, read("a.min.trace"));
  EXPECT_THAT(piped.err, HasSubstr(race_title));
  const outcome fixed = iorace({"minimize", "a.trace", "--with", "selftest_access.lock=mutex"});
  EXPECT_EQ(fixed.status, 1);
  EXPECT_THAT(fixed.err, HasSubstr("a.trace: its execution ends without a finding"));
}

// Scripts get the same fields, with what there is, and why that is all.
TEST_F(cli_test, minimize_has_json_for_what_it_cannot_do) {
  find_race("a.trace");
  const json whole = json_of({"minimize", "a.trace"}, 0);
  const json fixed = json_of(
      {"minimize", "a.trace", "--with", "profile=repaired", "--with", "selftest_access.lock=mutex"},
      1);
  for (const auto& [key, value] : whole.items()) EXPECT_TRUE(fixed.contains(key)) << key;
  EXPECT_EQ(fixed["title"], race_title);
  EXPECT_EQ(fixed["before"], whole["before"]);
  EXPECT_EQ(fixed["after"], json());
  EXPECT_EQ(fixed["minimal"], false);
  EXPECT_EQ(fixed["trace"], json());
  EXPECT_THAT(fixed["what"], StartsWith("its execution ends without a finding"));
  write("quiet.trace", "iorace-trace 1\n");
  EXPECT_EQ(json_of({"minimize", "quiet.trace"}, 1)["verdict"], json());
}

TEST_F(cli_test, drawings_are_narrow_ascii) {
  find_race("a.trace");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"draw", "a.trace"}, {"draw", "--full", "a.trace"}}) {
    const outcome drawing = iorace(words);
    EXPECT_EQ(drawing.status, 0);
    std::istringstream lines(drawing.out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << line;
      for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    }
  }
  EXPECT_THAT(iorace({"draw", "a.trace", "--color", "always"}).out, HasSubstr("\033["));
  EXPECT_THAT(iorace({"draw", "a.trace", "--color", "never"}).out, Not(HasSubstr("\033[")));
  EXPECT_THAT(iorace({"draw", "-"}, read("a.trace")).out, HasSubstr("CPU2"));
}

// The commands of the page say what the page says. IORACE_UPDATE=1 puts the drawing into it.
TEST_F(cli_test, the_readme_is_true) {
  const std::string page = IORACE_SOURCE_DIR "/README.md";
  std::stringstream content;
  content << std::ifstream(page).rdbuf();
  const std::string text = content.str();
  std::vector<outcome> outcomes;
  for (std::string line; std::getline(content, line);) {
    if (!line.starts_with("./iorace ")) continue;
    std::istringstream in(line.substr(9, line.find(" #") - 9));
    outcomes.push_back(iorace({std::istream_iterator<std::string>(in), {}}));
  }
  ASSERT_EQ(outcomes.size(), 6u);
  const std::string drawing = outcomes[2].out;
  constexpr int expected[] = {1, 0, 0, 0, 0, 1};
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_EQ(outcomes[i].status, expected[i]) << outcomes[i].out << outcomes[i].err;
  EXPECT_THAT(outcomes[4].out, StartsWith("same "));
  EXPECT_THAT(outcomes[5].out, StartsWith("changed "));

  const std::size_t at = text.find("```\n") + 4, end = text.find("```\n", at);
  ASSERT_LT(end, text.size());
  const char* const wanted = std::getenv("IORACE_UPDATE");
  const bool update = wanted != nullptr && std::string_view(wanted) == "1";
  if (update) std::ofstream(page) << std::string(text).replace(at, end - at, drawing);
  EXPECT_TRUE(update || text.substr(at, end - at) == drawing) << drawing;
}

TEST_F(cli_test, convert_there_and_back) {
  find_race("a.trace");
  // Bytes of that name would be read as text.
  const outcome named = iorace({"convert", "a.trace", "-o", "bytes.trace"});
  EXPECT_EQ(named.status, 2);
  EXPECT_THAT(named.err, StartsWith("iorace: bytes.trace: a trace becomes bytes, which "));
  EXPECT_EQ(read("bytes.trace"), "");
  const outcome bytes = iorace({"convert", "a.trace", "-o", "bytes"});
  EXPECT_EQ(bytes.status, 0);
  EXPECT_THAT(bytes.err, HasSubstr("IORACE_WITH=" + spin));
  EXPECT_EQ(iorace({"convert", "bytes", "--with", spin, "-o", "b.trace"}).status, 0);
  EXPECT_THAT(read("b.trace"), HasSubstr("title     " + race_title));
  EXPECT_EQ(iorace({"replay", "b.trace"}).status, 0);
  EXPECT_EQ(iorace({"convert", "b.trace"}).out, read("bytes"));
  // What needs promoted points would be another execution: refused, and nothing is written.
  const outcome refused =
      iorace({"convert", IORACE_SOURCE_DIR "/repro/wrong/selftest_access.lock-spin-respond.trace"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("bytes hold no promoted points"));
  // A corpus file that finds something under the settings of the command is `changed`.
  EXPECT_EQ(iorace({"IORACE_WITH=" + spin, "replay", "bytes"}).status, 1);
  EXPECT_EQ(iorace({"replay", "bytes"}).status, 0);
}

TEST_F(cli_test, lists) {
  for (const char* kind :
       {"scenarios", "flows", "knobs", "strategies", "invariants", "verdicts", "probes"}) {
    const json rows = json_of({"list", kind}, 0);
    ASSERT_TRUE(rows.is_array()) << kind;
    EXPECT_FALSE(rows.empty()) << kind;
    for (const json& row : rows) {
      EXPECT_NE(row["name"], "") << kind;
      EXPECT_NE(row["summary"], "") << kind << " " << row["name"];
    }
    const outcome text = iorace({"list", kind});
    EXPECT_THAT(text.out, HasSubstr(rows[0]["name"].get<std::string>()));
  }
  for (const json& knob : json_of({"list", "knobs"}, 0))
    for (const json& value : knob["values"])
      for (const char* key : {"value", "id", "default", "summary", "source", "scenario", "expect"})
        EXPECT_TRUE(value.contains(key)) << knob["name"] << " " << key;
}

TEST_F(cli_test, colour_is_asked_for) {
  EXPECT_THAT(iorace({"list", "verdicts"}).out, Not(HasSubstr("\033[")));
  EXPECT_THAT(iorace({"NO_COLOR=1", "list", "verdicts", "--color=always"}).out, HasSubstr("\033["));
}

}  // namespace
}  // namespace iorace::cli::this_file
