// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/interval_tree.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

thing* add(lab* l, unsigned long start, unsigned long last) {
  thing* t = make<thing>();
  t->node.start.poke(start);
  t->node.last.poke(last);
  interval_tree_insert(&t->node, &l->tree);
  return t;
}

// The starts of what overlaps [start, last], in the order of the walk.
std::string found(lab* l, unsigned long start, unsigned long last) {
  std::string text;
  for (interval_tree_node* n = interval_tree_iter_first(&l->tree, start, last); n != nullptr;
       n = interval_tree_iter_next(n, start, last))
    text += std::to_string(n->start.peek()) + " ";
  return text;
}

// The tutorial: closed intervals, found by overlap, in order of their start.
TEST(interval_tree, finds_what_overlaps) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              EXPECT_TRUE(RB_EMPTY_ROOT(&l->tree));
              add(l, 30, 39);
              thing* t = add(l, 10, 19);
              EXPECT_FALSE(RB_EMPTY_NODE(&t->node));
              add(l, 20, 29);
              add(l, 5, ~0ul);
              EXPECT_EQ(found(l, 0, ~0ul), "5 10 20 30 ");
              EXPECT_EQ(found(l, 19, 20), "5 10 20 ");
              EXPECT_EQ(found(l, 0, 4), "");
              EXPECT_EQ(found(l, 40, 40), "5 ");
              interval_tree_remove(&t->node, &l->tree);
              EXPECT_TRUE(RB_EMPTY_NODE(&t->node));
              EXPECT_EQ(found(l, 10, 19), "5 ");
              interval_tree_insert(&t->node, &l->tree);
              EXPECT_EQ(found(l, 10, 19), "5 10 ");
            }})),
            "clean");
}

TEST(interval_tree, convicts_misuse) {
  const auto verdict = [](lab_body body) { return outcomes(on_lab({body})); };
  EXPECT_EQ(verdict([](lab* l) {
              thing* t = add(l, 1, 2);
              interval_tree_insert(&t->node, &l->tree);
            }),
            "list-corruption");
  EXPECT_EQ(verdict([](lab* l) { interval_tree_remove(&make<thing>()->node, &l->tree); }),
            "list-corruption");
  EXPECT_EQ(verdict([](lab* l) {
              kfree(add(l, 1, 2));
              found(l, 0, 9);
            }),
            "use-after-free");
  EXPECT_EQ(verdict([](lab* l) {
              thing* t = add(l, 1, 2);
              interval_tree_remove(&t->node, &l->tree);
              kfree(t);
              found(l, 0, 9);
            }),
            "clean");
}

TEST(interval_tree, convicts_unlocked_use) {
  const lab_body insert = [](lab* l) { interval_tree_insert(&l->slot.peek()->node, &l->tree); };
  const lab_body look = [](lab* l) {
    l->r[1].poke(interval_tree_iter_first(&l->tree, 0, 9) != nullptr);
  };
  const lab_body init = [](lab* l) {
    l->slot.poke(make<thing>());
    l->slot.peek()->node.start.poke(1);
    l->slot.peek()->node.last.poke(2);
  };
#ifndef IORACE_TSAN  // it would rightly report the same race
  EXPECT_EQ(outcomes(on_lab({insert, look}, init)), "data-race");
#else
  (void)insert;
#endif
  const lab_body look2 = [](lab* l) {
    l->r[0].poke(interval_tree_iter_first(&l->tree, 0, 9) != nullptr);
  };
  EXPECT_EQ(outcomes(on_lab({look2, look}, init)), "clean");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               down_write(&l->rw);
                               interval_tree_insert(&l->slot.peek()->node, &l->tree);
                               up_write(&l->rw);
                             },
                             [](lab* l) {
                               down_read(&l->rw);
                               l->r[1].poke(interval_tree_iter_first(&l->tree, 0, 9) != nullptr);
                               up_read(&l->rw);
                             }},
                            init),
                     results<2>),
            "0,0 0,1");
}

}  // namespace
}  // namespace iorace::this_file
