// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/workqueue_bench_test.h"

namespace iorace::this_file {
namespace {

constexpr unsigned long soon = 10;

TEST(litmus_delayed_work, runs_when_its_time_has_come) {
  const lab_body later = [](lab* l) {
    queue_delayed_work(here()->wq, &here()->later, soon);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  const lab_body much_later = [](lab* l) {
    queue_delayed_work(here()->wq, &here()->later, HZ);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  EXPECT_EQ(outcomes(on_lab({later}, with<note<1>>), log_and_results), "3:0 3:3");
  EXPECT_EQ(outcomes(on_lab({much_later}, with<note<1>>), log_and_results), "3:0");
  expect_same_traces(on_lab({later}, with<note<1>>));
  expect_same_traces(on_lab({much_later}, with<note<1>>));
}

TEST(litmus_delayed_work, queued_again_cancelled_and_flushed) {
  const lab_outcome all = [](lab* l) { return log_of(l) + ":" + results<2>(l); };
  const program again = on_lab({[](lab* l) {
                                 l->r[0].poke(queue_delayed_work(here()->wq, &here()->later, soon));
                                 l->r[1].poke(mod_delayed_work(here()->wq, &here()->later, soon));
                               }},
                               with<note<1>>);
  EXPECT_EQ(outcomes(again, all), "33:1,0 3:1,1");
  expect_same_traces(again);
  const program cancelled = on_lab({[](lab* l) {
                                     queue_delayed_work(here()->wq, &here()->later, soon);
                                     l->r[0].poke(cancel_delayed_work_sync(&here()->later));
                                     l->r[1].poke(static_cast<int>(atomic_read(&here()->log)));
                                   }},
                                   with<note<1>>);
  EXPECT_EQ(outcomes(cancelled, all), "0:1,0 3:0,3");
  expect_same_traces(cancelled);
  const program flushed = on_lab({[](lab* l) {
                                   queue_delayed_work(here()->wq, &here()->later, HZ);
                                   l->r[0].poke(flush_delayed_work(&here()->later));
                                   l->r[1].poke(static_cast<int>(atomic_read(&here()->log)));
                                 }},
                                 with<note<1>>);
  EXPECT_EQ(outcomes(flushed, all), "3:0,3 3:1,3") << "0: it had run before the wait began";
  expect_same_traces(flushed);
}

// Work that sets its own time again does not keep an execution from ending.
TEST(delayed_work, periodic_work_ends_with_the_program) {
  const lab_body init = with<note<1>, note<2>, [](work_struct* work) {
    note<3>(work);
    queue_delayed_work(here()->wq, to_delayed_work(work), soon);
  }>;
  const lab_body start = [](lab*) { queue_delayed_work(here()->wq, &here()->later, soon); };
  const std::string all = outcomes(on_lab({start}, init), log_of);
  EXPECT_EQ(all.find("step-bound"), std::string::npos) << all;
  EXPECT_EQ(all.find("livelock"), std::string::npos) << all;
  expect_same_traces(on_lab({start}, init));
}

// A queue that is destroyed while a time is running: the item comes too late.
TEST(delayed_work, convicts_a_queue_that_is_gone) {
  const lab_body bad = [](lab*) {
    queue_delayed_work(here()->wq, &here()->later, HZ);
    destroy_workqueue(here()->wq);
  };
  const lab_body good = [](lab*) {
    queue_delayed_work(here()->wq, &here()->later, HZ);
    cancel_delayed_work_sync(&here()->later);
    destroy_workqueue(here()->wq);
  };
  EXPECT_EQ(outcomes(on_lab({bad}, with<note<1>>)), "use-after-free");
  EXPECT_EQ(outcomes(on_lab({good}, with<note<1>>)), "clean");
}

}  // namespace
}  // namespace iorace::this_file
