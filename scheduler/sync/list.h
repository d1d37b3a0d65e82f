// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// struct list_head: intrusive, circular, with poison. Every function is one operation made of plain
// accesses to the nodes that it touches, so unlocked lists are data races, walking onto a freed
// node is use-after-free, and deleting twice or meeting inconsistent neighbours is list-corruption.
// Blocks: list_empty is a point; the others only where a conflicting access that nothing orders has
// been seen on the field (see shared.h).
#pragma once

#include <cstddef>
#include <type_traits>

#include "scheduler/engine/operation.h"

namespace iorace {

class engine;

struct list_head {
  list_head* next;
  list_head* prev;
};

void INIT_LIST_HEAD(list_head* head);
void list_add(list_head* entry, list_head* head);
void list_add_tail(list_head* entry, list_head* head);
// Unlinks and poisons.
void list_del(list_head* entry);
// Unlinks and makes the node an empty list of its own.
void list_del_init(list_head* entry);
void list_move(list_head* entry, list_head* head);
void list_move_tail(list_head* entry, list_head* head);
// Moves all of `list` to the front of `head` and leaves `list` empty.
void list_splice_init(list_head* list, list_head* head);
bool list_empty(const list_head* head);
// The node after, or before, this one.
list_head* list_next(const list_head* entry);
list_head* list_prev(const list_head* entry);

// For invariants and printing: no operation.
const list_head* list_peek_next(const list_head* entry);
bool list_peek_empty(const list_head* head);

// For an exhaustive search. Which nodes an operation accesses depends on what has been done to the
// list before, so each counts as one on the whole list: on the node that stands for it, the first
// in the arena. A node in no list stands for itself.
const list_head* list_representative(const engine& e, const list_head* node);

}  // namespace iorace

#define list_entry(ptr, type, member) \
  reinterpret_cast<type*>(reinterpret_cast<char*>(ptr) - offsetof(type, member))
#define list_entry_of_(ptr, pos, member) \
  list_entry(ptr, std::remove_pointer_t<std::remove_reference_t<decltype(pos)>>, member)
#define list_first_entry(head, type, member) list_entry(::iorace::list_next(head), type, member)
#define list_last_entry(head, type, member) list_entry(::iorace::list_prev(head), type, member)
#define list_first_entry_or_null(head, type, member) \
  (::iorace::list_empty(head) ? nullptr : list_first_entry(head, type, member))
#define list_next_entry(pos, member) \
  list_entry_of_(::iorace::list_next(&(pos)->member), pos, member)

#define list_for_each_entry(pos, head, member)                                               \
  for (pos = list_entry_of_(::iorace::list_next(head), pos, member); &pos->member != (head); \
       pos = list_next_entry(pos, member))
// `n` holds the next entry while the body runs, so the body may free `pos`.
#define list_for_each_entry_safe(pos, n, head, member)                 \
  for (pos = list_entry_of_(::iorace::list_next(head), pos, member),   \
      n = &pos->member == (head) ? pos : list_next_entry(pos, member); \
       &pos->member != (head);                                         \
       pos = n, n = &pos->member == (head) ? pos : list_next_entry(pos, member))
