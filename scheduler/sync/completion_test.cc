// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/completion.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace::this_file {
namespace {

void wait_once(lab* l) { wait_for_completion(&l->done); }
void complete_once(lab* l) { complete(&l->done); }

// The tutorial: the waiter comes back after the completer, and sees what it did.
TEST(litmus_completion, orders_the_waiter_behind_the_completer) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               wait_for_completion(&l->done);
                               l->r[0].poke(l->v);
                             },
                             [](lab* l) {
                               l->v = 1;
                               complete(&l->done);
                             }}),
                     results<1>),
            "1");
}

TEST(litmus_completion, counts) {
  EXPECT_EQ(outcomes(on_lab({wait_once, wait_once, complete_once, complete_once})), "clean");
  EXPECT_EQ(outcomes(on_lab({wait_once, wait_once, complete_once})), "deadlock");
  EXPECT_EQ(outcomes(on_lab({wait_once, wait_once, [](lab* l) { complete_all(&l->done); }})),
            "clean");
}

// A complete that the waiter has not used yet is taken away by reinit.
TEST(litmus_completion, reinit_loses_a_wake_up) {
  EXPECT_EQ(
      outcomes(on_lab({wait_once, complete_once, [](lab* l) { reinit_completion(&l->done); }})),
      "clean deadlock");
  EXPECT_EQ(outcomes(on_lab({wait_once,
                             [](lab* l) {
                               reinit_completion(&l->done);
                               complete(&l->done);
                             }})),
            "clean");
  EXPECT_EQ(outcomes(on_lab({wait_once,
                             [](lab* l) {
                               complete_all(&l->done);
                               reinit_completion(&l->done);
                             }})),
            "clean deadlock");
}

TEST(litmus_completion, timeouts) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                       l->r[0].poke(wait_for_completion_timeout(&l->done, 10 * HZ) != 0);
                     }}),
                     results<1>),
            "0");
  EXPECT_EQ(
      outcomes(
          on_lab({[](lab* l) { l->r[0].poke(wait_for_completion_timeout(&l->done, 10 * HZ) != 0); },
                  complete_once}),
          results<1>),
      "1");
  EXPECT_EQ(
      outcomes(on_lab({[](lab* l) { l->r[0].poke(wait_for_completion_timeout(&l->done, 5) != 0); },
                       complete_once}),
               results<1>),
      "0 1");
}

TEST(litmus_completion, trying_and_asking_never_wait) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               l->r[0].poke(completion_done(&l->done));
                               l->r[1].poke(try_wait_for_completion(&l->done));
                               l->r[2].poke(completion_done(&l->done));
                             },
                             complete_once}),
                     results<3>),
            "0,0,0 0,0,1 0,1,0 1,1,0");
}

// Two tasks that each complete what the other waits for, in the wrong order.
TEST(completion, convicts_a_circle) {
  const lab_body one = [](lab* l) {
    wait_for_completion(&l->done);
    complete(&l->done2);
  };
  EXPECT_EQ(outcomes(on_lab({one,
                             [](lab* l) {
                               wait_for_completion(&l->done2);
                               complete(&l->done);
                             }})),
            "deadlock");
  EXPECT_EQ(outcomes(on_lab({one,
                             [](lab* l) {
                               complete(&l->done);
                               wait_for_completion(&l->done2);
                             }})),
            "clean");
}

}  // namespace
}  // namespace iorace::this_file
