// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/rcu.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"

namespace iorace::this_file {
namespace {

struct entry {
  rcu_head rcu;
  shared<int> value;
};
IORACE_DESCRIBE(entry, "entry", rcu, value);

struct board {
  srcu_struct srcu;
  mutex m;
  shared<entry*> current;
};
IORACE_DESCRIBE(board, "board", srcu, m, current);

board* board_of(lab*) { return static_cast<board*>(specimen()); }

void one_entry(lab*) {
  auto* b = make<board>();
  specimen() = b;
  init_srcu_struct(&b->srcu);
  mutex_init(&b->m);
  auto* e = kzalloc<entry>();
  e->value = 7;
  b->current = e;
}

std::string nothing_left(lab* l) {
  check_leaks();
  return results<2>(l);
}

void read_entry(lab* l) {
  rcu_read_lock();
  if (entry* e = rcu_dereference(board_of(l)->current)) l->r[0].poke(READ_ONCE(e->value));
  rcu_read_unlock();
}
entry* unpublish(lab* l) {
  entry* e = rcu_access_pointer(board_of(l)->current);
  rcu_assign_pointer(board_of(l)->current, nullptr);
  return e;
}
void replace_and_wait(lab* l) {
  entry* e = unpublish(l);
  synchronize_rcu();
  kfree(e);
}
void replace_at_once(lab* l) { kfree(unpublish(l)); }
void replace_later(lab* l) {
  entry* e = unpublish(l);
  kfree_rcu(e, rcu);
}

// The tutorial: who takes an entry out of sight waits for those that may still see it. Without the
// wait a reader is left with freed memory.
TEST(litmus_rcu, nobody_sees_what_was_freed_after_a_grace_period) {
  const program good = on_lab({read_entry, replace_and_wait}, one_entry);
  EXPECT_EQ(outcomes(good, nothing_left), "0,0 7,0");
  expect_same_traces(good);
  const program bad = on_lab({read_entry, replace_at_once}, one_entry);
  EXPECT_EQ(outcomes(bad, nothing_left), "0,0 7,0 use-after-free");
  expect_same_traces(bad);
  const program later = on_lab({read_entry, replace_later}, one_entry);
  EXPECT_EQ(outcomes(later, nothing_left), "0,0 7,0");
  expect_same_traces(later);
}

// A grace period waits for sections that began before it, not for later ones.
TEST(litmus_rcu, waits_for_earlier_sections_only) {
  const lab_body reader = [](lab* l) {
    rcu_read_lock();
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
    l->r[1].poke(static_cast<int>(atomic_read(&l->y)));
    rcu_read_unlock();
  };
  const lab_body updater = [](lab* l) {
    atomic_set(&l->x, 1);
    synchronize_rcu();
    atomic_set(&l->y, 1);
  };
  const program p = on_lab({reader, updater}, nullptr);
  EXPECT_EQ(outcomes(p, results<2>), "0,0 1,0 1,1") << "never the new y with the old x";
  expect_same_traces(p);
}

TEST(litmus_rcu, two_readers_and_two_grace_periods) {
  const lab_body reader = [](lab*) {
    rcu_read_lock();
    rcu_read_unlock();
    rcu_read_lock();
    rcu_read_unlock();
  };
  const lab_body updater = [](lab*) { synchronize_rcu(); };
  expect_same_traces(on_lab({reader, reader, updater}, nullptr), "two readers");
  expect_same_traces(on_lab({reader, updater, updater}, nullptr), "two updaters");
}

// Read sections are independent of each other.
TEST(litmus_rcu, readers_do_not_meet) {
  const lab_body reader = [](lab*) {
    rcu_read_lock();
    rcu_read_lock();
    rcu_read_unlock();
    rcu_read_unlock();
  };
  const program p = on_lab({reader, reader, reader}, nullptr);
  EXPECT_EQ(all_of(p, clean).traces, 1u);
  expect_same_traces(p);
}

// What a reader did in its section is ordered before the end of the grace period, with plain
// accesses; and what came before the start of one before later sections.
TEST(rcu, orders_both_sides) {
  const lab_body reader = [](lab* l) {
    rcu_read_lock();
    if (atomic_read(&l->x) == 0) l->v = 1;
    rcu_read_unlock();
  };
  const auto updater = [](bool wait) -> lab_body {
    if (!wait)
      return [](lab* l) {
        atomic_set(&l->x, 1);
        l->r[0].poke(l->v);
      };
    return [](lab* l) {
      atomic_set(&l->x, 1);
      synchronize_rcu();
      l->r[0].poke(l->v);
    };
  };
  EXPECT_EQ(outcomes(on_lab({reader, updater(true)}, nullptr), results<1>), "0 1");
  EXPECT_EQ(outcomes(on_lab({reader, updater(false)}, nullptr), results<1>), "0 data-race");
}

TEST(rcu, callbacks_run_after_a_grace_period) {
  const lab_body caller = [](lab* l) {
    entry* e = unpublish(l);
    call_rcu(&e->rcu, [](rcu_head* h) { kfree(h); });
    rcu_barrier();
    l->r[1].poke(is_live(e) ? 1 : 2);
  };
  const program p = on_lab({read_entry, caller}, one_entry);
  EXPECT_EQ(outcomes(p, nothing_left), "0,2 7,2");
  expect_same_traces(p);
}

// Callbacks of different tasks have tasks of their own; a barrier waits for all of them.
TEST(rcu, a_barrier_waits_for_everybodys_callbacks) {
  const lab_body caller = [](lab*) {
    auto* e = kzalloc<entry>();
    kfree_rcu(e, rcu);
  };
  const lab_body waits = [](lab* l) {
    auto* e = kzalloc<entry>();
    kfree_rcu(e, rcu);
    rcu_barrier();
    l->r[0].poke(is_live(e));
  };
  const program p = on_lab({caller, waits}, nullptr);
  EXPECT_EQ(outcomes(p, nothing_left), "0,0");
  expect_same_traces(p);
}

TEST(rcu, the_check_need_not_wait) {
  EXPECT_EQ(outcomes(on_lab({read_entry}, one_entry),
                     [](lab* l) {
                       entry* e = board_of(l)->current;
                       kfree_rcu(e, rcu);
                       return nothing_left(l);
                     }),
            "7,0");
}

TEST(rcu, convicts_what_sleeps_in_a_section) {
  const lab_body sleeps = [](lab* l) {
    rcu_read_lock();
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    rcu_read_unlock();
  };
  const lab_body sleeps_in_srcu = [](lab* l) {
    const int index = srcu_read_lock(&board_of(l)->srcu);
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    srcu_read_unlock(&board_of(l)->srcu, index);
  };
  const lab_body callback_sleeps = [](lab* l) {
    call_rcu(&unpublish(l)->rcu, [](rcu_head* h) {
      mutex_lock(&static_cast<board*>(specimen())->m);
      kfree(h);
    });
  };
  EXPECT_EQ(outcomes(on_lab({sleeps}, one_entry)), "sleep-in-atomic");
  EXPECT_EQ(outcomes(on_lab({sleeps_in_srcu}, one_entry)), "clean");
  EXPECT_EQ(outcomes(on_lab({callback_sleeps}, one_entry)), "sleep-in-atomic");
}

TEST(rcu, convicts_a_grace_period_inside_a_section) {
  const lab_body inside = [](lab*) {
    rcu_read_lock();
    synchronize_rcu();
    rcu_read_unlock();
  };
  const lab_body outside = [](lab*) {
    rcu_read_lock();
    rcu_read_unlock();
    synchronize_rcu();
  };
  const lab_body inside_srcu = [](lab* l) {
    const int index = srcu_read_lock(&board_of(l)->srcu);
    synchronize_srcu(&board_of(l)->srcu);
    srcu_read_unlock(&board_of(l)->srcu, index);
  };
  const lab_body inside_another = [](lab* l) {
    const int index = srcu_read_lock(&board_of(l)->srcu);
    synchronize_rcu();
    srcu_read_unlock(&board_of(l)->srcu, index);
  };
  EXPECT_EQ(outcomes(on_lab({inside}, one_entry)), "deadlock");
  EXPECT_EQ(outcomes(on_lab({outside}, one_entry)), "clean");
  EXPECT_EQ(outcomes(on_lab({inside_srcu}, one_entry)), "deadlock");
  EXPECT_EQ(outcomes(on_lab({inside_another}, one_entry)), "clean");
}

// A lock inside an SRCU section, and a grace period under that lock.
TEST(srcu, convicts_a_circle_with_a_lock) {
  const lab_body reader = [](lab* l) {
    const int index = srcu_read_lock(&board_of(l)->srcu);
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    srcu_read_unlock(&board_of(l)->srcu, index);
  };
  const lab_body under_lock = [](lab* l) {
    mutex_lock(&l->a);
    synchronize_srcu(&board_of(l)->srcu);
    mutex_unlock(&l->a);
  };
  const lab_body after_lock = [](lab* l) {
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    synchronize_srcu(&board_of(l)->srcu);
  };
  const program bad = on_lab({reader, under_lock}, one_entry);
  EXPECT_EQ(outcomes(bad), "clean deadlock");
  expect_same_traces(bad);
  const program good = on_lab({reader, after_lock}, one_entry);
  EXPECT_EQ(outcomes(good), "clean");
  expect_same_traces(good);
}

TEST(rcu, convicts_unbalanced_sections) {
  EXPECT_EQ(outcomes(on_lab({[](lab*) { rcu_read_unlock(); }})), "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab*) { rcu_read_lock(); }})), "lock-held-at-exit");
  EXPECT_EQ(outcomes(on_lab({[](lab*) {
              rcu_read_lock();
              rcu_read_unlock();
            }})),
            "clean");
}

TEST(rcu, convicts_a_pointer_followed_outside_a_section) {
  const lab_body outside = [](lab* l) { rcu_dereference(board_of(l)->current); };
  const lab_body justified = [](lab* l) {
    mutex_lock(&l->a);
    rcu_dereference_check(board_of(l)->current, true);
    rcu_dereference_protected(board_of(l)->current, true);
    mutex_unlock(&l->a);
  };
  EXPECT_EQ(outcomes(on_lab({outside}, one_entry)), "lockdep-assert");
  EXPECT_EQ(outcomes(on_lab({read_entry}, one_entry)), "clean");
  EXPECT_EQ(outcomes(on_lab({justified}, one_entry)), "clean");
}

TEST(rcu, convicts_a_head_queued_twice) {
  const lab_body twice = [](lab* l) {
    entry* e = rcu_access_pointer(board_of(l)->current);
    call_rcu(&e->rcu, [](rcu_head*) {});
    call_rcu(&e->rcu, [](rcu_head*) {});
  };
  const lab_body again = [](lab* l) {
    entry* e = rcu_access_pointer(board_of(l)->current);
    call_rcu(&e->rcu, [](rcu_head*) {});
    rcu_barrier();
    call_rcu(&e->rcu, [](rcu_head*) {});
  };
  EXPECT_EQ(outcomes(on_lab({twice}, one_entry)), "clean kernel-warn")
      << "clean: the first has been called before";
  EXPECT_EQ(outcomes(on_lab({again}, one_entry)), "clean");
}

TEST(srcu, convicts_a_clean_up_under_readers) {
  const lab_body reader = [](lab* l) {
    srcu_read_unlock(&board_of(l)->srcu, srcu_read_lock(&board_of(l)->srcu));
  };
  const lab_body clean_up = [](lab* l) { cleanup_srcu_struct(&board_of(l)->srcu); };
  const lab_body waits = [](lab* l) {
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
    synchronize_srcu(&board_of(l)->srcu);
  };
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                              srcu_read_lock(&board_of(l)->srcu);
                              cleanup_srcu_struct(&board_of(l)->srcu);
                            }},
                            one_entry)),
            "kernel-warn");
  EXPECT_EQ(outcomes(on_lab({reader, waits}, one_entry)), "clean");
  EXPECT_EQ(outcomes(on_lab({clean_up}, one_entry)), "clean");
}

}  // namespace
}  // namespace iorace::this_file
