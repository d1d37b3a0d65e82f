// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The kernel's interval tree by its interface: closed intervals [start, last], found in order of
// start, equal ones in order of insertion. Inside it is a sorted list: the model's trees hold a
// handful of nodes. Each function is one plain access to the root, for the race detector, and each
// node that it walks over must be alive.
// Blocks: points only where a race has been seen on the field (see shared.h).
#pragma once

#include "scheduler/engine/shared.h"

namespace iorace {

struct rb_root_cached;

// Invariant: start and last do not change while the node is in a tree.
struct interval_tree_node {
  interval_tree_node* next;
  interval_tree_node* prev;
  rb_root_cached* root;  // the tree that it is in, or null
  shared<unsigned long> start;
  shared<unsigned long> last;
};

// Zeroed memory is an empty tree.
struct rb_root_cached {
  interval_tree_node* first;
};

// A node that is in a tree already is list-corruption.
void interval_tree_insert(interval_tree_node* node, rb_root_cached* root);
// A node that is not in this tree is list-corruption.
void interval_tree_remove(interval_tree_node* node, rb_root_cached* root);
// Returns the first node that overlaps [start, last], or null.
interval_tree_node* interval_tree_iter_first(rb_root_cached* root, unsigned long start,
                                             unsigned long last);
// Returns the next one after `node`, or null.
interval_tree_node* interval_tree_iter_next(interval_tree_node* node, unsigned long start,
                                            unsigned long last);
bool RB_EMPTY_ROOT(const rb_root_cached* root);
// True iff the node is in no tree. No operation: it moves under the lock of whoever asks.
bool RB_EMPTY_NODE(const interval_tree_node* node);

// For invariants and printing: no operation. In order; null at the end.
const interval_tree_node* interval_tree_peek_first(const rb_root_cached* root);
const interval_tree_node* interval_tree_peek_next(const interval_tree_node* node);

}  // namespace iorace
