// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace verify, from outside.
#include <set>

#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Small enough to be explored to the end: a pin through the driver's lock against one unmap.
const std::string pin_v_unmap =
    "iorace-trace 1\n"
    "[setup]\n"
    "ioas#1 = ioas_alloc()\n"
    "access#1 = access_create()\n"
    "access_attach(access#1, ioas#1)\n"
    "area#1 = ioas_map(ioas#1, iova=0x10000, length=0x1000)\n"
    "[cpu1]\n"
    "item#1.1 = access_pages(access#1, iova=0x10000, length=0x1000)\n"
    "[cpu2]\n"
    "ioas_unmap(ioas#1, iova=0x10000, length=0x1000)\n";

class cli_verify : public cli_test {
 protected:
  cli_verify() { write("small.trace", pin_v_unmap); }
};

// The tutorial: the fix is enough, and the spinlock is not.
TEST_F(cli_verify, a_fix_is_a_counted_fact) {
  const outcome fixed = iorace({"verify", "small.trace"});
  EXPECT_EQ(fixed.status, 0) << fixed.out << fixed.err;
  EXPECT_THAT(fixed.out, StartsWith("iorace verify small.trace\ntraces "));
  EXPECT_THAT(fixed.out, HasSubstr("complete: every trace was executed\n"));
  EXPECT_THAT(fixed.out, HasSubstr("nothing found"));

  const outcome racy = iorace({"verify", "small.trace", "--with", spin, "-o", "found.trace"});
  EXPECT_EQ(racy.status, 1) << racy.out << racy.err;
  EXPECT_THAT(racy.out, HasSubstr("complete: every trace was executed\n"));
  EXPECT_THAT(racy.out, HasSubstr(race_title + "\nreplay: iorace replay found"));
  for (const std::string name : {"found.trace", "found-2.trace"}) {
    EXPECT_EQ(iorace({"replay", "--strict", name}).status, 0) << name;
    EXPECT_EQ(iorace({"minimize", name, "-o", "min-" + name}).status, 0);
    EXPECT_EQ(read("min-" + name), read(name)) << "it is minimal already";
  }
}

// The name of a scenario stands for a version of it that can be executed to the end.
TEST_F(cli_verify, scenarios_have_small_versions) {
  const outcome small = iorace({"verify", "access_pin_unmap"});
  EXPECT_EQ(small.status, 0) << small.out << small.err;
  EXPECT_THAT(small.out, HasSubstr("\nthe small version of access_pin_unmap: 3 tasks"));
  EXPECT_THAT(small.out, HasSubstr("complete: every trace was executed\n"));
  EXPECT_EQ(json_of({"verify", "access_pin_unmap", "--with", spin}, 1)["small"], true);
  const json whole = json_of({"verify", "access_pin_unmap", "--whole", "--max-executions", "5"}, 4);
  EXPECT_EQ(whole["small"], false);
  EXPECT_THAT(whole["command"], HasSubstr(" --whole"));
}

// Of the three tasks and their calls each trace has what its finding needs.
TEST_F(cli_verify, traces_are_minimal) {
  const json all = json_of({"verify", "access_pin_unmap", "--with", spin, "-o", "a.trace"}, 1);
  EXPECT_EQ(all["minimal"], true);
  ASSERT_EQ(all["findings"].size(), 3u);
  for (const json& f : all["findings"]) {
    const std::string name = f["trace"];
    const json m = json_of({"minimize", name, "-o", "min-" + name}, 0);
    EXPECT_EQ(m["title"], f["title"]);
    EXPECT_EQ(m["before"]["tasks"], 2) << name;
    EXPECT_EQ(m["after"], m["before"]) << name;
  }
}

TEST_F(cli_verify, json_has_what_run_has_and_the_counts) {
  const json all = json_of({"verify", "small.trace", "--with", spin}, 1);
  const json run = json_of({"run", "small.trace", "--with", spin}, 1);
  for (const auto& [key, value] : run.items()) {
    if (key == "statistics") continue;
    EXPECT_TRUE(all.contains(key)) << key;
  }
  EXPECT_EQ(all["complete"], true);
  EXPECT_EQ(all["vacuous"], false);
  EXPECT_EQ(all["blocked"], 0);
  // A finding leaves the other tasks behind; they go on in an execution of their own.
  EXPECT_EQ(all["traces"].get<int>() + all["duplicates"].get<int>(), all["executions"]);
  ASSERT_GE(all["findings"].size(), 1u);
  std::set<std::string> titles, paths;
  for (const json& f : all["findings"]) {
    titles.insert(f["title"].get<std::string>());
    paths.insert(f["trace"].get<std::string>());
    EXPECT_EQ(iorace({"replay", "--strict", f["trace"]}).status, 0) << f;
  }
  EXPECT_TRUE(titles.contains(race_title));
  EXPECT_EQ(paths.size(), titles.size());
}

