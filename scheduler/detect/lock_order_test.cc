// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/lock_order.h"

#include "scheduler/detect/planted_test.h"

namespace iorace::this_file {
namespace {

void a_then_b(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  mutex_lock(&r->b);
  mutex_unlock(&r->b);
  mutex_unlock(&r->a);
}
void b_then_a(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
  mutex_unlock(&r->b);
}
void b_then_try_a(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  if (mutex_trylock(&r->a)) mutex_unlock(&r->a);
  mutex_unlock(&r->b);
}

// One task cannot deadlock with itself, and still shows both orders.
void both_orders(room* r) {
  KFUNC();
  a_then_b(r);
  b_then_a(r);
}
void one_order_twice(room* r) {
  KFUNC();
  a_then_b(r);
  a_then_b(r);
}

TEST(lock_order, convicts_where_nothing_can_deadlock) {
  expect_convicted(in_a_room({both_orders}), "lock-order: a_then_b v b_then_a", convicted::always);
  expect_acquitted(in_a_room({one_order_twice}));
}

// Where several paths lead back, who is named does not depend on what the engine met before.
TEST(lock_order, names_the_edge_that_came_first_whatever_was_met_before) {
  constexpr std::uint16_t a = 1, b = 2, c = 3;
  for (const bool used : {false, true}) {
    lock_order order;
    if (used) {
      order.reset();
      EXPECT_EQ(order.add(b, a, 1), no_step);
    }
    order.reset();
    EXPECT_EQ(order.add(b, c, 5), no_step);
    EXPECT_EQ(order.add(c, a, 6), no_step);
    EXPECT_EQ(order.add(b, a, 7), no_step);
    EXPECT_EQ(order.add(a, b, 8), 5u) << used;
  }
}

TEST(lock_order, a_trylock_waits_for_nobody) {
  expect_acquitted(in_a_room({a_then_b, b_then_try_a}));
}

// A third lock that both take first makes the two orders harmless; as in the kernel's lockdep the
// order is convicted all the same.
void gated_a_then_b(room* r) {
  KFUNC();
  mutex_lock(&r->c);
  a_then_b(r);
  mutex_unlock(&r->c);
}
void gated_b_then_a(room* r) {
  KFUNC();
  mutex_lock(&r->c);
  b_then_a(r);
  mutex_unlock(&r->c);
}

TEST(lock_order, convicts_behind_a_gate_as_lockdep_does) {
  expect_convicted(in_a_room({gated_a_then_b, gated_b_then_a}), "lock-order: a_then_b v b_then_a",
                   convicted::always);
  expect_acquitted(in_a_room({gated_a_then_b, gated_a_then_b}));
}

void sem_then_a(room* r) {
  KFUNC();
  down_read(&r->sem);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
  up_read(&r->sem);
}
void a_then_sem(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  down_read(&r->sem);
  up_read(&r->sem);
  mutex_unlock(&r->a);
}
void a_then_spin(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  spin_lock(&r->spin);
  spin_unlock(&r->spin);
  mutex_unlock(&r->a);
}

// Two readers do not wait for each other, but a writer between them would make them.
TEST(lock_order, readers_count) {
  const tally t = run_often(in_a_room({sem_then_a, a_then_sem}));
  EXPECT_EQ(t.found, planted_executions);
  expect_acquitted(in_a_room({sem_then_a, sem_then_a, a_then_spin}));
}

void b_then_c(room* r) {
  KFUNC();
  mutex_lock(&r->b);
  mutex_lock(&r->c);
  mutex_unlock(&r->c);
  mutex_unlock(&r->b);
}
void c_then_a(room* r) {
  KFUNC();
  mutex_lock(&r->c);
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
  mutex_unlock(&r->c);
}
void cycle_of_three(room* r) {
  KFUNC();
  a_then_b(r);
  b_then_c(r);
  c_then_a(r);
}
void path_of_three(room* r) {
  KFUNC();
  a_then_b(r);
  b_then_c(r);
}

TEST(lock_order, convicts_longer_cycles) {
  expect_convicted(in_a_room({cycle_of_three}), "lock-order: a_then_b v c_then_a",
                   convicted::always);
  expect_acquitted(in_a_room({path_of_three}));
}

// What one execution saw is no evidence against the next: a trace convicts alone.
TEST(lock_order, forgets_between_executions) {
  engine e;
  random_strategy choose;
  const program forth = in_a_room({a_then_b});
  const program back = in_a_room({b_then_a});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(e.run(forth, choose, {}).how, ended::finished);
    EXPECT_EQ(e.run(back, choose, {}).how, ended::finished);
  }
}

TEST(lock_order, judges_paths_and_not_pairs) {
  lock_order order;
  order.reset();
  EXPECT_EQ(order.add(1, 2, 10), no_step);
  EXPECT_EQ(order.add(2, 3, 11), no_step);
  EXPECT_EQ(order.add(1, 3, 12), no_step);
  EXPECT_EQ(order.add(3, 3, 13), no_step) << "two locks of one class";
  EXPECT_EQ(order.add(3, 4, 14), no_step);
  EXPECT_EQ(order.add(1, 2, 15), no_step) << "known already";
  EXPECT_EQ(order.add(4, 1, 16), 10u) << "where the way back begins";
  order.reset();
  EXPECT_EQ(order.add(4, 1, 20), no_step);
  EXPECT_EQ(order.add(3, 4, 21), no_step);
  EXPECT_EQ(order.add(1, 3, 22), 21u);
}

}  // namespace
}  // namespace iorace::this_file
