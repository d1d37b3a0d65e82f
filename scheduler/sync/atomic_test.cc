// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/atomic.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

// The tutorial: an atomic increment is never lost, a read and a write of an atomic may be.
TEST(litmus_atomic, counts) {
  const auto x = [](lab* l) { return std::to_string(atomic_peek(&l->x)); };
  const lab_body whole = [](lab* l) { atomic_inc(&l->x); };
  const lab_body halves = [](lab* l) {
    const std::int64_t seen = atomic_read(&l->x);
    atomic_set(&l->x, seen + 1);
  };
  EXPECT_EQ(outcomes(on_lab({whole, whole, whole}), x), "3");
  EXPECT_EQ(outcomes(on_lab({halves, halves, halves}), x), "1 2 3");
}

// Plain data behind a flag: fully ordered operations order it, relaxed ones do not.
TEST(atomic, value_returning_operations_order) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               l->v = 1;
                               atomic_xchg(&l->x, 1);
                             },
                             [](lab* l) {
                               if (atomic_add_return(0, &l->x) == 1) l->r[1].poke(l->v);
                             }}),
                     results<2>),
            "0,0 0,1");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               l->v = 1;
                               atomic_set(&l->x, 1);
                             },
                             [](lab* l) {
                               if (atomic_read(&l->x) == 1) l->r[1].poke(l->v);
                             }}),
                     results<2>),
            "0,0 data-race");
}

// It reads the flag in either case, but takes the past of what it reads only if it stores.
TEST(atomic, a_compare_and_exchange_that_fails_orders_nothing) {
  const lab_body publish = [](lab* l) {
    l->v = 1;
    atomic_xchg(&l->x, 1);
  };
  const lab_body publish_member = [](lab* l) {
    l->v = 1;
    xchg(l->r[3], 1);
  };
  const auto of = [](lab_body writer, lab_body reader) {
    return outcomes(on_lab({writer, reader}), results<2>);
  };
  EXPECT_EQ(of(publish,
               [](lab* l) {
                 if (atomic_cmpxchg(&l->x, 1, 2) == 1) l->r[1].poke(l->v);
               }),
            "0,0 0,1");
  EXPECT_EQ(of(publish,
               [](lab* l) {
                 if (atomic_cmpxchg(&l->x, 2, 3) == 1) l->r[1].poke(l->v);
               }),
            "0,0 data-race");
  EXPECT_EQ(of(publish_member,
               [](lab* l) {
                 if (cmpxchg(l->r[3], 1, 2) == 1) l->r[1].poke(l->v);
               }),
            "0,0 0,1");
  EXPECT_EQ(of(publish_member,
               [](lab* l) {
                 if (cmpxchg(l->r[3], 2, 3) == 1) l->r[1].poke(l->v);
               }),
            "0,0 data-race");
}

TEST(litmus_atomic, one_compare_and_exchange_wins) {
  EXPECT_EQ(
      outcomes(on_lab({[](lab* l) { l->r[0].poke(atomic_cmpxchg(&l->x, 0, 1) == 0); },
                       [](lab* l) { l->r[1].poke(atomic_cmpxchg(&l->x, 0, 2) == 0); }}),
               [](lab* l) { return results<2>(l) + "," + std::to_string(atomic_peek(&l->x)); }),
      "0,1,2 1,0,1");
}

}  // namespace
}  // namespace iorace::this_file
