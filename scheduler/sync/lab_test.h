// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the tests of this folder share: a world with one or two of each primitive, and the set of
// all outcomes of a small program on it.
#pragma once

#include <initializer_list>
#include <string>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/enumerate.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/lockdep.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace {

// Something to keep in lists, trees and arrays.
struct thing {
  list_head entry;
  interval_tree_node node;
  refcount_t users;
  spinlock_t lock;
  wait_queue_head_t wq;
  shared<int> value;
};
IORACE_DESCRIBE(thing, "thing", entry, node, users, lock, wq, value);

struct lab {
  mutex a, b, unborn;  // `unborn` is never initialised
  spinlock_t s, s2;
  rw_semaphore rw;
  refcount_t ref;
  atomic_t x, y, z;
  atomic_t c0, c1, c2, c3, c4;
  wait_queue_head_t wq;
  completion done, done2;
  xarray xa;
  list_head items;
  rb_root_cached tree;
  shared<thing*> slot;
  shared<int> v;
  shared<int> r[4];  // results: written by poke(), one owner each
};
IORACE_DESCRIBE(lab, "lab", a, b, unborn, s, s2, rw, ref, x, y, z, c0, c1, c2, c3, c4, wq, done,
                done2, xa, items, tree, slot, v, r);

using lab_body = void (*)(lab*);

// A program of one CPU per body. `init` runs after everything has been initialised.
inline program on_lab(std::initializer_list<lab_body> cpus, lab_body init = nullptr) {
  program p;
  p.setup = [init]() -> void* {
    lab* l = make<lab>();
    mutex_init(&l->a);
    mutex_init(&l->b);
    spin_lock_init(&l->s);
    spin_lock_init(&l->s2);
    init_rwsem(&l->rw);
    init_waitqueue_head(&l->wq);
    init_completion(&l->done);
    init_completion(&l->done2);
    xa_init_flags(&l->xa, XA_FLAGS_ALLOC);
    INIT_LIST_HEAD(&l->items);
    if (init != nullptr) init(l);
    return l;
  };
  for (const lab_body b : cpus) p.cpu([b](void* world) { b(static_cast<lab*>(world)); });
  return p;
}

// The results of the first n CPUs, as in "1,0".
template <int n>
std::string results(lab* l) {
  std::string text = std::to_string(l->r[0].peek());
  for (int i = 1; i < n; ++i) text += "," + std::to_string(l->r[i].peek());
  return text;
}
inline std::string clean(lab*) { return "clean"; }

using lab_outcome = std::string (*)(lab*);

// One engine for all: its arena is dear to make under a sanitizer.
inline enumeration all_of(const program& p, lab_outcome outcome, const enumerate_options& o = {}) {
  static engine e;
  return enumerate(e, p, [outcome](void* world) { return outcome(static_cast<lab*>(world)); }, o);
}

// Every outcome of `p`, sorted, with a blank between them: "0,1 1,0 1,1", "clean deadlock".
inline std::string outcomes(const program& p, lab_outcome outcome = clean,
                            const enumerate_options& o = {}) {
  std::string text;
  for (const auto& [name, count] : all_of(p, outcome, o).outcomes)
    text += (text.empty() ? "" : " ") + name;
  return text;
}

inline enumerate_options fair() {
  enumerate_options o;
  o.each.fair = true;
  return o;
}
inline enumerate_options faults(std::uint32_t n) {
  enumerate_options o;
  o.each.faults_max = n;
  return o;
}

}  // namespace iorace
