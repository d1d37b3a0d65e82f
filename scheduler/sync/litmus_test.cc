// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Numbers of traces that are known from the literature and from other tools (GenMC, Nidhugg), for
// programs of sequentially consistent atomics and of locks. A wrong row of the event table shows as
// a wrong number here.
#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

std::uint64_t traces(const program& p) {
  const enumeration all = all_of(p, clean);
  EXPECT_TRUE(all.complete);
  return all.traces;
}

// The tutorial: store buffering. Each CPU writes one variable and reads the other; of the six
// interleavings four differ in nothing but the order of independent accesses.
TEST(litmus_counts, store_buffering) {
  const program p = on_lab({[](lab* l) {
                              atomic_set(&l->x, 1);
                              l->r[0].poke(static_cast<int>(atomic_read(&l->y)));
                            },
                            [](lab* l) {
                              atomic_set(&l->y, 1);
                              l->r[1].poke(static_cast<int>(atomic_read(&l->x)));
                            }});
  const enumeration all = all_of(p, results<2>);
  EXPECT_EQ(all.interleavings, 6u);
  EXPECT_EQ(all.traces, 3u);
  EXPECT_EQ(outcomes(p, results<2>), "0,1 1,0 1,1") << "0,0 would need a store buffer";
}

TEST(litmus_counts, load_buffering) {
  EXPECT_EQ(traces(on_lab({[](lab* l) {
                             atomic_read(&l->x);
                             atomic_set(&l->y, 1);
                           },
                           [](lab* l) {
                             atomic_read(&l->y);
                             atomic_set(&l->x, 1);
                           }})),
            3u);
}

TEST(litmus_counts, message_passing) {
  EXPECT_EQ(traces(on_lab({[](lab* l) {
                             atomic_set(&l->x, 1);
                             atomic_set(&l->y, 1);
                           },
                           [](lab* l) {
                             atomic_read(&l->y);
                             atomic_read(&l->x);
                           }})),
            3u);
}

TEST(litmus_counts, two_plus_two_writes) {
  EXPECT_EQ(traces(on_lab({[](lab* l) {
                             atomic_set(&l->x, 1);
                             atomic_set(&l->y, 2);
                           },
                           [](lab* l) {
                             atomic_set(&l->y, 1);
                             atomic_set(&l->x, 2);
                           }})),
            3u);
}

TEST(litmus_counts, independent_reads_of_independent_writes) {
  EXPECT_EQ(
      traces(on_lab({[](lab* l) { atomic_set(&l->x, 1); }, [](lab* l) { atomic_set(&l->y, 1); },
                     [](lab* l) {
                       atomic_read(&l->x);
                       atomic_read(&l->y);
                     },
                     [](lab* l) {
                       atomic_read(&l->y);
                       atomic_read(&l->x);
                     }})),
      15u);
}

TEST(litmus_counts, write_to_read_causality) {
  EXPECT_EQ(traces(on_lab({[](lab* l) { atomic_set(&l->x, 1); },
                           [](lab* l) {
                             atomic_read(&l->x);
                             atomic_set(&l->y, 1);
                           },
                           [](lab* l) {
                             atomic_read(&l->y);
                             atomic_read(&l->x);
                           }})),
            7u);
}

TEST(litmus_counts, readers_of_one_write) {
  for (unsigned n = 1; n <= 5; ++n) {
    program p = on_lab({[](lab* l) { atomic_set(&l->x, 1); }});
    for (unsigned i = 0; i < n; ++i) p.cpu([](void* w) { atomic_read(&static_cast<lab*>(w)->x); });
    EXPECT_EQ(traces(p), 1u << n) << n << " readers";
  }
}

constexpr atomic_t lab::*cell[] = {&lab::c0, &lab::c1, &lab::c2, &lab::c3, &lab::c4};

TEST(litmus_counts, last_zero) {
  const unsigned expected[] = {5, 12, 28};
  for (int n = 2; n <= 4; ++n) {
    program p = on_lab({});
    p.cpu([n](void* w) {
      for (int i = n; atomic_read(&(static_cast<lab*>(w)->*cell[i])) != 0;) --i;
    });
    for (int j = 1; j <= n; ++j)
      p.cpu([j](void* w) {
        lab* l = static_cast<lab*>(w);
        const std::int64_t before = atomic_read(&(l->*cell[j - 1]));
        atomic_set(&(l->*cell[j]), before + 1);
      });
    EXPECT_EQ(traces(p), expected[n - 2]) << n << " writers";
  }
}

