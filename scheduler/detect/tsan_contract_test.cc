// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// ThreadSanitizer sees the simulated happens-before: what our detector convicts it reports, with
// the same two functions and CPUs; where everything is ordered both are silent. A report makes the
// process end with 66, so in the tsan build silence needs no assertion.
#include <gtest/gtest.h>

#include "scheduler/detect/tsan_report_test.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace::this_file {
namespace {

struct node {
  list_head entry;
  interval_tree_node range;
  refcount_t users;
  shared<int> value;
};
IORACE_DESCRIBE(node, "node", entry, range, users, value);

struct store {
  mutex lock;
  spinlock_t spin;
  rw_semaphore sem;
  wait_queue_head_t wq;
  completion done;
  xarray array;
  list_head items;
  rb_root_cached tree;
  node* counted;
  shared<int> under_lock;
  shared<int> under_spin;
  shared<int> under_sem;
  shared<int> published;
  shared<int> flag;
  shared<int> awaited;
  shared<int> ready;
};
IORACE_DESCRIBE(store, "store", lock, spin, sem, wq, done, array, items, tree, counted, under_lock,
                under_spin, under_sem, published, flag, awaited, ready);

void* open_store() {
  auto* s = make<store>();
  mutex_init(&s->lock);
  spin_lock_init(&s->spin);
  init_rwsem(&s->sem);
  init_waitqueue_head(&s->wq);
  init_completion(&s->done);
  xa_init(&s->array);
  INIT_LIST_HEAD(&s->items);
  s->counted = kzalloc<node>();
  refcount_set(&s->counted->users, 3);
  return s;
}

// A load that nobody needs would not be made.
void use(int v) { asm volatile("" : : "r"(v)); }

void use_locks(store* s) {
  KFUNC();
  mutex_lock(&s->lock);
  s->under_lock++;
  mutex_unlock(&s->lock);
  if (mutex_trylock(&s->lock)) {
    s->under_lock++;
    mutex_unlock(&s->lock);
  }
  spin_lock(&s->spin);
  s->under_spin += 2;
  spin_unlock(&s->spin);
  down_read(&s->sem);
  use(static_cast<int>(s->under_sem));
  up_read(&s->sem);
  down_write(&s->sem);
  s->under_sem--;
  downgrade_write(&s->sem);
  use(static_cast<int>(s->under_sem));
  up_read(&s->sem);
}

void put(node* n) {
  KFUNC();
  use(static_cast<int>(n->value));
  if (!refcount_dec_and_test(&n->users)) return;
  n->value = 0;
  kfree(n);
}

void use_containers(store* s, unsigned long where) {
  KFUNC();
  auto* n = kzalloc<node>();
  n->value = 7;
  n->range.start = where;
  n->range.last = where + 1;
  mutex_lock(&s->lock);
  list_add_tail(&n->entry, &s->items);
  interval_tree_insert(&n->range, &s->tree);
  for (auto* r = interval_tree_iter_first(&s->tree, 0, 9); r != nullptr;
       r = interval_tree_iter_next(r, 0, 9))
    use(static_cast<int>(list_entry(r, node, range)->value));
  mutex_unlock(&s->lock);
  xa_store(&s->array, where, n);
  for (unsigned long i = 0; i < 3; ++i)
    if (auto* other = xa_load_as<node>(&s->array, i)) use(static_cast<int>(other->value));
  mutex_lock(&s->lock);
  interval_tree_remove(&n->range, &s->tree);
  list_del(&n->entry);
  mutex_unlock(&s->lock);
}

void announce(store* s) {
  KFUNC();
  s->published = 1;
  smp_store_release(s->flag, 1);
  s->awaited = 1;
  WRITE_ONCE(s->ready, 1);
  wake_up_all(&s->wq);
  complete(&s->done);
}
void wait_for_queue(store* s) {
  KFUNC();
  if (smp_load_acquire(s->flag) != 0) use(static_cast<int>(s->published));
  // The look that finds the flag set orders nothing; the lock does.
  wait_event(s->wq, [s] { return smp_load_acquire(s->flag) != 0; });
  use(static_cast<int>(s->published));
}
void wait_for_done(store* s) {
  KFUNC();
  wait_for_completion(&s->done);
  use(static_cast<int>(s->awaited));
}

program everything_ordered() {
  program p;
  p.setup = open_store;
  p.cpu([](void* w) {
    auto* s = static_cast<store*>(w);
    use_locks(s);
    announce(s);
    use_containers(s, 0);
    put(s->counted);
  });
  p.cpu([](void* w) {
    auto* s = static_cast<store*>(w);
    wait_for_queue(s);
    use_containers(s, 1);
    put(s->counted);
  });
  p.cpu([](void* w) {
    auto* s = static_cast<store*>(w);
    use_locks(s);
    put(s->counted);
    use_containers(s, 2);
    wait_for_done(s);
  });
  p.check = [](void* w) {
    auto* s = static_cast<store*>(w);
    BUG_ON(s->under_sem != -2);
    BUG_ON(s->under_spin != 4);
  };
  return p;
}

TEST(tsan_contract, ordered_programs_are_silent) {
  const program p = everything_ordered();
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 10'000; ++o.number)
    ASSERT_EQ(e.run(p, choose, o).how, ended::finished)
        << o.number << ' ' << e.last_finding().title << ' ' << e.last_finding().detail;
}

// Who sees a released value owns the place where it is, and writes it plainly.
TEST(tsan_contract, a_place_that_is_handed_over_is_silent) {
  program p;
  p.setup = open_store;
  p.cpu([](void* w) {
    KFUNC();
    auto* s = static_cast<store*>(w);
    smp_store_release(s->flag, 1);
    xchg(s->ready, 1);
    cmpxchg(s->awaited, 0, 1);
  });
  p.cpu([](void* w) {
    KFUNC();
    auto* s = static_cast<store*>(w);
    if (smp_load_acquire(s->flag) != 0) s->flag = 2;
    if (xchg(s->ready, 3) == 1) s->ready = 2;
    if (cmpxchg(s->awaited, 1, 3) == 1) s->awaited = 2;
  });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 1'000; ++o.number)
    ASSERT_EQ(e.run(p, choose, o).how, ended::finished) << e.last_finding().title;
}

void raise_flag(void* w) {
  auto* s = static_cast<store*>(w);
  for (int i = 0; i < 3; ++i) {
    mutex_lock(&s->lock);
    s->under_lock++;
    mutex_unlock(&s->lock);
  }
}

// The first execution of a program with many tasks is begun anew; joins order.
TEST(tsan_contract, tasks_made_by_tasks_are_silent) {
  program p;
  p.setup = open_store;
  p.cpu([](void* w) {
    task_id made[12];
    for (task_id& t : made) t = create_task(task_kind::kthread, nullptr, raise_flag, w);
    for (const task_id t : made) join_task(t);
    BUG_ON(static_cast<store*>(w)->under_lock != 36);
  });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 500; ++o.number)
    ASSERT_EQ(e.run(p, choose, o).how, ended::finished) << e.last_finding().title;
}

