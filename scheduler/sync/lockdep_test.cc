// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/lockdep.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

std::string verdict(lab_body body) { return outcomes(on_lab({body})); }

// The tutorial: an assertion asks about the running task. That somebody holds the lock is not
// enough.
TEST(lockdep, asks_about_the_running_task) {
  const lab_body holder = [](lab* l) {
    mutex_lock(&l->a);
    lockdep_assert_held(&l->a);
    mutex_unlock(&l->a);
    lockdep_assert_not_held(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({holder, holder})), "clean");
  EXPECT_EQ(outcomes(on_lab({holder, [](lab* l) { lockdep_assert_held(&l->a); }})),
            "lockdep-assert");
}

TEST(lockdep, convicts_each_kind_of_lock) {
  EXPECT_EQ(verdict([](lab* l) { lockdep_assert_held(&l->s); }), "lockdep-assert");
  EXPECT_EQ(verdict([](lab* l) { lockdep_assert_held(&l->rw); }), "lockdep-assert");
  EXPECT_EQ(verdict([](lab* l) { lockdep_assert_held(&l->xa); }), "lockdep-assert");
  EXPECT_EQ(verdict([](lab* l) {
              spin_lock(&l->s);
              lockdep_assert_held(&l->s);
              spin_unlock(&l->s);
              xa_lock(&l->xa);
              lockdep_assert_held(&l->xa);
              xa_unlock(&l->xa);
            }),
            "clean");
  EXPECT_EQ(verdict([](lab* l) {
              mutex_lock(&l->a);
              lockdep_assert_not_held(&l->a);
            }),
            "lockdep-assert");
}

TEST(lockdep, tells_reading_from_writing) {
  EXPECT_EQ(verdict([](lab* l) {
              down_read(&l->rw);
              lockdep_assert_held(&l->rw);
              lockdep_assert_held_read(&l->rw);
              up_read(&l->rw);
              down_write(&l->rw);
              lockdep_assert_held(&l->rw);
              lockdep_assert_held_write(&l->rw);
              downgrade_write(&l->rw);
              lockdep_assert_held_read(&l->rw);
              up_read(&l->rw);
            }),
            "clean");
  EXPECT_EQ(verdict([](lab* l) {
              down_read(&l->rw);
              lockdep_assert_held_write(&l->rw);
            }),
            "lockdep-assert");
  EXPECT_EQ(verdict([](lab* l) {
              down_write(&l->rw);
              lockdep_assert_held_read(&l->rw);
            }),
            "lockdep-assert");
}

}  // namespace
}  // namespace iorace::this_file
