// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// More instructions of random programs: what else lists, trees and arrays can do. A task puts in
// what it made, takes out what it put in, and looks at what others did.
#pragma once

#include "scheduler/explore/random_instructions_test.h"

namespace iorace {

inline bool is_listed(const own_state& own) {
  return own.made != nullptr && list_peek_next(&own.made->entry) != nullptr;
}
// The array's entry number 1 is a task's own.
inline constexpr unsigned long shared_index = 1;

inline const instruction container_instructions[] = {
    {"item", "lists trees",
     [](lab*, own_state& own) {
       if (own.made == nullptr) own.made = kzalloc<thing>(gfp::atomic);
     }},
    {"first_in", "lists",
     [](lab* l, own_state& own) {
       if (own.made != nullptr && !is_listed(own)) list_add(&own.made->entry, &l->items);
     }},
    {"last_in", "lists",
     [](lab* l, own_state& own) {
       if (own.made != nullptr && !is_listed(own)) list_add_tail(&own.made->entry, &l->items);
     }},
    {"out", "lists",
     [](lab*, own_state& own) {
       if (is_listed(own)) list_del_init(&own.made->entry);
     }},
    {"to_front", "lists",
     [](lab* l, own_state& own) {
       if (is_listed(own)) list_move(&own.made->entry, &l->items);
     }},
    {"to_back", "lists",
     [](lab* l, own_state& own) {
       if (is_listed(own)) list_move_tail(&own.made->entry, &l->items);
     }},
    {"take_first", "lists",
     [](lab* l, own_state&) {
       if (list_head* first = list_next(&l->items); first != &l->items) list_del_init(first);
     }},
    {"free_first", "lists",
     [](lab* l, own_state&) {
       if (auto* first = list_first_entry_or_null(&l->items, thing, entry)) {
         list_del(&first->entry);
         kfree(first);
       }
     }},
    {"is_last", "lists",
     [](lab* l, own_state& own) {
       own.seen = own.made != nullptr && list_prev(&l->items) == &own.made->entry;
     }},
    {"walk", "lists",
     [](lab* l, own_state& own) {
       own.seen = 0;
       thing* each = nullptr;
       list_for_each_entry(each, &l->items, entry) own.seen += 1 + READ_ONCE(each->value);
     }},
    {"mark", "lists trees",
     [](lab*, own_state& own) {
       if (own.made != nullptr) WRITE_ONCE(own.made->value, 3);
     }},
    {"over", "lists",
     [](lab* l, own_state&) { list_splice_init(&l->items, &deferred().here->others); }},
    {"back", "lists",
     [](lab* l, own_state&) { list_splice_init(&deferred().here->others, &l->items); }},
    {"is_over", "lists",
     [](lab*, own_state& own) { own.seen = !list_empty(&deferred().here->others); }},
    {"plant", "trees",
     [](lab* l, own_state& own) {
       if (own.made == nullptr || own.made->node.root != nullptr) return;
       own.made->node.start = own.seen == 0 ? 0u : 4u;
       own.made->node.last = 5u;
       interval_tree_insert(&own.made->node, &l->tree);
     }},
    {"uproot", "trees",
     [](lab* l, own_state& own) {
       if (own.made != nullptr && own.made->node.root != nullptr)
         interval_tree_remove(&own.made->node, &l->tree);
     }},
    {"survey", "trees",
     [](lab* l, own_state& own) {
       own.seen = 0;
       for (auto* n = interval_tree_iter_first(&l->tree, 0, 3); n != nullptr;
            n = interval_tree_iter_next(n, 0, 3))
         ++own.seen;
     }},
    {"is_bare", "trees", [](lab* l, own_state& own) { own.seen = RB_EMPTY_ROOT(&l->tree); }},
    {"insert", "arrays",
     [](lab* l, own_state& own) {
       own.seen = xa_insert(&l->xa, shared_index, xa_mk_value(1), gfp::atomic) == 0;
     }},
    {"erase", "arrays",
     [](lab* l, own_state& own) { own.seen = xa_erase(&l->xa, shared_index) != nullptr; }},
    {"reserve", "arrays",
     [](lab* l, own_state& own) { own.seen = xa_reserve(&l->xa, shared_index, gfp::atomic) == 0; }},
    {"give_up", "arrays", [](lab* l, own_state&) { xa_release(&l->xa, shared_index); }},
    {"load_2", "arrays", [](lab* l, own_state& own) { own.seen = xa_load(&l->xa, 2) != nullptr; }},
    {"store_2", "arrays",
     [](lab* l, own_state& own) {
       own.seen = xa_store(&l->xa, 2, xa_mk_value(2), gfp::atomic) != nullptr;
     }},
    {"erase_2", "arrays",
     [](lab* l, own_state& own) { own.seen = xa_erase(&l->xa, 2) != nullptr; }},
    {"exchange", "arrays",
     [](lab* l, own_state& own) {
       own.seen =
           xa_cmpxchg(&l->xa, shared_index, xa_mk_value(1), xa_mk_value(3), gfp::atomic) != nullptr;
     }},
    {"allocate", "arrays",
     [](lab* l, own_state& own) {
       std::uint32_t id = 0;
       own.seen = xa_alloc(&l->xa, &id, nullptr, {2, 1}, gfp::atomic) == 0 ? id : 0;
     }},
    {"count", "arrays",
     [](lab* l, own_state& own) {
       unsigned long index;
       void* entry;
       own.seen = 0;
       xa_for_each(&l->xa, index, entry)++ own.seen;
     }},
    {"is_empty", "arrays", [](lab* l, own_state& own) { own.seen = xa_empty(&l->xa); }},
    {"destroy", "arrays", [](lab* l, own_state&) { xa_destroy(&l->xa); }},
    {"locked_swap", "arrays",
     [](lab* l, own_state& own) {
       xa_lock(&l->xa);
       own.seen = __xa_erase(&l->xa, shared_index) != nullptr;
       if (own.seen != 0) __xa_store(&l->xa, 2, xa_mk_value(2), gfp::atomic);
       xa_unlock(&l->xa);
     }},
};

}  // namespace iorace