// T tasks of K critical sections each on one lock: (TK)! / (K!)^T.
template <int sections>
void mutex_sections(lab* l) {
  for (int i = 0; i < sections; ++i) {
    mutex_lock(&l->a);
    l->v++;
    mutex_unlock(&l->a);
  }
}
template <int sections>
void spin_sections(lab* l) {
  for (int i = 0; i < sections; ++i) {
    spin_lock(&l->s);
    l->v++;
    spin_unlock(&l->s);
  }
}
template <int sections>
void write_sections(lab* l) {
  for (int i = 0; i < sections; ++i) {
    down_write(&l->rw);
    l->v++;
    up_write(&l->rw);
  }
}

TEST(litmus_counts, critical_sections) {
  EXPECT_EQ(traces(on_lab({mutex_sections<3>, mutex_sections<3>})), 20u);
  EXPECT_EQ(traces(on_lab({mutex_sections<2>, mutex_sections<2>, mutex_sections<2>})), 90u);
  EXPECT_EQ(traces(on_lab({spin_sections<3>, spin_sections<3>})), 20u);
  EXPECT_EQ(traces(on_lab({spin_sections<2>, spin_sections<2>, spin_sections<2>})), 90u);
}

// Writers do not notice who else queues up: as many as with a mutex. A reader does, which comes to
// the same: it is before or behind each section.
TEST(litmus_counts, write_sections) {
  EXPECT_EQ(traces(on_lab({write_sections<1>, write_sections<1>})), 2u);
  EXPECT_EQ(traces(on_lab({write_sections<2>, write_sections<2>})), 6u);
  EXPECT_EQ(traces(on_lab({write_sections<1>, write_sections<1>, write_sections<1>})), 6u);
  EXPECT_EQ(traces(on_lab({write_sections<1>, write_sections<1>,
                           [](lab* l) {
                             down_read(&l->rw);
                             up_read(&l->rw);
                           }})),
            6u);
}

TEST(litmus_counts, read_sections_are_independent) {
  const lab_body reader = [](lab* l) {
    down_read(&l->rw);
    up_read(&l->rw);
  };
  EXPECT_EQ(traces(on_lab({reader, reader, reader})), 1u);
}

// Two locks in opposite orders: one after the other, both ways, or into each other's arms.
TEST(litmus_counts, deadlock01) {
  const enumeration all = all_of(on_lab({[](lab* l) {
                                           mutex_lock(&l->a);
                                           mutex_lock(&l->b);
                                           l->v++;
                                           mutex_unlock(&l->b);
                                           mutex_unlock(&l->a);
                                         },
                                         [](lab* l) {
                                           mutex_lock(&l->b);
                                           mutex_lock(&l->a);
                                           l->v--;
                                           mutex_unlock(&l->a);
                                           mutex_unlock(&l->b);
                                         }}),
                                 clean);
  EXPECT_EQ(all.traces, 3u);
  EXPECT_EQ(all.outcomes.at("deadlock").traces, 1u);
  EXPECT_EQ(all.outcomes.at("lock-order").traces, 2u) << "the detector needs no deadlock";
}

// A drawn number is part of the trace.
TEST(litmus_counts, choices) {
  const lab_body chooser = [](lab* l) { l->r[0].poke(static_cast<int>(choose("which", 3))); };
  EXPECT_EQ(traces(on_lab({chooser})), 3u);
  EXPECT_EQ(outcomes(on_lab({chooser}), results<1>), "0 1 2");
}

TEST(litmus_counts, a_bound_leaves_the_enumeration_incomplete) {
  enumerate_options o;
  o.interleavings_max = 5;
  const enumeration all = all_of(on_lab({mutex_sections<3>, mutex_sections<3>}), clean, o);
  EXPECT_FALSE(all.complete);
  EXPECT_EQ(all.interleavings, 5u);
}

}  // namespace
}  // namespace iorace::this_file
