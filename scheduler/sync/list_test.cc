// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/list.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

thing* new_thing(int value) {
  thing* t = make<thing>();
  t->value.poke(value);
  INIT_LIST_HEAD(&t->entry);
  return t;
}

int digits(lab* l) {
  thing* t;
  int n = 0;
  list_for_each_entry(t, &l->items, entry) n = n * 10 + t->value;
  return n;
}

void alone(lab_body body) { EXPECT_EQ(outcomes(on_lab({body})), "clean"); }

// The tutorial: add, walk, delete while walking.
TEST(list, is_a_list) {
  alone([](lab* l) {
    EXPECT_TRUE(list_empty(&l->items));
    for (int i = 1; i <= 3; ++i) list_add_tail(&new_thing(i)->entry, &l->items);
    list_add(&new_thing(9)->entry, &l->items);
    EXPECT_EQ(digits(l), 9123);
    EXPECT_EQ(list_first_entry(&l->items, thing, entry)->value.peek(), 9);
    EXPECT_EQ(list_last_entry(&l->items, thing, entry)->value.peek(), 3);
    thing* t;
    thing* n;
    list_for_each_entry_safe(t, n, &l->items, entry) {
      if (t->value.peek() % 2 == 1) list_del(&t->entry);
    }
    EXPECT_EQ(digits(l), 2);
  });
}

TEST(list, moves_and_splices) {
  alone([](lab* l) {
    thing* other = new_thing(0);  // its entry serves as a second head
    for (int i = 1; i <= 3; ++i) list_add_tail(&new_thing(i)->entry, &l->items);
    list_move_tail(list_next(&l->items), &l->items);
    EXPECT_EQ(digits(l), 231);
    list_move(list_prev(&l->items), &other->entry);
    EXPECT_EQ(digits(l), 23);
    list_splice_init(&other->entry, &l->items);
    EXPECT_EQ(digits(l), 123);
    EXPECT_TRUE(list_empty(&other->entry));
    thing* first = list_first_entry_or_null(&l->items, thing, entry);
    list_del_init(&first->entry);
    EXPECT_TRUE(list_empty(&first->entry));
    list_del_init(&first->entry);
    EXPECT_EQ(digits(l), 23);
  });
}

void add_two(lab* l) {
  list_add_tail(&new_thing(1)->entry, &l->items);
  list_add_tail(&new_thing(2)->entry, &l->items);
}

TEST(list, convicts_corruption) {
  const auto verdict = [](lab_body body) { return outcomes(on_lab({body}, add_two)); };
  EXPECT_EQ(verdict([](lab* l) {
              list_head* first = list_next(&l->items);
              list_del(first);
              list_del(first);
            }),
            "list-corruption");
  EXPECT_EQ(verdict([](lab* l) {
              list_del(list_next(&l->items));
              list_del(list_next(&l->items));
            }),
            "clean");
  EXPECT_EQ(verdict([](lab* l) { list_add(list_next(&l->items), &l->items); }), "list-corruption")
      << "it is the first already";
  EXPECT_EQ(verdict([](lab* l) { list_add(&make<thing>()->entry, &l->items); }), "clean");
  EXPECT_EQ(verdict([](lab*) { list_del(&make<thing>()->entry); }), "list-corruption") << "zeroed";
  EXPECT_EQ(verdict([](lab* l) {
              thing* t;
              list_for_each_entry(t, &l->items, entry) list_del(&t->entry);
            }),
            "list-corruption")
      << "walks over what it deletes, without _safe";
}

TEST(list, convicts_what_touches_freed_nodes) {
  const auto verdict = [](lab_body body) { return outcomes(on_lab({body}, add_two)); };
  EXPECT_EQ(verdict([](lab* l) {
              kfree(list_first_entry(&l->items, thing, entry));
              digits(l);
            }),
            "use-after-free");
  EXPECT_EQ(verdict([](lab* l) {
              kfree(list_first_entry(&l->items, thing, entry));
              list_del(list_prev(&l->items));
            }),
            "use-after-free")
      << "its neighbour is freed";
  EXPECT_EQ(verdict([](lab* l) {
              thing* t = list_first_entry(&l->items, thing, entry);
              list_del(&t->entry);
              kfree(t);
              digits(l);
            }),
            "clean");
}

void add_third(lab* l) { list_add_tail(&l->slot.peek()->entry, &l->items); }
void walk(lab* l) { l->r[1].poke(digits(l)); }
void make_three(lab* l) {
  add_two(l);
  l->slot.poke(new_thing(3));
}

TEST(list, convicts_unlocked_use) {
  EXPECT_EQ(outcomes(on_lab({add_third, walk}, make_three)), "data-race");
  EXPECT_EQ(outcomes(on_lab({walk, [](lab* l) { l->r[0].poke(digits(l)); }}, make_three)), "clean");
  const lab_body add_locked = [](lab* l) {
    spin_lock(&l->s);
    add_third(l);
    spin_unlock(&l->s);
  };
  const lab_body walk_locked = [](lab* l) {
    spin_lock(&l->s);
    walk(l);
    spin_unlock(&l->s);
  };
  EXPECT_EQ(outcomes(on_lab({add_locked, walk_locked}, make_three), results<2>), "0,12 0,123");
}

// As in the kernel, list_empty looks at a marked link: it may be asked without the lock.
TEST(list, empty_may_be_asked_without_the_lock) {
  const lab_body ask = [](lab* l) { l->r[1].poke(list_empty(&l->items)); };
  const lab_body add = [](lab* l) { list_add(&l->slot.peek()->entry, &l->items); };
  const lab_body init = [](lab* l) { l->slot.poke(new_thing(1)); };
  EXPECT_EQ(outcomes(on_lab({add, ask}, init), results<2>), "0,0 0,1");
}

// Two unlocked deleters of one node, as in the first bug of many a driver.
TEST(list, two_deleters_of_one_node_race) {
  const lab_body del = [](lab* l) {
    if (!list_empty(&l->items)) list_del(list_next(&l->items));
  };
  EXPECT_EQ(outcomes(on_lab({del, del}, add_two)), "data-race");
}

}  // namespace
}  // namespace iorace::this_file
