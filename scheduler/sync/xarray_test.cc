// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/xarray.h"

#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

thing* make_thing(int value) {
  thing* t = make<thing>();
  t->value.poke(value);
  return t;
}

// Runs `body` alone; it reports through EXPECT.
void alone(lab_body body, const enumerate_options& o = {}) {
  EXPECT_EQ(outcomes(on_lab({body}), clean, o), "clean");
}

// The tutorial: an id is reserved, published, found, and taken away.
TEST(xarray, reserves_publishes_and_erases) {
  alone([](lab* l) {
    std::uint32_t id = 99;
    EXPECT_EQ(xa_alloc(&l->xa, &id, XA_ZERO_ENTRY, xa_limit_31b), 0);
    EXPECT_EQ(id, 0u) << "the lowest free one";
    EXPECT_EQ(xa_load(&l->xa, id), nullptr) << "reserved, not visible";
    EXPECT_FALSE(xa_empty(&l->xa));
    thing* t = make_thing(1);
    EXPECT_EQ(xa_store(&l->xa, id, t), nullptr);
    EXPECT_EQ(xa_load(&l->xa, id), t);
    EXPECT_EQ(xa_erase(&l->xa, id), t);
    EXPECT_EQ(xa_erase(&l->xa, id), nullptr);
    EXPECT_TRUE(xa_empty(&l->xa));
  });
}

TEST(xarray, allocates_the_lowest_free_index) {
  alone([](lab* l) {
    std::uint32_t id = 0;
    for (std::uint32_t i = 5; i < 8; ++i) {
      EXPECT_EQ(xa_alloc(&l->xa, &id, make_thing(0), {.max = 8, .min = 5}), 0);
      EXPECT_EQ(id, i);
    }
    xa_erase(&l->xa, 6);
    EXPECT_EQ(xa_alloc(&l->xa, &id, make_thing(0), {.max = 8, .min = 5}), 0);
    EXPECT_EQ(id, 6u);
    EXPECT_EQ(xa_alloc(&l->xa, &id, nullptr, {.max = 8, .min = 5}), 0);
    EXPECT_EQ(id, 8u) << "NULL is stored as a reserved entry";
    EXPECT_EQ(xa_alloc(&l->xa, &id, make_thing(0), {.max = 8, .min = 5}), -EBUSY);
  });
}

TEST(xarray, starts_at_one_where_asked_to) {
  alone([](lab* l) {
    xa_init_flags(&l->xa, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
    std::uint32_t id = 0;
    EXPECT_EQ(xa_alloc(&l->xa, &id, make_thing(0), xa_limit_32b), 0);
    EXPECT_EQ(id, 1u);
  });
}

TEST(xarray, walks_sparse_indices_and_skips_reserved_ones) {
  alone([](lab* l) {
    xa_store(&l->xa, ~0ul, make_thing(3));
    xa_store(&l->xa, 1ul << 40, make_thing(2));
    xa_store(&l->xa, 0, make_thing(1));
    xa_reserve(&l->xa, 17);
    unsigned long index;
    thing* t;
    int seen = 0;
    xa_for_each(&l->xa, index, t) seen = seen * 10 + t->value.peek();
    EXPECT_EQ(seen, 123);
  });
}

TEST(xarray, tells_entries_apart) {
  alone([](lab* l) {
    EXPECT_EQ(xa_insert(&l->xa, 4, xa_mk_value(77)), 0);
    EXPECT_EQ(xa_insert(&l->xa, 4, make_thing(0)), -EBUSY);
    void* entry = xa_load(&l->xa, 4);
    EXPECT_TRUE(xa_is_value(entry));
    EXPECT_EQ(xa_to_value(entry), 77u);
    EXPECT_EQ(xa_reserve(&l->xa, 4), 0) << "there already";
    xa_release(&l->xa, 4);
    EXPECT_EQ(xa_load(&l->xa, 4), entry) << "not a reserved one";
    thing* t = make_thing(0);
    EXPECT_EQ(xa_reserve(&l->xa, 5), 0);
    EXPECT_EQ(xa_cmpxchg(&l->xa, 5, nullptr, t), nullptr);
    EXPECT_EQ(xa_load(&l->xa, 5), nullptr) << "reserved is not empty";
    EXPECT_EQ(xa_cmpxchg(&l->xa, 5, XA_ZERO_ENTRY, t), nullptr);
    EXPECT_EQ(xa_load(&l->xa, 5), t);
    EXPECT_EQ(xa_store(&l->xa, 5, nullptr), t);
    EXPECT_EQ(xa_peek(&l->xa, 5), XA_ZERO_ENTRY) << "NULL reserves in an allocating array";
    xa_lock(&l->xa);
    EXPECT_TRUE(xa_is_zero(xas_load(&l->xa, 5)));
    EXPECT_TRUE(xa_is_zero(xas_store(&l->xa, 5, nullptr)));
    xa_unlock(&l->xa);
    EXPECT_EQ(xa_peek(&l->xa, 5), nullptr);
  });
}

// Memory may fail where a place is new, and only there.
TEST(xarray, may_run_out_of_memory) {
  const program store = on_lab({[](lab* l) {
    thing* t = make_thing(0);
    std::uint32_t id = 0;
    l->r[0].poke(xa_alloc(&l->xa, &id, XA_ZERO_ENTRY, xa_limit_32b));
    if (l->r[0].peek() == 0) l->r[1].poke(xa_err(xa_store(&l->xa, id, t)));
    l->r[2].poke(xa_err(xa_store(&l->xa, 40, t)));
  }});
  EXPECT_EQ(outcomes(store, results<3>), "0,0,0");
  EXPECT_EQ(outcomes(store, results<3>, faults(1)), "-12,0,0 0,0,-12 0,0,0");
}

// One of two that reserve the same lowest id gets it, the other one the next.
TEST(litmus_xarray, two_allocations) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               std::uint32_t id = 9;
                               xa_alloc(&l->xa, &id, l, xa_limit_32b);
                               l->r[0].poke(static_cast<int>(id));
                             },
                             [](lab* l) {
                               std::uint32_t id = 9;
                               xa_alloc(&l->xa, &id, l, xa_limit_32b);
                               l->r[1].poke(static_cast<int>(id));
                             }}),
                     results<2>),
            "0,1 1,0");
}

