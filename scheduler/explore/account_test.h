// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of exploration: an account whose balance is read under its lock and written under its
// lock, but not under the same critical section. A payment is lost iff two tasks read before either
// writes.
#pragma once

#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/explore/program.h"
#include "scheduler/sync/mutex.h"

namespace iorace {

struct account {
  mutex lock;
  shared<int> balance;
  shared<int> audits;
};
IORACE_DESCRIBE(account, "account", lock, balance, audits);

struct account_options {
  unsigned cpus = 3;
  int payments = 3;       // per CPU
  bool audited = false;   // an unrelated operation before each payment
  bool renamed = false;   // the writing function has another name
  bool repaired = false;  // one critical section
};

inline int read_balance(account* a) {
  KFUNC();
  mutex_lock(&a->lock);
  const int v = a->balance;
  mutex_unlock(&a->lock);
  return v;
}
inline void write_balance(account* a, int v) {
  KFUNC();
  mutex_lock(&a->lock);
  a->balance = v;
  mutex_unlock(&a->lock);
}
inline void set_balance(account* a, int v) {
  KFUNC();
  mutex_lock(&a->lock);
  a->balance = v;
  mutex_unlock(&a->lock);
}
inline void pay(account* a, const account_options& o) {
  KFUNC();
  if (o.audited) WRITE_ONCE(a->audits, 1);
  if (o.repaired) {
    mutex_lock(&a->lock);
    const int v = a->balance;
    a->balance = v + 1;
    mutex_unlock(&a->lock);
    return;
  }
  const int v = read_balance(a);
  if (o.renamed)
    set_balance(a, v + 1);
  else
    write_balance(a, v + 1);
}

inline program accounts(const account_options& o = {}) {
  program p;
  p.setup = [] {
    auto* a = make<account>();
    mutex_init(&a->lock);
    return static_cast<void*>(a);
  };
  for (unsigned i = 0; i < o.cpus; ++i)
    p.cpu([o](void* a) {
      for (int k = 0; k < o.payments; ++k) {
        call_enter("pay(account#1)");
        pay(static_cast<account*>(a), o);
        frame_leave();
      }
    });
  const int total = static_cast<int>(o.cpus) * o.payments;
  p.check = [total](void* a) { BUG_ON(static_cast<account*>(a)->balance != total); };
  return p;
}

}  // namespace iorace
