// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Tasks that wait by looking, round and round: they have no end of traces, so that no search is
// ever complete, but it reaches what they wait for, and what comes then.
#include "scheduler/explore/same_traces_test.h"

namespace iorace::this_file {
namespace {

void awaits_x(lab* l) {
  while (atomic_read(&l->x) == 0) {
  }
  BUG_ON(atomic_read(&l->y) != 0);
}
void sets_x(lab* l) { atomic_set(&l->x, 1); }
void sets_both(lab* l) {
  atomic_set(&l->x, 1);
  atomic_set(&l->y, 1);
}

verify_options briefly() {
  verify_options o;
  o.executions_max = 2000;
  o.each.points_max = 200;
  return o;
}

TEST(verify_spin, is_never_complete) {
  for (const program& p : {on_lab({awaits_x, sets_x}), on_lab({sets_x, awaits_x})}) {
    const verify_result all = verify(p, briefly());
    EXPECT_FALSE(all.complete);
    EXPECT_GT(all.step_bound, 0u);
    EXPECT_GT(all.traces, 10u);
    EXPECT_TRUE(all.findings.empty());
  }
}

TEST(verify_spin, meets_what_is_waited_for) {
  for (const program& p : {on_lab({awaits_x, sets_both}), on_lab({sets_both, awaits_x}),
                           on_lab({awaits_x, awaits_x, sets_both})}) {
    const verify_result all = verify(p, briefly());
    ASSERT_FALSE(all.findings.empty());
    EXPECT_EQ(all.findings[0].what.name, "kernel-bug");
  }
}

// Neither does the enumerator call an execution clean that the strategy did not see to its end.
TEST(verify_spin, is_inconclusive_for_the_enumerator) {
  enumerate_options o;
  o.each.points_max = 20;
  const enumeration all = all_of(on_lab({awaits_x, sets_x}), clean, o);
  // The setter's and the last two looks have to fit in.
  EXPECT_EQ(all.outcomes.at("clean").interleavings, 18u);
  EXPECT_EQ(all.outcomes.at("step-bound").interleavings, 3u);
}

// A task that moves on and on without waiting for anybody is left alone for a while, that is all.
TEST(verify_spin, does_not_take_long_tasks_for_it) {
  const lab_body counts = [](lab* l) {
    for (int i = 0; i < 40; ++i) atomic_inc(&l->y);
  };
  const lab_body looks = [](lab* l) { (void)atomic_read(&l->y); };
  verify_options o;
  o.each.points_max = 200;  // ten in a row
  const verify_result all = verify(on_lab({counts, looks}), o);
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.traces, 41u);
  EXPECT_EQ(all.executions, 41u);
}

}  // namespace
}  // namespace iorace::this_file
