// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/explain.h"

#include <gmock/gmock.h>

#include "scheduler/explore/account_test.h"
#include "scheduler/explore/keep.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/spinlock.h"

namespace iorace::this_file {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

replay_input input(std::string_view plan, std::uint32_t faults = 0) {
  replay_input in{.plan = *parse_schedule(plan), .points = {}, .options = {}};
  in.options.faults_max = faults;
  return in;
}

// Explains, and tries what the explanation says of its neighbour.
explanation explained(const program& p, const replay_input& in) {
  engine e;
  const explanation x = explain(e, p, in);
  EXPECT_TRUE(x.complete);
  if (!x.neighbour) return x;
  const kept_execution k = keep(e, p, x.neighbour->plan, in.options, in.points);
  EXPECT_EQ(k.what.title, x.neighbour->ends.title);
  EXPECT_NE(k.what.title, x.title);
  EXPECT_EQ(k.plan, x.neighbour->plan);
  return x;
}

std::string called(const explained_operation& o) {
  std::string text = o.task + ' ' + o.text;
  for (const explained_operation::lock& l : o.locks) text += " [" + l.place + ']';
  return text;
}
// "cpu1 X < cpu2 Y < cpu1 Z", each with the locks that are held.
std::vector<std::string> orders_of(const explanation& x) {
  std::vector<std::string> all;
  for (const explained_order& o : x.orders) {
    std::string text = o.after ? called(*o.after) + " < " : "";
    text += called(o.first);
    if (called(o.first) != called(o.last)) text += " .. " + called(o.last);
    if (o.before) text += " < " + called(*o.before);
    all.push_back(text);
  }
  return all;
}

// The tutorial: a payment is lost iff both read before either writes. That the second write comes
// behind the first one does not matter: without it another payment is lost.
TEST(explain, a_lost_update_needs_both_reads_before_the_writes) {
  const explanation x = explained(accounts({.cpus = 2, .payments = 1}),
                                  input("cpu1 until write_balance mutex_lock account#1.lock\n"
                                        "cpu2\n"));
  EXPECT_EQ(x.title, "kernel-bug in setup");
  EXPECT_EQ(x.task, "setup");
  EXPECT_THAT(orders_of(x), ElementsAre("cpu1 account#1.balance = 0 [account#1.lock] < "
                                        "cpu2 account#1.balance 0 -> 1 [account#1.lock]",
                                        "cpu2 account#1.balance = 0 [account#1.lock] < "
                                        "cpu1 account#1.balance 1 -> 1 [account#1.lock]"));
  EXPECT_THAT(x.orders[0].first.path, ElementsAre("pay", "read_balance"));
  EXPECT_EQ(x.orders[0].first.call, "pay(account#1)");
  EXPECT_EQ(x.orders[0].without_before.title, "");
  EXPECT_TRUE(x.minimal);
  ASSERT_TRUE(x.neighbour.has_value());
  EXPECT_EQ(to_text(x.neighbour->moved), "cpu1");
  EXPECT_EQ(to_text(x.neighbour->was), "cpu1 until write_balance mutex_lock account#1.lock");
  EXPECT_EQ(x.neighbour->let_in, "cpu2");
  EXPECT_TRUE(x.neighbour->later);
}

TEST(explain, the_text_is_for_people) {
  const explanation x = explained(accounts({.cpus = 2, .payments = 1}),
                                  input("cpu1 until write_balance mutex_lock account#1.lock\n"
                                        "cpu2\n"));
  EXPECT_EQ(to_text(x), R"(kernel-bug in setup
  BUG_ON(static_cast<account*>(a)->balance != total)

Where: in the check at the end, after all tasks.

The orders that matter, each tried the other way round:
  1. CPU1 account#1.balance = 0 (step 2)
      in pay() > read_balance()
      holds account#1.lock
     comes before CPU2 account#1.balance 0 -> 1 (step 8)
         in pay() > write_balance()
         holds account#1.lock
     The other way round: no finding.
  2. CPU2 account#1.balance = 0 (step 5)
      in pay() > read_balance()
      holds account#1.lock
     comes before CPU1 account#1.balance 1 -> 1 (step 11)
         in pay() > write_balance()
         holds account#1.lock
     The other way round: no finding.

It passes if CPU2 is let in 3 operations later:
    cpu1
instead of
    cpu1 until write_balance mutex_lock account#1.lock
which makes the schedule
    cpu1
    cpu2
)");
}

struct room {
  mutex a, b;
  shared<int> seats;
  shared<int> guests;
  shared<account*> book;
  list_head queue, place;
};
IORACE_DESCRIBE(room, "room", a, b, seats, guests, book, queue, place);

using visit = void (*)(room*);

program in_a_room(std::initializer_list<visit> visits, visit check = nullptr) {
  program p;
  p.setup = [] {
    auto* r = make<room>();
    mutex_init(&r->a);
    mutex_init(&r->b);
    INIT_LIST_HEAD(&r->queue);
    r->seats.poke(1);
    r->book.poke(make<account>());
    return static_cast<void*>(r);
  };
  for (const visit v : visits) p.cpu([v](void* r) { v(static_cast<room*>(r)); });
  if (check != nullptr) p.check = [check](void* r) { check(static_cast<room*>(r)); };
  return p;
}

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

// Each has to take its first lock before the other one wants it. Where that fails, the order of
// the locks is still a finding: there is no neighbour that passes.
TEST(explain, a_deadlock_needs_each_first_lock_before_the_others_second) {
  const explanation x = explained(in_a_room({a_then_b, b_then_a}),
                                  input("cpu1 until a_then_b mutex_lock room#1.b\ncpu2\n"));
  EXPECT_EQ(x.title, "deadlock: a_then_b v b_then_a");
  EXPECT_THAT(orders_of(x),
              ElementsAre("cpu1 mutex_lock(room#1.a) < cpu2 mutex_lock(room#1.a) [room#1.b]",
                          "cpu2 mutex_lock(room#1.b) < cpu1 mutex_lock(room#1.b) [room#1.a]"));
  EXPECT_EQ(x.orders[0].before->step, 0u);
  EXPECT_EQ(x.orders[0].without_before.title, "lock-order: a_then_b v b_then_a");
  ASSERT_TRUE(x.here && x.there);
  EXPECT_EQ(called(*x.here), "cpu2 mutex_lock(room#1.a) [room#1.b]");
  EXPECT_EQ(called(*x.there), "cpu1 mutex_lock(room#1.b) [room#1.a]");
  ASSERT_TRUE(x.neighbour.has_value());
  EXPECT_EQ(x.neighbour->ends.title, "lock-order: a_then_b v b_then_a");
}

void read_book(room* r) {
  KFUNC();
  account* const book = READ_ONCE(r->book);
  if (book != nullptr) (void)READ_ONCE(book->balance);
}
void burn_book(room* r) {
  KFUNC();
  account* const book = READ_ONCE(r->book);
  WRITE_ONCE(r->book, static_cast<account*>(nullptr));
  kfree(book);
}

TEST(explain, a_use_after_free_is_between_finding_and_using) {
  const explanation x = explained(in_a_room({read_book, burn_book}),
                                  input("cpu1 until read_book read_once account#1.balance\n"
                                        "cpu2\n"));
  EXPECT_EQ(x.title, "use-after-free: read_book v burn_book");
  EXPECT_THAT(orders_of(x),
              ElementsAre("cpu1 READ_ONCE(room#1.book) = account#1 < "
                          "cpu2 WRITE_ONCE(room#1.book) account#1 -> NULL .. "
                          "cpu2 kfree(account#1) < cpu1 READ_ONCE(account#1.balance)"));
  ASSERT_TRUE(x.here && x.there);
  EXPECT_EQ(called(*x.here), "cpu1 READ_ONCE(account#1.balance)");
  EXPECT_EQ(called(*x.there), "cpu2 kfree(account#1)");
  EXPECT_EQ(to_text(x.neighbour->moved), "cpu1");
  EXPECT_TRUE(x.neighbour->later);
}

// Looks for a seat and takes it, each under the lock; the lock is dropped between.
void sit_down(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  const bool free = r->seats > 0;
  mutex_unlock(&r->a);
  if (!free) return;
  mutex_lock(&r->a);
  r->seats -= 1;
  mutex_unlock(&r->a);
}

TEST(explain, a_check_that_is_acted_on_later) {
  const explanation x =
      explained(in_a_room({sit_down, sit_down}, [](room* r) { BUG_ON(r->seats < 0); }),
                input("cpu1 until sit_down mutex_lock room#1.a #2\n"
                      "cpu2\n"));
  EXPECT_THAT(orders_of(x), ElementsAre("cpu1 room#1.seats = 1 [room#1.a] < "
                                        "cpu2 room#1.seats 1 -> 0 [room#1.a]",
                                        "cpu2 room#1.seats = 1 [room#1.a] < "
                                        "cpu1 room#1.seats 0 -> -1 [room#1.a]"));
  EXPECT_EQ(x.neighbour->ends.title, "");
}

void invite(room* r) {
  KFUNC();
  WRITE_ONCE(r->guests, 1);
}
void cook(room* r) {
  KFUNC();
  if (READ_ONCE(r->guests) == 1) WRITE_ONCE(r->seats, 0);
}
void serve(room* r) {
  KFUNC();
  BUG_ON(READ_ONCE(r->seats) == 0);
}

// The lock of the list is no reason to take it for another one.
TEST(explain, a_list_that_one_side_asks_without_its_lock) {
  const auto queue_up = [](room* r) {
    KFUNC();
    mutex_lock(&r->a);
    list_add(&r->place, &r->queue);
    mutex_unlock(&r->a);
  };
  const auto look = [](room* r) {
    KFUNC();
    BUG_ON(!list_empty(&r->queue));
  };
  const explanation x = explained(in_a_room({queue_up, look}), input("cpu1\ncpu2\n"));
  EXPECT_EQ(x.title, "kernel-bug in operator()");
  EXPECT_THAT(orders_of(x), ElementsAre("cpu1 list_add(room#1.queue) [room#1.a] < "
                                        "cpu2 list_empty(room#1.queue)"));
}

// One hands on what another one began: a chain through three tasks.
TEST(explain, three_tasks) {
  const explanation x = explained(in_a_room({serve, cook, invite}), input("cpu3\ncpu2\ncpu1\n"));
  EXPECT_EQ(x.title, "kernel-bug in serve");
  EXPECT_THAT(orders_of(x), ElementsAre("cpu3 WRITE_ONCE(room#1.guests) -> 1 < "
                                        "cpu2 READ_ONCE(room#1.guests) = 1",
                                        "cpu2 WRITE_ONCE(room#1.seats) -> 0 < "
                                        "cpu1 READ_ONCE(room#1.seats) = 0"));
  ASSERT_TRUE(x.neighbour.has_value());
  EXPECT_EQ(x.neighbour->ends.title, "");
}

// Gives up half-way when there is no memory.
void take_order(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  account* const bill = kzalloc<account>();
  if (bill == nullptr) return;
  kfree(bill);
  mutex_unlock(&r->a);
}

TEST(explain, an_allocation_that_fails_is_a_choice_that_matters) {
  const explanation x = explained(in_a_room({take_order, a_then_b}),
                                  input("choose cpu1:take_order:kmalloc#1 1\n", 1));
  EXPECT_EQ(x.title, "lock-held-at-exit in cpu1");
  ASSERT_EQ(x.choices.size(), 1u);
  EXPECT_EQ(x.choices[0].what.site, "cpu1:take_order:kmalloc#1");
  EXPECT_EQ(x.choices[0].dull.title, "");
  EXPECT_THAT(x.orders, IsEmpty());
}

TEST(explain, one_task_alone_has_no_orders) {
  const explanation x =
      explained(in_a_room({[](room* r) { kfree(r->book), kfree(r->book); }}), input(""));
  EXPECT_EQ(x.verdict, "double-free");
  EXPECT_TRUE(x.alone);
  EXPECT_THAT(x.orders, IsEmpty());
  EXPECT_THAT(to_text(x), testing::HasSubstr("One task acts alone"));
}

TEST(explain, where_nothing_is_found_there_is_nothing_to_explain) {
  const explanation x = explained(accounts({.repaired = true}), input("cpu1\ncpu2\n"));
  EXPECT_EQ(x.verdict, "");
  EXPECT_EQ(x.executions, 1u);
  EXPECT_EQ(to_text(x), "The execution ends without a finding: nothing to explain.\n");
}

// Three CPUs pay three times each, and switch more often than they need to.
const std::string_view restless =
    "cpu1 until read_balance mutex_lock account#1.lock #2\n"
    "cpu2 until write_balance mutex_lock account#1.lock #2\n"
    "cpu1 until write_balance mutex_lock account#1.lock #3\n"
    "cpu3 until pay mutex_lock account#1.lock\n"
    "cpu2\n";

TEST(explain, says_that_a_schedule_is_longer_than_it_has_to_be) {
  const explanation x = explained(accounts(), input(restless));
  EXPECT_FALSE(x.minimal);
  EXPECT_THAT(to_text(x), testing::HasSubstr("minimise it"));
  EXPECT_EQ(to_text(explained(accounts(), input(restless))), to_text(x));
}

// The setup holds the lock that the only task wants: nobody ever moves.
TEST(explain, a_schedule_may_be_empty) {
  program p = accounts({.cpus = 1, .payments = 1});
  p.setup = [setup = p.setup] {
    void* const world = setup();
    mutex_lock(&static_cast<account*>(world)->lock);
    return world;
  };
  engine e;
  const kept_execution kept = keep(e, p, {}, {}, {});
  EXPECT_EQ(kept.what.kind, verdict::deadlock);
  EXPECT_TRUE(kept.plan.segments.empty());
  EXPECT_TRUE(explain(e, p, {kept.plan, kept.points, {}}, {}).complete);
}

TEST(explain, is_bounded) {
  engine e;
  for (const std::uint32_t max : {1u, 10u, 100u}) {
    const explanation x = explain(e, accounts(), input(restless), {.executions_max = max});
    EXPECT_FALSE(x.complete);
    EXPECT_LE(x.executions, max + 10);  // where tasks would have gone on
    EXPECT_THAT(to_text(x), testing::Not(testing::HasSubstr("No order"))) << "of what was tried";
  }
  int polls = 0;
  const explanation x =
      explain(e, accounts(), input(restless), {.stop = [&] { return ++polls == 5; }});
  EXPECT_FALSE(x.complete);
  EXPECT_LE(x.executions, 20u);
}

}  // namespace
}  // namespace iorace::this_file
