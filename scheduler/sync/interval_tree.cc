// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/interval_tree.h"

#include "scheduler/engine/points.h"

namespace iorace {
namespace {

bool overlaps(const interval_tree_node* n, unsigned long start, unsigned long last) {
  return n->start.peek() <= last && start <= n->last.peek();
}

void require(engine& e, op_kind kind, bool consistent, const interval_tree_node* node,
             const char* what) {
  if (consistent) return;
  e.commit_access(kind, node, e.identity(node));
  e.found(verdict::list_corruption, e.name_of(node) + " " + what);
}

// The first of `n` and its successors that overlaps; each one passed must be alive.
interval_tree_node* walk(engine& e, interval_tree_node* n, unsigned long start,
                         unsigned long last) {
  for (; n != nullptr; n = n->next) {
    e.lean_on(n, op_kind::itree_find);
    if (n->start.peek() > last) return nullptr;
    if (overlaps(n, start, last)) return n;
  }
  return nullptr;
}

interval_tree_node* find(engine& e, const rb_root_cached* root, interval_tree_node* const* from,
                         unsigned long start, unsigned long last) {
  if (e.peeking()) return walk(e, *from, start, last);
  e.begin_access(op_kind::itree_find, {root});
  e.touch_part(op_kind::itree_find, root, access_type::read, false);
  interval_tree_node* const found = walk(e, *from, start, last);
  e.commit_access(op_kind::itree_find, root, e.identity(found));
  return found;
}

}  // namespace

void interval_tree_insert(interval_tree_node* node, rb_root_cached* root) {
  engine& e = engine::current();
  e.begin_access(op_kind::itree_insert, {root, node});
  e.touch_part(op_kind::itree_insert, root, access_type::write, false);
  e.touch_part(op_kind::itree_insert, node, access_type::write, false);
  require(e, op_kind::itree_insert, node->root == nullptr, node, "is in an interval tree already");
  interval_tree_node* prev = nullptr;
  interval_tree_node* next = root->first;
  for (; next != nullptr; prev = next, next = next->next) {
    e.lean_on(next, op_kind::itree_insert);
    if (next->start.peek() > node->start.peek()) break;
  }
  node->prev = prev;
  node->next = next;
  node->root = root;
  (prev != nullptr ? prev->next : root->first) = node;
  if (next != nullptr) next->prev = node;
  e.commit_access(op_kind::itree_insert, root, e.identity(node));
}

void interval_tree_remove(interval_tree_node* node, rb_root_cached* root) {
  engine& e = engine::current();
  e.begin_access(op_kind::itree_remove, {root, node});
  e.touch_part(op_kind::itree_remove, root, access_type::write, false);
  e.touch_part(op_kind::itree_remove, node, access_type::write, false);
  require(e, op_kind::itree_remove, node->root == root, node, "is not in this interval tree");
  if (node->prev != nullptr) e.lean_on(node->prev, op_kind::itree_remove);
  if (node->next != nullptr) e.lean_on(node->next, op_kind::itree_remove);
  (node->prev != nullptr ? node->prev->next : root->first) = node->next;
  if (node->next != nullptr) node->next->prev = node->prev;
  node->root = nullptr;
  e.commit_access(op_kind::itree_remove, root, e.identity(node));
}

interval_tree_node* interval_tree_iter_first(rb_root_cached* root, unsigned long start,
                                             unsigned long last) {
  return find(engine::current(), root, &root->first, start, last);
}

interval_tree_node* interval_tree_iter_next(interval_tree_node* node, unsigned long start,
                                            unsigned long last) {
  engine& e = engine::current();
  if (!e.peeking()) e.check_live(node, op_kind::itree_find);
  require(e, op_kind::itree_find, node->root != nullptr, node, "is in no interval tree");
  return find(e, node->root, &node->next, start, last);
}

bool RB_EMPTY_ROOT(const rb_root_cached* root) {
  engine& e = engine::current();
  if (e.peeking()) return root->first == nullptr;
  e.begin_access(op_kind::itree_find, {root});
  e.touch_part(op_kind::itree_find, root, access_type::read, false);
  e.commit_access(op_kind::itree_find, root, e.identity(root->first));
  return root->first == nullptr;
}

bool RB_EMPTY_NODE(const interval_tree_node* node) { return node->root == nullptr; }

const interval_tree_node* interval_tree_peek_first(const rb_root_cached* root) {
  return root->first;
}
const interval_tree_node* interval_tree_peek_next(const interval_tree_node* node) {
  return node->next;
}

}  // namespace iorace
