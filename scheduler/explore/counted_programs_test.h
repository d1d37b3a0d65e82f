// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Programs whose numbers of traces are known from the literature and from other tools (GenMC,
// Nidhugg): sequentially consistent atomics and locks.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/program.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/mutex.h"

namespace iorace::counted {

inline constexpr int cells_max = 130;
struct table {
  atomic_t x, y;
  mutex locks[64];
  atomic_t cells[cells_max];
  shared<int> v;
};
IORACE_DESCRIBE(table, "table", x, y, locks, cells, v);

using body = std::function<void(table*)>;

inline program on_table(const std::vector<body>& cpus) {
  program p;
  p.same_setup = true;
  p.setup = []() -> void* {
    auto* t = make<table>();
    for (mutex& m : t->locks) mutex_init(&m);
    return t;
  };
  for (const body& b : cpus) p.cpu([b](void* t) { b(static_cast<table*>(t)); });
  return p;
}

inline void set_x(table* t) { atomic_set(&t->x, 1); }
inline void get_x(table* t) { atomic_read(&t->x); }

// One writer and n readers: 2^n traces.
inline program readers(std::size_t n, bool writer_last = false) {
  std::vector<body> cpus(n, get_x);
  cpus.insert(writer_last ? cpus.end() : cpus.begin(), set_x);
  return on_table(cpus);
}

// n writers: n! traces.
inline program writers(std::size_t n) { return on_table(std::vector<body>(n, set_x)); }

// One looks for the last cell that is zero while n others fill them: (n + 3) 2^(n - 2) traces.
inline program last_zero(int n) {
  std::vector<body> cpus;
  cpus.push_back([n](table* t) {
    for (int i = n; atomic_read(&t->cells[i]) != 0;) --i;
  });
  for (int j = 1; j <= n; ++j)
    cpus.push_back([j](table* t) {
      const std::int64_t before = atomic_read(&t->cells[j - 1]);
      atomic_set(&t->cells[j], before + 1);
    });
  return on_table(cpus);
}

// Each of `tasks` counts k times under a lock: (tasks k)! / k!^tasks traces.
inline program sections(std::size_t tasks, int k) {
  return on_table(std::vector<body>(tasks, [k](table* t) {
    for (int i = 0; i < k; ++i) {
      mutex_lock(&t->locks[0]);
      t->v++;
      mutex_unlock(&t->locks[0]);
    }
  }));
}

// Each of `tasks` raises a counter k times: as many as sections().
inline program counters(std::size_t tasks, int k) {
  return on_table(std::vector<body>(tasks, [k](table* t) {
    for (int i = 0; i < k; ++i) atomic_inc(&t->x);
  }));
}

// n tasks put four numbers each into a hash table: 1 trace up to 11 of them, then 8^(n - 11).
inline program indexer(int n) {
  std::vector<body> cpus;
  for (int tid = 0; tid < n; ++tid)
    cpus.push_back([tid](table* t) {
      for (int m = 0; m < 4; ++m) {
        const std::int64_t w = m * 11 + tid + 1;
        std::int64_t h = w * 7 % 128;
        while (atomic_cmpxchg(&t->cells[h], 0, w) != 0) h = (h + 1) % 128;
      }
    });
  return on_table(cpus);
}

// n tasks allocate blocks for inodes, under a lock each: 2^(n - 13) traces.
inline program filesystem(int n) {
  std::vector<body> cpus;
  for (int tid = 0; tid < n; ++tid)
    cpus.push_back([tid](table* t) {
      const int i = tid % 32;
      mutex_lock(&t->locks[i]);
      if (atomic_read(&t->cells[i]) == 0) {
        int b = i * 2 % 26;
        for (;;) {
          mutex_lock(&t->locks[32 + b]);
          if (atomic_read(&t->cells[32 + b]) == 0) {
            atomic_set(&t->cells[32 + b], 1);
            atomic_set(&t->cells[i], b + 1);
            mutex_unlock(&t->locks[32 + b]);
            break;
          }
          mutex_unlock(&t->locks[32 + b]);
          b = (b + 1) % 26;
        }
      }
      mutex_unlock(&t->locks[i]);
    });
  return on_table(cpus);
}

// Two tasks add each other's number to their own, n times, and one looks at both: 19,605 traces for
// 4, 218,243 for 5.
inline program fib_bench(int n) {
  const auto adds = [n](atomic_t table::*own, atomic_t table::*other) {
    return body([=](table* t) {
      for (int i = 0; i < n; ++i) {
        const std::int64_t mine = atomic_read(&(t->*own));
        const std::int64_t sum = mine + atomic_read(&(t->*other));
        atomic_set(&(t->*own), sum);
      }
    });
  };
  return on_table({adds(&table::x, &table::y), adds(&table::y, &table::x),
                   [](table* t) { atomic_read(&t->x), atomic_read(&t->y); }});
}

}  // namespace iorace::counted