TEST_F(cli_verify, a_search_that_was_cut_says_so) {
  const outcome cut = iorace({"verify", "small.trace", "--max-executions", "3"});
  EXPECT_EQ(cut.status, 4) << cut.out;
  EXPECT_THAT(cut.out, HasSubstr("not complete: stopped after 3 executions"));
  const json all = json_of({"verify", "access_pin_unmap", "--whole", "--max-time", "50ms"}, 4);
  EXPECT_EQ(all["complete"], false);
  EXPECT_EQ(all["stopped"], true);
  // Found is found, though not everything was looked at.
  const json found =
      json_of({"verify", "access_pin_unmap", "--with", spin, "--max-executions", "200"}, 1);
  EXPECT_EQ(found["complete"], false);
}

// As many executions as there are may be as many as are allowed.
TEST_F(cli_verify, the_last_execution_completes_a_search) {
  const json all = json_of({"verify", "small.trace"}, 0);
  const auto executions = all["executions"].get<std::uint64_t>();
  const std::string most = std::to_string(executions), fewer = std::to_string(executions - 1);
  EXPECT_EQ(json_of({"verify", "small.trace", "--max-executions", most}, 0)["complete"], true);
  EXPECT_EQ(json_of({"verify", "small.trace", "--max-executions", fewer}, 4)["complete"], false);
}

TEST_F(cli_verify, the_text_has_the_executions_behind_findings) {
  const json all = json_of({"verify", "small.trace", "--with", spin}, 1);
  ASSERT_NE(all["duplicates"], 0);
  EXPECT_THAT(iorace({"verify", "small.trace", "--with", spin}).out,
              HasSubstr("\nexecutions behind findings " + all["duplicates"].dump()));
  EXPECT_THAT(iorace({"verify", "small.trace"}).out, Not(HasSubstr("behind findings")));
}

// Who cannot be looked at to the end makes a search that is not complete, however long it is.
TEST_F(cli_verify, the_bound_on_points_is_told_with_the_estimate) {
  write("bound.trace",
        "iorace-trace 1\noptions   points=40\n" + pin_v_unmap.substr(pin_v_unmap.find('\n') + 1));
  const json all = json_of({"verify", "bound.trace"}, 4);
  ASSERT_NE(all["step_bound"], 0);
  EXPECT_EQ(all["estimate"], all["executions"]);
  EXPECT_THAT(iorace({"verify", "bound.trace"}).out,
              HasSubstr(" executions ran into the bound on points, " + all["executions"].dump() +
                        " executions of about " + all["executions"].dump() + "\n"));
}

TEST_F(cli_verify, an_interrupt_keeps_what_was_found) {
  const outcome quiet = interrupted({"verify", "access_pin_unmap", "--whole"});
  EXPECT_EQ(quiet.status, 130) << quiet.out << quiet.err;
  EXPECT_THAT(quiet.out, HasSubstr("not complete: "));
}

TEST_F(cli_verify, says_what_says_nothing) {
  write("alone.trace", "iorace-trace 1\n[cpu1]\nioas#1.1 = ioas_alloc()\n");
  const outcome alone = iorace({"verify", "alone.trace"});
  EXPECT_EQ(alone.status, 0);
  EXPECT_THAT(alone.out, HasSubstr("warning: a single trace"));
  EXPECT_EQ(json_of({"verify", "alone.trace"}, 0)["vacuous"], true);

  const outcome menu = iorace({"verify", "iommufd"});
  EXPECT_EQ(menu.status, 2);
  EXPECT_EQ(menu.out, "");
  EXPECT_THAT(menu.err, HasSubstr("iommufd: a menu draws another program for each execution"));
  write("fair.trace", "iorace-trace 1\noptions   fair=1\n[cpu1]\nioas#1.1 = ioas_alloc()\n");
  const outcome fair = iorace({"verify", "fair.trace"});
  EXPECT_EQ(fair.status, 2);
  EXPECT_THAT(fair.err, HasSubstr("fair=1 hands locks over in one order only"));
  EXPECT_EQ(fair.out, "");
}

TEST_F(cli_verify, the_first_line_repeats_the_search) {
  const outcome first = iorace({"verify", "small.trace", "--with", "profile=repaired", "--limit",
                                "unmap_tries=3", "--preemptions", "1", "--max-time", "1h"});
  EXPECT_THAT(first.out, StartsWith("iorace verify small.trace --with profile=repaired --limit "
                                    "unmap_tries=3 --preemptions 1 --max-time 1h\n"));
}

}  // namespace
}  // namespace iorace::cli::this_file
