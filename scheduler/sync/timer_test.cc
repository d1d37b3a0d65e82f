// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/timer.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"
#include "scheduler/strategies/random.h"

namespace iorace::this_file {
namespace {

struct clockwork {
  timer_list timer, other;
  spinlock_t lock;
  mutex m;
  atomic_t ticks;
  lab* world = nullptr;
};
IORACE_DESCRIBE(clockwork, "clockwork", timer, other, lock, m, ticks);

clockwork* here() { return static_cast<clockwork*>(specimen()); }
void tick(timer_list*) { atomic_inc(&here()->ticks); }

template <auto handler, auto second = tick>
void with(lab* l) {
  auto* c = make<clockwork>();
  specimen() = c;
  c->world = l;
  spin_lock_init(&c->lock);
  mutex_init(&c->m);
  timer_setup(&c->timer, handler, 0);
  timer_setup(&c->other, second, 0);
}
constexpr unsigned long soon = 10;

std::string ticks_and_results(lab* l) {
  return std::to_string(atomic_read(&here()->ticks)) + ":" + results<2>(l);
}
void arm_soon(lab*) { mod_timer(&here()->timer, jiffies + soon); }

// The tutorial: an armed timer goes off at any moment, one of a second or more only when nothing
// else can move.
TEST(litmus_timer, goes_off_some_time) {
  const lab_body short_one = [](lab* l) {
    l->r[0].poke(mod_timer(&here()->timer, jiffies + soon));
    l->r[1].poke(static_cast<int>(atomic_read(&here()->ticks)));
  };
  const lab_body long_one = [](lab* l) {
    l->r[0].poke(mod_timer(&here()->timer, jiffies + HZ));
    l->r[1].poke(static_cast<int>(atomic_read(&here()->ticks)));
  };
  EXPECT_EQ(outcomes(on_lab({short_one}, with<tick>), ticks_and_results), "1:0,0 1:0,1");
  EXPECT_EQ(outcomes(on_lab({long_one}, with<tick>), ticks_and_results), "1:0,0");
  expect_same_traces(on_lab({short_one}, with<tick>));
  expect_same_traces(on_lab({long_one}, with<tick>));
}

TEST(litmus_timer, armed_again_and_deleted) {
  const program again = on_lab({[](lab* l) {
                                 mod_timer(&here()->timer, jiffies + soon);
                                 l->r[0].poke(mod_timer(&here()->timer, jiffies + soon));
                               }},
                               with<tick>);
  EXPECT_EQ(outcomes(again, ticks_and_results), "1:1,0 2:0,0");
  expect_same_traces(again);
  const program loose = on_lab({[](lab* l) {
                                 mod_timer(&here()->timer, jiffies + soon);
                                 l->r[0].poke(timer_delete(&here()->timer));
                                 l->r[1].poke(static_cast<int>(atomic_read(&here()->ticks)));
                               }},
                               with<tick>);
  EXPECT_EQ(outcomes(loose, ticks_and_results), "0:1,0 1:0,0 1:0,1") << "the handler may run on";
  expect_same_traces(loose);
  const program sync = on_lab({[](lab* l) {
                                mod_timer(&here()->timer, jiffies + soon);
                                l->r[0].poke(timer_delete_sync(&here()->timer));
                                l->r[1].poke(static_cast<int>(atomic_read(&here()->ticks)));
                              }},
                              with<tick>);
  EXPECT_EQ(outcomes(sync, ticks_and_results), "0:1,0 1:0,1");
  expect_same_traces(sync);
  const program two = on_lab(
      {arm_soon, [](lab* l) { l->r[0].poke(timer_delete_sync(&here()->timer)); }}, with<tick>);
  EXPECT_EQ(outcomes(two, ticks_and_results), "0:1,0 1:0,0");
  expect_same_traces(two);
}

// What the handler did is ordered before the return of who waited for it; arming before its start.
TEST(timer, orders_both_sides) {
  const lab_body init = with<[](timer_list*) { here()->world->v++; }>;
  const lab_body sync = [](lab* l) {
    l->v = 1;
    mod_timer(&here()->timer, jiffies + soon);
    timer_delete_sync(&here()->timer);
    l->r[0].poke(l->v);
  };
  const lab_body loose = [](lab* l) {
    l->v = 1;
    mod_timer(&here()->timer, jiffies + soon);
    timer_delete(&here()->timer);
    l->r[0].poke(l->v);
  };
  EXPECT_EQ(outcomes(on_lab({sync}, init), results<1>), "1 2");
  EXPECT_EQ(outcomes(on_lab({loose}, init), results<1>), "1 data-race");
}

void tick_again(timer_list* timer) {
  tick(timer);
  mod_timer(timer, jiffies + soon);
}

// A periodic timer: neither the executions nor their number are endless, nor is it a livelock.
TEST(timer, a_periodic_one_ends_with_the_program) {
  const program p = on_lab({arm_soon}, with<tick_again>);
  EXPECT_EQ(outcomes(p, [](lab*) { return std::to_string(atomic_read(&here()->ticks)); }), "4");
  expect_same_traces(p);
  const lab_body slow = with<[](timer_list* timer) {
    tick(timer);
    mod_timer(timer, jiffies + HZ);
  }>;
  EXPECT_EQ(outcomes(on_lab({arm_soon}, slow),
                     [](lab*) { return std::to_string(atomic_read(&here()->ticks)); }),
            "2");
}

// One that is waited for goes on: time passes as long as somebody wants it to.
TEST(timer, a_periodic_one_goes_on_for_whom_it_wakes) {
  const lab_body init = with<[](timer_list* timer) {
    if (atomic_inc_return(&here()->ticks) == 7)
      complete(&here()->world->done);
    else
      mod_timer(timer, jiffies + soon);
  }>;
  const lab_body waits = [](lab* l) {
    mod_timer(&here()->timer, jiffies + soon);
    wait_for_completion(&l->done);
  };
  EXPECT_EQ(outcomes(on_lab({waits}, init),
                     [](lab*) { return std::to_string(atomic_read(&here()->ticks)); }),
            "7");
}

// Two that arm each other, under a random strategy.
TEST(timer, two_that_arm_each_other_end_too) {
  const lab_body init = with<[](timer_list*) { mod_timer(&here()->other, jiffies + soon); },
                             [](timer_list*) { mod_timer(&here()->timer, jiffies + soon); }>;
  const program p = on_lab({arm_soon, arm_soon}, init);
  engine e;
  random_strategy choose;
  for (std::uint64_t n = 0; n < 256; ++n) {
    execution_options o;
    o.number = n;
    EXPECT_EQ(e.run(p, choose, o).how, ended::finished);
  }
}

TEST(timer, convicts_what_sleeps_in_the_handler) {
  const lab_body sleeps = with<[](timer_list*) {
    mutex_lock(&here()->m);
    mutex_unlock(&here()->m);
  }>;
  const lab_body spins = with<[](timer_list*) {
    spin_lock(&here()->lock);
    spin_unlock(&here()->lock);
  }>;
  EXPECT_EQ(outcomes(on_lab({arm_soon}, sleeps)), "sleep-in-atomic");
  EXPECT_EQ(outcomes(on_lab({arm_soon}, spins)), "clean");
}

TEST(timer, convicts_waiting_for_oneself) {
  EXPECT_EQ(outcomes(on_lab({arm_soon}, with<[](timer_list* timer) { timer_delete_sync(timer); }>)),
            "deadlock");
  EXPECT_EQ(outcomes(on_lab({arm_soon}, with<[](timer_list* timer) { timer_delete(timer); }>)),
            "clean");
}

TEST(timer, convicts_waiting_under_the_handlers_lock) {
  const lab_body init = with<[](timer_list*) {
    spin_lock(&here()->lock);
    spin_unlock(&here()->lock);
  }>;
  const lab_body under = [](lab*) {
    mod_timer(&here()->timer, jiffies + soon);
    spin_lock(&here()->lock);
    timer_delete_sync(&here()->timer);
    spin_unlock(&here()->lock);
  };
  const lab_body after = [](lab*) {
    mod_timer(&here()->timer, jiffies + soon);
    spin_lock(&here()->lock);
    spin_unlock(&here()->lock);
    timer_delete_sync(&here()->timer);
  };
  EXPECT_EQ(outcomes(on_lab({under}, init)), "clean deadlock");
  EXPECT_EQ(outcomes(on_lab({after}, init)), "clean");
  expect_same_traces(on_lab({under}, init));
}

struct device_state {
  timer_list timer;
  shared<int> value;
};
IORACE_DESCRIBE(device_state, "device_state", timer, value);

device_state* new_device(void (*handler)(timer_list*)) {
  auto* d = kzalloc<device_state>();
  timer_setup(&d->timer, handler, 0);
  mod_timer(&d->timer, jiffies + HZ);
  return d;
}

// Freeing an armed timer is found when it goes off; a handler may free its own.
TEST(timer, convicts_a_timer_freed_while_armed) {
  const lab_body bad = [](lab*) { kfree(new_device(tick)); };
  const lab_body good = [](lab*) {
    device_state* d = new_device(tick);
    timer_shutdown_sync(&d->timer);
    kfree(d);
  };
  const lab_body frees_itself = [](lab*) { new_device([](timer_list* timer) { kfree(timer); }); };
  EXPECT_EQ(outcomes(on_lab({bad}, with<tick>)), "use-after-free");
  EXPECT_EQ(outcomes(on_lab({good}, with<tick>)), "clean");
  EXPECT_EQ(outcomes(on_lab({frees_itself}, with<tick>),
                     [](lab*) {
                       check_leaks();
                       return std::string("clean");
                     }),
            "clean");
}

TEST(timer, what_is_shut_down_stays_so) {
  const lab_body late = [](lab* l) {
    l->r[0].poke(timer_shutdown_sync(&here()->timer));
    l->r[1].poke(mod_timer(&here()->timer, jiffies + soon));
  };
  EXPECT_EQ(outcomes(on_lab({late}, with<tick>), ticks_and_results), "0:0,0");
  const lab_body rearms = with<tick_again>;
  const lab_body shut = [](lab* l) {
    arm_soon(l);
    timer_shutdown_sync(&here()->timer);
    l->r[0].poke(timer_peek_pending(&here()->timer));
  };
  EXPECT_EQ(outcomes(on_lab({shut}, rearms), results<1>), "0");
}

TEST(timer, convicts_misuse) {
  const auto verdict = [](lab_body body) { return outcomes(on_lab({body}, with<tick>)); };
  EXPECT_EQ(verdict([](lab*) {
              add_timer(&here()->timer, jiffies + HZ);
              add_timer(&here()->timer, jiffies + HZ);
            }),
            "kernel-warn");
  EXPECT_EQ(verdict([](lab*) {
              add_timer(&here()->timer, jiffies + HZ);
              timer_delete(&here()->timer);
              add_timer(&here()->timer, jiffies + HZ);
            }),
            "clean");
  EXPECT_EQ(verdict([](lab*) { mod_timer(&kzalloc<device_state>()->timer, jiffies); }),
            "kernel-warn");
  EXPECT_EQ(outcomes(on_lab({arm_soon}, with<[](timer_list*) { spin_lock(&here()->lock); }>)),
            "lock-held-at-exit");
}

TEST(timer, the_setup_may_arm) {
  const lab_body init = [](lab* l) {
    this_file::with<tick>(l);
    arm_soon(l);
  };
  const lab_body looks = [](lab* l) {
    l->r[0].poke(static_cast<int>(atomic_read(&here()->ticks)));
  };
  EXPECT_EQ(outcomes(on_lab({looks}, init), ticks_and_results), "1:0,0 1:1,0");
  expect_same_traces(on_lab({looks}, init));
}

}  // namespace
}  // namespace iorace::this_file
