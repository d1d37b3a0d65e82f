// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a search finds whoever it lets go first: a kfree and the uses of its object, more tasks than
// there were in the executions before, and what lies behind a finding.
#include "scheduler/explore/keep.h"
#include "scheduler/explore/same_traces_test.h"
#include "scheduler/sync/rcu.h"

namespace iorace::this_file {
namespace {

void frees(lab* l) { kfree(l->slot.peek()); }
void uses(lab* l) { (void)READ_ONCE(l->slot.peek()->value); }
void one_thing(lab* l) { l->slot.poke(kzalloc<thing>()); }

TEST(verify_free, finds_the_use_before_the_free) {
  expect_same_traces(on_lab({frees, uses}, one_thing), "the free comes first");
  expect_same_traces(on_lab({uses, frees}, one_thing), "the use comes first");
  expect_same_traces(on_lab({frees, uses, uses}, one_thing), "two uses");
  expect_same_traces(on_lab({frees, frees, uses}, one_thing), "two frees");
}

// The object is dead when its user comes to the use: that it might not have been hangs on an order
// of its own.
TEST(verify_free, finds_the_use_of_what_was_alive_before) {
  const lab_body looks = [](lab* l) {
    if (atomic_read(&l->x) == 0) return;
    atomic_set(&l->y, 1);
    WRITE_ONCE(l->slot.peek()->value, 1);
  };
  const lab_body clears = [](lab* l) {
    atomic_set(&l->x, 0);
    kfree(l->slot.peek());
  };
  const lab_body init = [](lab* l) {
    one_thing(l);
    atomic_set(&l->x, 1);
  };
  expect_same_traces(on_lab({clears, looks}, init), "the free comes first");
  expect_same_traces(on_lab({looks, clears}, init), "the use comes first");
}

TEST(verify_tasks, come_in_a_later_execution) {
  const lab_body makes = [](lab* l) {
    if (atomic_read(&l->x) == 0) return;
    for (int i = 0; i < 6; ++i)
      create_task(
          task_kind::kthread, nullptr, [](void* y) { atomic_inc(static_cast<atomic_t*>(y)); },
          &l->y);
  };
  const lab_body asks = [](lab* l) { atomic_set(&l->x, 1); };
  verify_options o;
  for (const program& p : {on_lab({makes, asks}), on_lab({asks, makes})}) {
    const verify_result all = verify(p, o);
    EXPECT_TRUE(all.complete);
    EXPECT_EQ(all.traces, 721u) << "none at all, or six tasks in any order";
  }
}

// A grace period that begins where a finding has ended a section does not know of that section.
TEST(verify_findings, may_hide_what_a_grace_period_waits_for) {
  const lab_body warns = [](lab*) {
    rcu_read_lock();
    rcu_read_unlock();
    WARN_ON(true);
  };
  const lab_body reads = [](lab*) {
    rcu_read_lock();
    rcu_read_unlock();
  };
  const lab_body frees_later = [](lab* l) {
    kfree_rcu_head(l->slot.peek(), static_cast<rcu_head*>(scratch(sizeof(rcu_head))));
  };
  const verify_result all = verify(on_lab({warns, reads, frees_later}, one_thing), {});
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.findings.size(), 1u);
  EXPECT_GT(all.blocked, 0u);
  EXPECT_LT(all.blocked, all.executions);
}

// Who goes on to use what it has freed can be overtaken by who uses it, too.
TEST(verify_findings, are_found_by_an_execution_of_their_own) {
  const lab_body frees_then_uses = [](lab* l) {
    const frame_scope here("frees_then_uses");
    kfree(l->slot.peek());
    READ_ONCE(l->slot.peek()->value);
  };
  const lab_body uses = [](lab* l) {
    const frame_scope here("uses");
    READ_ONCE(l->slot.peek()->value);
  };
  const program p = on_lab({frees_then_uses, uses}, one_thing);
  const verify_result all = verify(p, {});
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.findings.size(), 2u);
  engine e;
  for (const verified_finding& f : all.findings)
    EXPECT_EQ(keep(e, p, f, {}).what.title, f.what.title);
}

}  // namespace
}  // namespace iorace::this_file
