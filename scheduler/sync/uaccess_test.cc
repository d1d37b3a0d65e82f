// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/uaccess.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"
#include "scheduler/sync/rcu.h"

namespace iorace::this_file {
namespace {

void reads_and_writes(lab* l) {
  l->r[0].poke(copy_from_user("argument"));
  l->r[1].poke(copy_to_user("result"));
}

TEST(litmus_uaccess, fails_as_often_as_failures_are_injected) {
  EXPECT_EQ(outcomes(on_lab({reads_and_writes}), results<2>), "1,1");
  EXPECT_EQ(outcomes(on_lab({reads_and_writes}), results<2>, faults(1)), "0,1 1,0 1,1");
  EXPECT_EQ(outcomes(on_lab({reads_and_writes}), results<2>, faults(2)), "0,0 0,1 1,0 1,1");
}

// Copies of others share the budget.
TEST(litmus_uaccess, one_failure_is_one_for_all) {
  const lab_body reads = [](lab* l) { l->r[0].poke(copy_from_user("argument")); };
  const lab_body writes = [](lab* l) { l->r[1].poke(copy_to_user("result")); };
  EXPECT_EQ(outcomes(on_lab({reads, writes}), results<2>, faults(1)), "0,1 1,0 1,1");
}

// The user lets whoever holds a lock wait: others find it taken, or run out of time.
TEST(litmus_uaccess, takes_as_long_as_the_user_likes) {
  const lab_body copies_inside = [](lab* l) {
    mutex_lock(&l->a);
    copy_from_user("argument");
    mutex_unlock(&l->a);
    complete(&l->done);
  };
  const lab_body tries = [](lab* l) {
    l->r[1].poke(mutex_trylock(&l->a));
    if (l->r[1].peek() != 0) mutex_unlock(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({copies_inside, tries}), results<2>), "0,0 0,1");
  const lab_body waits = [](lab* l) {
    l->r[1].poke(wait_for_completion_timeout(&l->done, 1) != 0);
  };
  EXPECT_EQ(outcomes(on_lab({copies_inside, waits}), results<2>), "0,0 0,1");
  const lab_body locks = [](lab* l) {
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({copies_inside, locks})), "clean") << "late, but it ends";
}

// Whom a copy is between two accesses of does not see it: message passing needs its own order.
TEST(litmus_uaccess, orders_nothing) {
  const lab_body sends = [](lab* l) {
    l->v = 1;
    copy_to_user("data");
    WRITE_ONCE(l->r[0], 1);
  };
  const lab_body receives = [](lab* l) {
    if (READ_ONCE(l->r[0]) != 1) return;
    copy_from_user("data");
    l->r[1].poke(l->v);
  };
  EXPECT_EQ(outcomes(on_lab({sends, receives})), "clean data-race");
}

TEST(litmus_uaccess, is_for_those_who_may_sleep) {
  const auto inside = [](lab_body body) { return outcomes(on_lab({body})); };
  EXPECT_EQ(inside([](lab* l) {
              spin_lock(&l->s);
              copy_to_user("result");
              spin_unlock(&l->s);
            }),
            "sleep-in-atomic");
  EXPECT_EQ(inside([](lab*) {
              rcu_read_lock();
              copy_from_user("argument");
              rcu_read_unlock();
            }),
            "sleep-in-atomic");
  EXPECT_EQ(inside([](lab* l) {
              xa_lock(&l->xa);
              copy_from_user("argument");
              xa_unlock(&l->xa);
            }),
            "sleep-in-atomic");
  EXPECT_EQ(inside([](lab* l) {
              mutex_lock(&l->a);
              down_read(&l->rw);
              copy_from_user("argument");
              up_read(&l->rw);
              mutex_unlock(&l->a);
            }),
            "clean");
}

TEST(litmus_uaccess, verify_finds_the_same_traces) {
  const lab_body copies = [](lab* l) {
    mutex_lock(&l->a);
    if (copy_from_user("argument")) atomic_inc(&l->x);
    mutex_unlock(&l->a);
    copy_to_user("result");
  };
  expect_same_traces(on_lab({copies, copies}));
}

}  // namespace
}  // namespace iorace::this_file
