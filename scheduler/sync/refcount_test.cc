// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/refcount.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

template <int n>
void starts_at(lab* l) {
  refcount_set(&l->ref, n);
}

// The tutorial: two users of an object put their references; exactly one of them is the last, and
// it may free what the other wrote without a lock, because the count orders them.
TEST(refcount, the_last_user_frees) {
  const lab_body put = [](lab* l) {
    thing* t = l->slot.peek();
    const int seen = l->r[0].peek();
    t->value = seen;
    if (refcount_dec_and_test(&t->users)) kfree(t);
  };
  const lab_body make_thing = [](lab* l) {
    thing* t = kzalloc<thing>();
    refcount_set(&t->users, 2);
    l->slot.poke(t);
  };
  const lab_body read_and_put = [](lab* l) {
    thing* t = l->slot.peek();
    if (refcount_dec_and_test(&t->users)) kfree(t);
  };
  EXPECT_EQ(outcomes(on_lab({put, read_and_put}, make_thing)), "clean");
  EXPECT_EQ(outcomes(on_lab({put, put}, make_thing)), "data-race") << "two writers, one object";
}

// The count drops to zero before the late user comes: inc_not_zero tells, plain inc convicts.
TEST(refcount, a_late_user_must_ask) {
  const lab_body put = [](lab* l) { l->r[0].poke(refcount_dec_and_test(&l->ref)); };
  EXPECT_EQ(outcomes(on_lab({put,
                             [](lab* l) {
                               if (!refcount_inc_not_zero(&l->ref)) return;
                               l->r[1].poke(1);
                               l->r[2].poke(refcount_dec_and_test(&l->ref));
                             }},
                            starts_at<1>),
                     results<3>),
            "0,1,1 1,0,0 1,1,0");
  EXPECT_EQ(outcomes(on_lab({put,
                             [](lab* l) {
                               refcount_inc(&l->ref);
                               l->r[2].poke(refcount_dec_and_test(&l->ref));
                             }},
                            starts_at<1>),
                     results<3>),
            "0,0,1 1,0,0 refcount-misuse");
}

// Of two that want the count to go from one to zero, one succeeds.
TEST(litmus_refcount, dec_if_one) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { l->r[0].poke(refcount_dec_if_one(&l->ref)); },
                             [](lab* l) { l->r[1].poke(refcount_dec_if_one(&l->ref)); }},
                            starts_at<1>),
                     results<2>),
            "0,1 1,0");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { l->r[0].poke(refcount_dec_if_one(&l->ref)); },
                             [](lab* l) { refcount_dec(&l->ref); }},
                            starts_at<2>),
                     results<1>),
            "0 1");
}

TEST(refcount, convicts_misuse) {
  const auto verdict = [](lab_body misuse, lab_body init) {
    return outcomes(on_lab({misuse}, init));
  };
  EXPECT_EQ(verdict([](lab* l) { refcount_inc(&l->ref); }, starts_at<0>), "refcount-misuse");
  EXPECT_EQ(verdict([](lab* l) { refcount_inc(&l->ref); }, starts_at<1>), "clean");
  EXPECT_EQ(verdict([](lab* l) { refcount_inc(&l->ref); }, nullptr), "refcount-misuse") << "zeroed";
  EXPECT_EQ(verdict([](lab* l) { refcount_dec(&l->ref); }, starts_at<1>), "refcount-misuse");
  EXPECT_EQ(verdict([](lab* l) { refcount_dec(&l->ref); }, starts_at<2>), "clean");
  EXPECT_EQ(verdict([](lab* l) { refcount_dec_and_test(&l->ref); }, starts_at<0>),
            "refcount-misuse");
  EXPECT_EQ(verdict([](lab* l) { refcount_dec_and_test(&l->ref); }, starts_at<1>), "clean");
  EXPECT_EQ(verdict([](lab* l) { refcount_sub_and_test(3, &l->ref); }, starts_at<2>),
            "refcount-misuse");
  EXPECT_EQ(verdict([](lab* l) { refcount_sub_and_test(2, &l->ref); }, starts_at<2>), "clean");
  EXPECT_EQ(verdict([](lab* l) { refcount_add(1, &l->ref); }, starts_at<0x7fffffff>),
            "refcount-misuse");
  EXPECT_EQ(verdict([](lab* l) { refcount_add(1, &l->ref); }, starts_at<0x7ffffffe>), "clean");
}

}  // namespace
}  // namespace iorace::this_file
