// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/mutex.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

void count_under_lock(lab* l) {
  mutex_lock(&l->a);
  l->v++;
  mutex_unlock(&l->a);
}
std::string value(lab* l) { return std::to_string(l->v.peek()); }

// The tutorial: three CPUs count under one lock. outcomes() runs every interleaving: no update is
// ever lost and nothing is found. Without the lock the same program is a data race.
TEST(mutex, excludes) {
  EXPECT_EQ(outcomes(on_lab({count_under_lock, count_under_lock, count_under_lock}), value), "3");
  const lab_body bare = [](lab* l) { l->v++; };
  EXPECT_EQ(outcomes(on_lab({bare, bare}), value), "data-race");
}

TEST(mutex, trylock_fails_where_the_lock_is_held) {
  const lab_body try_it = [](lab* l) {
    l->r[1].poke(mutex_trylock(&l->a));
    if (l->r[1].peek() != 0) mutex_unlock(&l->a);
  };
  const lab_body hold = [](lab* l) {
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({hold, try_it}), results<2>), "0,0 0,1");
}

// A lock that is freed goes to whoever comes, not to whoever has waited: CPU2 is seen to want it
// (x is set, nothing comes between that and mutex_lock) while CPU1 still holds it, and yet CPU3,
// which looked later, may be the first. A fair lock forbids that outcome.
TEST(litmus_mutex, may_be_stolen_from_a_waiting_task) {
  const program p = on_lab({[](lab* l) {
                              mutex_lock(&l->a);
                              atomic_set(&l->y, 1);
                              atomic_read(&l->z);
                              mutex_unlock(&l->a);
                            },
                            [](lab* l) {
                              if (atomic_read(&l->y) == 0) return;
                              atomic_set(&l->x, 1);
                              mutex_lock(&l->a);
                              l->r[0].poke(l->r[1].peek() == 0 ? 1 : 2);
                              mutex_unlock(&l->a);
                            },
                            [](lab* l) {
                              if (atomic_read(&l->x) == 0) return;
                              if (mutex_trylock(&l->a)) {
                                mutex_unlock(&l->a);
                                return;
                              }
                              mutex_lock(&l->a);
                              l->r[1].poke(l->r[0].peek() == 0 ? 1 : 2);
                              mutex_unlock(&l->a);
                            }});
  EXPECT_EQ(outcomes(p, results<2>), "0,0 1,0 1,2 2,1") << "2,1: the third CPU was first";
  EXPECT_EQ(outcomes(p, results<2>, fair()), "0,0 1,0 1,2");
}

TEST(mutex, convicts_recursion) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              mutex_lock(&l->a);
              mutex_lock(&l->a);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              mutex_lock(&l->a);
              mutex_unlock(&l->a);
              mutex_lock(&l->a);
              mutex_unlock(&l->a);
            }})),
            "clean");
}

TEST(mutex, convicts_an_unlock_by_another_task) {
  const lab_body unlocker = [](lab* l) {
    if (atomic_read(&l->x) != 0) mutex_unlock(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               mutex_lock(&l->a);
                               atomic_set(&l->x, 1);
                               atomic_set(&l->x, 0);
                               mutex_unlock(&l->a);
                             },
                             unlocker})),
            "clean unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({count_under_lock, unlocker})), "clean");
}

TEST(mutex, convicts_a_lock_held_at_exit) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { mutex_lock(&l->a); }})), "lock-held-at-exit");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              mutex_lock(&l->a);
              mutex_destroy(&l->a);
            }})),
            "lock-held-at-exit");
  EXPECT_EQ(outcomes(on_lab({count_under_lock})), "clean");
}

TEST(mutex, convicts_the_use_of_one_that_was_never_initialised) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { mutex_lock(&l->unborn); }})), "kernel-warn");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              mutex_init(&l->unborn);
              mutex_lock(&l->unborn);
              mutex_unlock(&l->unborn);
            }})),
            "clean");
}

TEST(mutex, convicts_opposite_orders_with_and_without_a_deadlock) {
  const lab_body ab = [](lab* l) {
    mutex_lock(&l->a);
    mutex_lock(&l->b);
    mutex_unlock(&l->b);
    mutex_unlock(&l->a);
  };
  const lab_body ba = [](lab* l) {
    mutex_lock(&l->b);
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    mutex_unlock(&l->b);
  };
  EXPECT_EQ(outcomes(on_lab({ab, ba})), "deadlock lock-order");
  EXPECT_EQ(outcomes(on_lab({ab, ab})), "clean");
}

}  // namespace
}  // namespace iorace::this_file