// Abandoned in the middle of functions and of locks: what such an execution did is past.
TEST(tsan_contract, discarded_executions_are_silent) {
  program p = everything_ordered();
  p.cpu([](void* w) {
    use_containers(static_cast<store*>(w), 3);
    BUG_ON(true);
  });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 5'000; ++o.number) ASSERT_EQ(e.run(p, choose, o).how, ended::found);
  const program clean = everything_ordered();
  for (o.number = 0; o.number < 100; ++o.number)
    ASSERT_EQ(e.run(clean, choose, o).how, ended::finished);
}

#ifdef IORACE_TSAN

TEST(tsan_contract, both_report_the_same_planted_races) {
  std::istringstream names(run_beside("tsan_planted").output);
  int count = 0;
  for (std::string name; std::getline(names, name); ++count) {
    const ran r = run_beside("tsan_planted " + name);
    EXPECT_EQ(r.status, 66) << name << '\n' << r.output;
    EXPECT_EQ(our_sides(r.output).size(), 2u) << name << '\n' << r.output;
    EXPECT_EQ(reported_sides(r.output), std::vector{our_sides(r.output)}) << name << '\n'
                                                                          << r.output;
  }
  EXPECT_GE(count, 10);
}

#endif

}  // namespace
}  // namespace iorace::this_file
