// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/verify_program.h"

#include <gtest/gtest.h>

#include "fuzz/settings.h"
#include "fuzz/subject.h"
#include "fuzz/trace_run.h"

namespace iorace::this_file {
namespace {

trace_file pin_race() {
  auto t = built_in("access_pin_unmap", {}, kernel_schema(), scenario_size::small);
  EXPECT_TRUE(t) << t.error();
  EXPECT_TRUE(set_list(t->trace.program, "selftest_access.lock=spin", kernel_schema()));
  return t->trace;
}

void expect_to_replay(const program_verification& all) {
  ASSERT_EQ(all.traces.size(), all.verified.findings.size());
  engine e;
  for (std::size_t i = 0; i < all.traces.size(); ++i) {
    const trace_file& t = all.traces[i];
    EXPECT_EQ(t.title, all.verified.findings[i].what.title);
    const bound_program bound(t.program, kernel_schema());
    const replay_report again = replay_trace(e, bound.runnable(), input_of(t), expectation_of(t));
    EXPECT_EQ(again.status, replay_status::same) << again.what;
  }
}

// The tutorial: every title, with a trace that has nothing more than it takes.
TEST(verify_program, minimises_what_it_finds) {
  const trace_file t = pin_race();
  const auto all = verify_program(t, {}, kernel_schema());
  ASSERT_TRUE(all) << all.error();
  EXPECT_TRUE(all->minimal);
  EXPECT_GE(all->traces.size(), 2u);
  expect_to_replay(*all);
  for (const trace_file& found : all->traces)
    EXPECT_LT(found.program.task_count(), t.program.task_count()) << found.title;
}

// Whoever has no time left gets what was found as it was found.
TEST(verify_program, keeps_what_was_found_when_it_is_stopped) {
  const trace_file t = pin_race();
  verify_options o;
  o.stop = [](const verify_progress& p) { return p.findings != 0; };
  const auto all = verify_program(t, o, kernel_schema());
  ASSERT_TRUE(all) << all.error();
  EXPECT_FALSE(all->minimal);
  EXPECT_FALSE(all->verified.complete);
  ASSERT_EQ(all->traces.size(), 1u);
  expect_to_replay(*all);
  EXPECT_EQ(hash_of(all->traces[0].program), hash_of(t.program));
}

}  // namespace
}  // namespace iorace::this_file
