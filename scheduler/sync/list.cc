// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which of a function's accesses are marked (a link that unlocked list_empty may look at) and which
// are plain is the kernel's choice; see INIT_LIST_HEAD, __list_add, __list_del, list_empty.
#include "scheduler/sync/list.h"

#include "scheduler/engine/points.h"

namespace iorace {
namespace {

// What list_del leaves behind: small, so that nobody takes it for an object.
list_head* const poison_next = reinterpret_cast<list_head*>(0x100);
list_head* const poison_prev = reinterpret_cast<list_head*>(0x122);

constexpr unsigned nodes_max = 1024;  // of a ring that is broken, which may have no end

void depend_on_lists(engine& e, op_kind kind, std::initializer_list<const list_head*> places) {
  if (!e.options().for_search) return;
  for (const list_head* node : places)
    e.depend_on(list_representative(e, node), traits(kind).access);
}

class list_op {
 public:
  list_op(op_kind kind, const list_head* place, const list_head* also)
      : e_(engine::current()), kind_(kind), place_(place) {
    e_.begin_access(kind, {place, also});
    depend_on_lists(e_, kind, {place, also});
  }

  list_head* next_of(list_head* node) const {
    e_.touch_part(kind_, &node->next, access_type::read, false);
    return valid(node->next, node);
  }
  list_head* prev_of(list_head* node) const {
    e_.touch_part(kind_, &node->prev, access_type::read, false);
    return valid(node->prev, node);
  }
  void set_next(list_head* node, list_head* to) const {
    e_.touch_part(kind_, &node->next, access_type::write, true);
    node->next = to;
  }
  void set_prev(list_head* node, list_head* to) const {
    e_.touch_part(kind_, &node->prev, access_type::write, false);
    node->prev = to;
  }
  void own(list_head* node, list_head* next, list_head* prev) const {
    e_.touch_part(kind_, &node->next, access_type::write, false);
    e_.touch_part(kind_, &node->prev, access_type::write, false);
    *node = {next, prev};
  }
  void require(bool consistent, const list_head* node, const char* what) const {
    if (consistent) return;
    done(node);
    e_.found(verdict::list_corruption, e_.name_of(node) + " " + what);
  }
  void done(const list_head* value) const { e_.commit_access(kind_, place_, e_.identity(value)); }

 private:
  list_head* valid(list_head* to, const list_head* node) const {
    require(to != nullptr, node, "was never a list");
    require(to != poison_next && to != poison_prev, node, "has been deleted already");
    return to;
  }

  engine& e_;
  op_kind kind_;
  const list_head* place_;
};

void insert(const list_op& op, list_head* entry, list_head* prev, list_head* next) {
  op.require(op.prev_of(next) == prev, next, "does not point back");
  op.require(op.next_of(prev) == next, prev, "does not point forward");
  op.require(entry != prev && entry != next, entry, "is added a second time");
  op.set_prev(next, entry);
  op.own(entry, next, prev);
  op.set_next(prev, entry);
}

void remove(const list_op& op, list_head* entry) {
  list_head* const next = op.next_of(entry);
  list_head* const prev = op.prev_of(entry);
  op.require(op.next_of(prev) == entry, prev, "does not point forward");
  op.require(op.prev_of(next) == entry, next, "does not point back");
  op.set_prev(next, prev);
  op.set_next(prev, next);
}

void remove_alone(list_head* entry) {
  const list_op op(op_kind::list_del, entry, entry);
  remove(op, entry);
  op.done(entry);
}

}  // namespace

void INIT_LIST_HEAD(list_head* head) {
  const list_op op(op_kind::list_init, head, head);
  op.set_next(head, head);
  op.set_prev(head, head);
  op.done(head);
}

void list_add(list_head* entry, list_head* head) {
  const list_op op(op_kind::list_add, head, entry);
  insert(op, entry, head, op.next_of(head));
  op.done(entry);
}

void list_add_tail(list_head* entry, list_head* head) {
  const list_op op(op_kind::list_add, head, entry);
  insert(op, entry, op.prev_of(head), head);
  op.done(entry);
}

void list_del(list_head* entry) {
  const list_op op(op_kind::list_del, entry, entry);
  remove(op, entry);
  op.own(entry, poison_next, poison_prev);
  op.done(entry);
}

void list_del_init(list_head* entry) {
  const list_op op(op_kind::list_del, entry, entry);
  remove(op, entry);
  op.own(entry, entry, entry);
  op.done(entry);
}

void list_move(list_head* entry, list_head* head) {
  remove_alone(entry);
  list_add(entry, head);
}

void list_move_tail(list_head* entry, list_head* head) {
  remove_alone(entry);
  list_add_tail(entry, head);
}

void list_splice_init(list_head* list, list_head* head) {
  if (list_empty(list)) return;
  const list_op op(op_kind::list_add, head, list);
  list_head* const first = op.next_of(list);
  list_head* const last = op.prev_of(list);
  list_head* const at = op.next_of(head);
  op.set_prev(first, head);
  op.set_next(head, first);
  op.set_next(last, at);
  op.set_prev(at, last);
  op.own(list, list, list);
  op.done(list);
}

bool list_empty(const list_head* head) {
  engine& e = engine::current();
  if (e.peeking()) return list_peek_empty(head);
  e.begin_access(op_kind::list_empty, {head});
  depend_on_lists(e, op_kind::list_empty, {head});
  e.touch_part(op_kind::list_empty, &head->next, access_type::read, true);
  const bool empty = head->next == head;
  e.commit_access(op_kind::list_empty, head, empty);
  return empty;
}

list_head* list_next(const list_head* entry) {
  auto* node = const_cast<list_head*>(entry);
  if (engine::current().peeking()) return node->next;
  const list_op op(op_kind::list_next, entry, entry);
  list_head* const next = op.next_of(node);
  op.done(next);
  return next;
}

list_head* list_prev(const list_head* entry) {
  auto* node = const_cast<list_head*>(entry);
  if (engine::current().peeking()) return node->prev;
  const list_op op(op_kind::list_next, entry, entry);
  list_head* const prev = op.prev_of(node);
  op.done(prev);
  return prev;
}

const list_head* list_representative(const engine& e, const list_head* node) {
  const list_head* first = node;
  const list_head* n = node;
  for (unsigned left = nodes_max; left != 0 && e.is_alive(n); --left) {
    if (n < first) first = n;
    if ((n = n->next) == node) break;
  }
  return first;
}

const list_head* list_peek_next(const list_head* entry) { return entry->next; }
bool list_peek_empty(const list_head* head) { return head->next == head; }

}  // namespace iorace
