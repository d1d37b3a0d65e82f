// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/relevance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/record/scene_test.h"

namespace iorace::this_file {
namespace {

using enum op_kind;
using testing::ElementsAre;
using testing::IsEmpty;

// The numbers of the lines that matter.
std::vector<std::uint32_t> relevant(const recording& r) {
  std::vector<std::uint32_t> numbers;
  const std::vector<bool> all = relevant_lines(r);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i]) numbers.push_back(static_cast<std::uint32_t>(i + 1));
  return numbers;
}

// Two calls that overlap: CPU1's has not returned.
scene two_calls() {
  scene s;
  s.call(1, "f").op(1, read, "first#1.v", "0");
  s.call(2, "g").op(2, read, "second#1.v", "0");
  s.r.pending.push_back({.number = 0,
                         .task = 1,
                         .kind = read,
                         .frame = s.inside[1],
                         .object = "last#1",
                         .field = "v",
                         .value = "",
                         .before = ""});
  return s;
}

// Both write x and y. That CPU1 wrote x first follows from its having written y first, for y was
// its last and CPU2's first.
TEST(relevance, orders_that_follow_from_others_do_not_matter) {
  scene s = two_calls();
  s.op(1, write, "a#1.x", "1", "0").op(1, write, "a#1.y", "1", "0");
  s.op(2, write, "a#1.y", "2", "1").op(2, write, "a#1.x", "2", "1");
  EXPECT_THAT(relevant(s.r), ElementsAre(4, 5));
}

TEST(relevance, orders_that_do_not_follow_matter) {
  scene s = two_calls();
  s.op(1, write, "a#1.x", "1", "0").op(1, write, "a#1.y", "1", "0");
  s.op(2, write, "a#1.x", "2", "1").op(2, write, "a#1.y", "2", "1");
  EXPECT_THAT(relevant(s.r), ElementsAre(3, 4, 5, 6));
}

TEST(relevance, a_call_that_had_ended_needs_no_order) {
  scene s;
  s.call(1, "f").op(1, write, "a#1.x", "1", "0").leave(1);
  s.call(2, "g").op(2, write, "a#1.x", "2", "1").op(2, read, "a#1.x", "2");
  s.call(1, "h").op(1, read, "b#1.x", "0");
  EXPECT_THAT(relevant(s.r), IsEmpty());
}

TEST(relevance, readers_and_references_do_not_conflict) {
  scene s = two_calls();
  s.op(1, read, "a#1.x", "1").op(2, read, "a#1.x", "1");
  s.op(1, refcount_inc, "a#1.users", "2").op(2, refcount_inc_not_zero, "a#1.users", "1");
  s.op(1, refcount_dec, "a#1.users", "2");
  EXPECT_THAT(relevant(s.r), IsEmpty());
  s.op(2, refcount_dec_if_one, "a#1.users", "0");
  EXPECT_THAT(relevant(s.r), ElementsAre(7, 8));
}

TEST(relevance, a_lock_matters_with_what_is_done_under_it) {
  scene s = two_calls();
  for (const task_id t : {task_id{1}, task_id{2}}) {
    s.op(t, mutex_lock, "a#1.lock").op(t, read, "a#1.limit", "9");
    s.op(t, mutex_unlock, "a#1.lock");
    s.op(t, mutex_lock, "a#1.lock").op(t, write, "a#1.x", "1", "0");
    s.op(t, mutex_unlock, "a#1.lock");
  }
  EXPECT_THAT(relevant(s.r), ElementsAre(6, 7, 8, 12, 13, 14));
}

// Sections of one lock follow each other as wholes, so the order of y follows from that of x.
TEST(relevance, sections_of_a_lock_follow_each_other) {
  scene s = two_calls();
  for (const task_id t : {task_id{1}, task_id{2}})
    s.op(t, mutex_lock, "a#1.lock")
        .op(t, write, "a#1.x", "1", "0")
        .op(t, write, "a#1.y", "1", "0")
        .op(t, mutex_unlock, "a#1.lock");
  EXPECT_THAT(relevant(s.r), ElementsAre(3, 4, 6, 7, 8, 10));
}