TEST(litmus_xarray, two_erasers) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { l->r[0].poke(xa_erase(&l->xa, 3) != nullptr); },
                             [](lab* l) { l->r[1].poke(xa_erase(&l->xa, 3) != nullptr); }},
                            [](lab* l) { xa_store(&l->xa, 3, l); }),
                     results<2>),
            "0,1 1,0");
}

// A section under the explicit lock is whole to stores, which wait for it, but not to loads.
TEST(litmus_xarray, the_lock_stops_stores_and_no_loads) {
  const lab_body swap = [](lab* l) {
    xa_lock(&l->xa);
    void* was = xas_load(&l->xa, 1);
    xas_store(&l->xa, 1, nullptr);
    xas_store(&l->xa, 1, was);
    xa_unlock(&l->xa);
  };
  const lab_body init = [](lab* l) { xa_store(&l->xa, 1, l); };
  EXPECT_EQ(
      outcomes(on_lab({swap, [](lab* l) { l->r[0].poke(xa_erase(&l->xa, 1) != nullptr); }}, init),
               results<1>),
      "1");
  EXPECT_EQ(
      outcomes(on_lab({swap, [](lab* l) { l->r[0].poke(xa_load(&l->xa, 1) != nullptr); }}, init),
               results<1>),
      "0 1");
}

// What was written before the store is seen after the load of that entry; another entry's load, at
// the same moment, orders nothing.
TEST(litmus_xarray, a_load_is_ordered_after_the_store_it_sees) {
  const lab_body publish = [](lab* l) {
    l->v = 1;
    xa_store(&l->xa, 1, l);
  };
  const lab_body init = [](lab* l) { xa_store(&l->xa, 2, l); };
  EXPECT_EQ(outcomes(on_lab({publish,
                             [](lab* l) {
                               if (xa_load(&l->xa, 1) != nullptr) l->r[0].poke(l->v);
                             }},
                            init),
                     results<1>),
            "0 1");
  EXPECT_EQ(outcomes(on_lab({publish,
                             [](lab* l) {
                               if (xa_load(&l->xa, 2) != nullptr) l->r[0].poke(l->v);
                             }},
                            init),
                     results<1>),
            "data-race");
}

TEST(xarray, convicts_changes_without_the_lock_and_recursion) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { __xa_erase(&l->xa, 1); }})), "lockdep-assert");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              xa_lock(&l->xa);
              __xa_erase(&l->xa, 1);
              xa_unlock(&l->xa);
            }})),
            "clean");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              xa_lock(&l->xa);
              xa_erase(&l->xa, 1);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { xa_unlock(&l->xa); }})), "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { xa_lock(&l->xa); }})), "lock-held-at-exit");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              xa_lock(&l->xa);
              mutex_lock(&l->a);
            }})),
            "sleep-in-atomic");
}

// A store takes the array's lock as the step that it is, whoever moved before it.
TEST(xarray, lock_order_names_the_store) {
  const lab_body store_under_s = [](lab* l) {
    spin_lock(&l->s);
    xa_store(&l->xa, 1, l, gfp::atomic);
    spin_unlock(&l->s);
  };
  const lab_body s_under_xa = [](lab* l) {
    xa_lock(&l->xa);
    spin_lock(&l->s);
    spin_unlock(&l->s);
    xa_unlock(&l->xa);
  };
  std::set<std::string> titles;
  enumerate_options o;
  o.seen = [&](const engine& e) {
    const finding& f = e.last_finding();
    if (f.kind != verdict::lock_order) return;
    titles.insert(f.title);
    const op_kind one = e.steps()[f.other].kind, other = e.steps()[f.at].kind;
    EXPECT_TRUE(one == op_kind::xa_store || other == op_kind::xa_store);
  };
  all_of(on_lab({store_under_s, s_under_xa, [](lab* l) { atomic_inc(&l->x); }}), clean, o);
  EXPECT_EQ(titles, std::set<std::string>{"lock-order: cpu1 v cpu2"});
}

}  // namespace
}  // namespace iorace::this_file
