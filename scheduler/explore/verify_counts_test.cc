// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Numbers of traces that are known from the literature and from other tools (GenMC, Nidhugg), for
// programs of sequentially consistent atomics and of locks: exactly one execution each.
#include <gtest/gtest.h>

#include "scheduler/explore/verify.h"
#include "scheduler/sync/lab_test.h"

namespace iorace {
namespace {

constexpr int cells_max = 130;
struct table {
  atomic_t x, y;
  mutex locks[64];
  atomic_t cells[cells_max];
  shared<int> v;
};
IORACE_DESCRIBE(table, "table", x, y, locks, cells, v);

using table_body = std::function<void(table*)>;

program on_table(const std::vector<table_body>& cpus) {
  program p;
  p.setup = []() -> void* {
    auto* t = make<table>();
    for (mutex& m : t->locks) mutex_init(&m);
    return t;
  };
  for (const table_body& b : cpus) p.cpu([b](void* t) { b(static_cast<table*>(t)); });
  return p;
}

std::uint64_t traces(const std::vector<table_body>& cpus) {
  const verify_result all = verify(on_table(cpus), {});
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.blocked, 0u);
  EXPECT_EQ(all.earlier, 0u);
  return all.executions;
}

table_body set_x = [](table* t) { atomic_set(&t->x, 1); };
table_body get_x = [](table* t) { atomic_read(&t->x); };
table_body get_x_y = [](table* t) { atomic_read(&t->x), atomic_read(&t->y); };
table_body get_y_x = [](table* t) { atomic_read(&t->y), atomic_read(&t->x); };
table_body set_y = [](table* t) { atomic_set(&t->y, 1); };

// The tutorial: store buffering.
TEST(verify_counts, litmus) {
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_read(&t->y); },
                    [](table* t) { atomic_set(&t->y, 1), atomic_read(&t->x); }}),
            3u)
      << "SB";
  EXPECT_EQ(traces({[](table* t) { atomic_read(&t->x), atomic_set(&t->y, 1); },
                    [](table* t) { atomic_read(&t->y), atomic_set(&t->x, 1); }}),
            3u)
      << "LB";
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_set(&t->y, 1); }, get_y_x}), 3u)
      << "MP";
  EXPECT_EQ(traces({[](table* t) { atomic_set(&t->x, 1), atomic_set(&t->y, 2); },
                    [](table* t) { atomic_set(&t->y, 1), atomic_set(&t->x, 2); }}),
            3u)
      << "2+2W";
  EXPECT_EQ(traces({set_x, set_y, get_x_y, get_y_x}), 15u) << "IRIW";
  EXPECT_EQ(traces({set_x, [](table* t) { atomic_read(&t->x), atomic_set(&t->y, 1); }, get_y_x}),
            7u)
      << "WRC";
}

TEST(verify_counts, readers) {
  for (unsigned n = 1; n <= 12; ++n) {
    std::vector<table_body> cpus(n, get_x);
    cpus.insert(cpus.begin(), set_x);
    EXPECT_EQ(traces(cpus), 1u << n) << n;
    std::rotate(cpus.begin(), cpus.begin() + 1, cpus.end());
    EXPECT_EQ(traces(cpus), 1u << n) << n << ", the writer last";
  }
}

TEST(verify_counts, writers) {
  for (unsigned n = 1, factorial = 1; n <= 6; ++n, factorial *= n)
    EXPECT_EQ(traces(std::vector<table_body>(n, set_x)), factorial) << n;
}

TEST(verify_counts, last_zero) {
  for (int n = 2; n <= 10; ++n) {
    std::vector<table_body> cpus;
    cpus.push_back([n](table* t) {
      for (int i = n; atomic_read(&t->cells[i]) != 0;) --i;
    });
    for (int j = 1; j <= n; ++j)
      cpus.push_back([j](table* t) {
        const std::int64_t before = atomic_read(&t->cells[j - 1]);
        atomic_set(&t->cells[j], before + 1);
      });
    EXPECT_EQ(traces(cpus), static_cast<std::uint64_t>(n + 3) << (n - 2)) << n;
  }
}

TEST(verify_counts, critical_sections) {
  const auto sections = [](int k) {
    return table_body([k](table* t) {
      for (int i = 0; i < k; ++i) {
        mutex_lock(&t->locks[0]);
        t->v++;
        mutex_unlock(&t->locks[0]);
      }
    });
  };
  EXPECT_EQ(traces({sections(3), sections(3)}), 20u);
  EXPECT_EQ(traces({sections(2), sections(2), sections(2)}), 90u);
  EXPECT_EQ(traces({sections(3), sections(3), sections(3)}), 1680u);
}

TEST(verify_counts, indexer) {
  for (int n = 11; n <= 13; ++n) {
    std::vector<table_body> cpus;
    for (int tid = 0; tid < n; ++tid)
      cpus.push_back([tid](table* t) {
        for (int m = 0; m < 4; ++m) {
          const std::int64_t w = m * 11 + tid + 1;
          std::int64_t h = w * 7 % 128;
          while (atomic_cmpxchg(&t->cells[h], 0, w) != 0) h = (h + 1) % 128;
        }
      });
    EXPECT_EQ(traces(cpus), n == 11 ? 1u : n == 12 ? 8u : 64u) << n;
  }
}

TEST(verify_counts, filesystem) {
  for (int n = 13; n <= 18; ++n) {
    std::vector<table_body> cpus;
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
    EXPECT_EQ(traces(cpus), 1u << (n - 13)) << n;
  }
}

TEST(verify_counts, deadlock01) {
  const auto nested = [](int first, int second) {
    return table_body([=](table* t) {
      mutex_lock(&t->locks[first]);
      mutex_lock(&t->locks[second]);
      t->v++;
      mutex_unlock(&t->locks[second]);
      mutex_unlock(&t->locks[first]);
    });
  };
  std::uint64_t deadlocks = 0;
  verify_options o;
  o.seen = [&](const engine& e) { deadlocks += e.last_finding().kind == verdict::deadlock; };
  const verify_result all = verify(on_table({nested(0, 1), nested(1, 0)}), o);
  EXPECT_EQ(all.executions, 3u);
  EXPECT_EQ(deadlocks, 1u);
  EXPECT_TRUE(all.complete);
}

}  // namespace
}  // namespace iorace
