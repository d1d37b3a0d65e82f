// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace explain, from outside.
#include <cstdlib>
#include <sstream>

#include <gmock/gmock.h>

#include "fuzz/trace_file.h"
#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string minimal = IORACE_SOURCE_DIR "/repro/wrong/selftest_access.lock-spin-pin.trace";

TEST_F(cli_test, explanations_are_narrow_ascii) {
  find_race("a.trace");
  for (const std::string& file : {minimal, std::string("a.trace")}) {
    const outcome o = iorace({"explain", file});
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_THAT(o.out, StartsWith(race_title + "\n  the unmap callback has returned"));
    EXPECT_THAT(o.out, HasSubstr("The two sides:\n  CPU2 spin_unlock("));
    EXPECT_THAT(o.out, HasSubstr("\nIt passes if CPU2 is let in "));
    std::istringstream lines(o.out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(line.size() <= 80u || line.starts_with("    cpu")) << line;
      for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    }
  }
  EXPECT_EQ(iorace({"explain", "-"}, read("a.trace")).out, iorace({"explain", "a.trace"}).out);
  EXPECT_THAT(iorace({"explain", minimal, "--color", "always"}).out, HasSubstr("\033["));
  EXPECT_THAT(iorace({"explain", minimal, "--color", "never"}).out, Not(HasSubstr("\033[")));
}

// IORACE_UPDATE=1 puts it into the page, in front of what explains it.
TEST_F(cli_test, the_explanation_of_the_readme_is_what_is_said) {
  const std::string page = IORACE_SOURCE_DIR "/README.md";
  find_race("found.trace");
  ASSERT_EQ(iorace({"minimize", "found.trace", "-o", "minimal.trace"}).status, 0);
  std::string said = iorace({"explain", "minimal.trace"}).out;
  said.erase(0, said.find("The orders that matter"));
  std::string text = *read_file(page);
  const std::size_t at = text.find("```\n", text.find("## Reading an explanation")) + 4;
  const std::size_t end = text.find("```\n", at);
  ASSERT_LT(end, text.size());
  const char* const wanted = std::getenv("IORACE_UPDATE");
  const bool update = wanted != nullptr && std::string_view(wanted) == "1";
  if (update) {
    EXPECT_TRUE(write_file(page, std::string(text).replace(at, end - at, said), existing::replace));
  }
  EXPECT_TRUE(update || text.substr(at, end - at) == said) << said;
}

TEST_F(cli_test, explanations_as_json) {
  const json all = json_of({"explain", minimal}, 0);
  EXPECT_EQ(all["file"], minimal);
  EXPECT_EQ(all["finding"]["title"], race_title);
  EXPECT_EQ(all["finding"]["verdict"], "pin-survives-unmap");
  EXPECT_EQ(all["finding"]["here"]["task"], "cpu2");
  ASSERT_EQ(all["orders"].size(), 1u);
  const json& order = all["orders"][0];
  EXPECT_EQ(order["after"]["step"], 204);
  EXPECT_EQ(order["after"]["place"], "area#2.1.num_accesses");
  EXPECT_EQ(order["first"]["text"], "area#2.1.num_accesses = 1");
  EXPECT_EQ(order["last"]["operation"], "list_next");
  EXPECT_EQ(order["last"]["locks"][0]["lock"], "staccess#1.1.spin");
  EXPECT_EQ(order["last"]["locks"][0]["taken_by"], "spin_lock");
  EXPECT_EQ(order["last"]["path"].back(), "iommufd_test_access_unmap");
  EXPECT_EQ(order["before"]["step"], nullptr);
  EXPECT_EQ(order["otherwise_before"], nullptr);
  EXPECT_EQ(all["calls"].size(), 2u);
  EXPECT_EQ(all["calls"][0]["first"]["task"], "cpu2");
  EXPECT_EQ(all["passes"]["instead_of"],
            "cpu1 until iommufd_test_access_pages spin_lock staccess#1.1.spin");
  EXPECT_EQ(all["passes"]["ends"], nullptr);
  EXPECT_TRUE(all["minimal"]);
  EXPECT_TRUE(all["complete"]);
}

TEST_F(cli_test, what_passes_next_to_a_race_does_pass) {
  const std::string text = *read_file(minimal);
  const json all = json_of({"explain", minimal}, 0);
  const std::size_t title = text.find("title"), profile = text.find("profile");
  const std::size_t plan = text.find("[schedule]\n") + 11;
  ASSERT_LT(profile, plan);
  write("b.trace", text.substr(0, title) + text.substr(profile, plan - profile) +
                       all["passes"]["schedule"].get<std::string>());
  EXPECT_EQ(json_of({"explain", "b.trace"}, 0), json({{"file", "b.trace"}, {"finding", nullptr}}));
}

TEST_F(cli_test, where_there_is_no_finding_there_is_nothing_to_explain) {
  const std::string correct =
      IORACE_SOURCE_DIR "/repro/correct/selftest_access.lock-spin-pin.trace";
  EXPECT_EQ(iorace({"explain", correct}).out,
            "The execution ends without a finding: nothing to explain.\n");
  EXPECT_EQ(json_of({"explain", correct}, 0)["finding"], nullptr);
}

TEST_F(cli_test, a_lost_schedule_is_not_explained) {
  std::string text = *read_file(minimal);
  const std::size_t at = text.rfind(" until ") + 7;
  text.replace(at, text.find(' ', at) - at, "renamed_function");
  write("lost.trace", text);
  const outcome o = iorace({"explain", "lost.trace"});
  EXPECT_EQ(o.status, 3);
  EXPECT_EQ(o.out, "");
  EXPECT_THAT(o.err, StartsWith("iorace: lost.trace: lost: cpu1 until renamed_function"));
}

}  // namespace
}  // namespace iorace::cli::this_file