// CPU1 takes an item off one list, CPU2 looks at the head of one, under the same lock.
scene taken_off_and_looked_at(const std::string& from, const std::string& at) {
  scene s = two_calls();
  s.op(1, spin_lock, "a#1.lock").op(1, list_del, "item#1.link").lists({from});
  s.op(1, spin_unlock, "a#1.lock");
  s.op(2, spin_lock, "a#1.lock").op(2, list_next, at).lists({at});
  s.op(2, spin_unlock, "a#1.lock");
  return s;
}

TEST(relevance, operations_on_two_nodes_of_one_list_conflict) {
  EXPECT_THAT(relevant(taken_off_and_looked_at("a#1.items", "a#1.items").r),
              ElementsAre(3, 4, 5, 6, 7, 8));
}

TEST(relevance, operations_on_two_lists_under_one_lock_do_not_conflict) {
  EXPECT_THAT(relevant(taken_off_and_looked_at("a#1.items", "a#1.others").r), IsEmpty());
}

TEST(relevance, an_entry_that_changes_lists_concerns_both) {
  for (const std::string list : {"items", "others"}) {
    scene s = two_calls();
    s.op(1, list_next, "a#1." + list).lists({"a#1." + list});
    s.op(2, list_add, "a#1.items").lists({"a#1.items", "a#1.others"});
    EXPECT_THAT(relevant(s.r), ElementsAre(3, 4)) << list;
  }
}

TEST(relevance, what_a_task_was_about_to_meet_matters) {
  scene s = two_calls();
  s.op(2, spin_lock, "a#1.lock").op(2, list_next, "a#1.items").op(2, read, "b#1.v", "0");
  s.op(2, spin_unlock, "a#1.lock");
  EXPECT_THAT(relevant(s.r), IsEmpty());
  s.r.pending[0].kind = spin_lock;
  s.r.pending[0].object = "a#1";
  s.r.pending[0].field = "lock";
  EXPECT_THAT(relevant(s.r), ElementsAre(3, 4, 6));
}

TEST(relevance, a_check_that_failed_matters_with_what_it_read) {
  scene s = two_calls();
  s.op(2, write, "a#1.x", "0", "1").op(2, write, "a#1.y", "1", "0").op(2, read, "a#1.x", "0");
  s.op(2, warn_on, "");
  EXPECT_THAT(relevant(s.r), IsEmpty());
  EXPECT_THAT(relevant(s.failed().r), ElementsAre(3, 5, 6));
}

// What was read under a lock may be asked for behind it.
TEST(relevance, a_check_that_failed_matters_with_what_it_read_under_a_lock) {
  scene s = two_calls();
  s.op(2, write, "a#1.x", "0", "1").op(2, mutex_lock, "a#1.lock").op(2, read, "a#1.x", "0");
  s.op(2, mutex_unlock, "a#1.lock").op(2, bug_on, "");
  EXPECT_THAT(relevant(s.failed().r), ElementsAre(3, 5, 7));
}

TEST(relevance, a_check_that_failed_matters_with_the_lock_that_it_asked_for) {
  scene s = two_calls();
  s.op(2, write, "a#1.x", "0", "1").op(2, mutex_trylock, "a#1.lock", "1").op(2, warn_on, "");
  EXPECT_THAT(relevant(s.failed().r), ElementsAre(4, 5));
}

TEST(relevance, where_one_task_acts_alone_its_writes_matter) {
  scene s;
  s.call(1, "f").op(1, read, "a#1.x", "0").op(1, write, "a#1.x", "1", "0");
  s.op(1, mutex_lock, "a#1.lock").op(1, kfree, "a#1");
  EXPECT_THAT(relevant(s.r), ElementsAre(2, 4));
}

}  // namespace
}  // namespace iorace::this_file
