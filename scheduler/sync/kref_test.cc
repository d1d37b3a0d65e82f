// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/kref.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"

namespace iorace::this_file {
namespace {

struct gadget {
  kref users;
  list_head entry;
  mutex inner;
  shared<int> value;
};
IORACE_DESCRIBE(gadget, "gadget", users, entry, inner, value);

gadget* gadget_of(kref* k) { return reinterpret_cast<gadget*>(k); }
void free_gadget(kref* k) { kfree(gadget_of(k)); }

gadget* made(lab* l, int users) {
  auto* g = kzalloc<gadget>();
  mutex_init(&g->inner);
  kref_init(&g->users);
  while (--users > 0) kref_get(&g->users);
  l->slot.poke(reinterpret_cast<thing*>(g));
  list_add(&g->entry, &l->items);
  return g;
}
gadget* gadget_in(lab* l) { return reinterpret_cast<gadget*>(l->slot.peek()); }
std::string nothing_left(lab* l) {
  check_leaks();
  return results<2>(l);
}

// The tutorial: two users, each with a reference. Whoever puts the last one releases the object, in
// its own context, and sees what the other did with it.
TEST(kref, the_last_put_releases) {
  const lab_body user = [](lab* l) {
    gadget* g = gadget_in(l);
    const task_id self = current_task();
    l->r[self - 1].poke(kref_put(&g->users, free_gadget));
  };
  const program p = on_lab({user, user}, [](lab* l) { made(l, 2); });
  EXPECT_EQ(outcomes(p, nothing_left), "0,1 1,0");
  expect_same_traces(p);
}

// A put too many comes to a freed object or to a count of zero.
TEST(kref, convicts_a_put_too_many) {
  const lab_body put = [](lab* l) { kref_put(&gadget_in(l)->users, free_gadget); };
  const lab_body put_only = [](lab* l) { kref_put(&gadget_in(l)->users, [](kref*) {}); };
  EXPECT_EQ(outcomes(on_lab({put, put}, [](lab* l) { made(l, 1); })),
            "refcount-misuse use-after-free");
  EXPECT_EQ(outcomes(on_lab({put_only, put_only}, [](lab* l) { made(l, 1); })), "refcount-misuse");
  EXPECT_EQ(outcomes(on_lab({put_only, put_only}, [](lab* l) { made(l, 2); })), "clean");
}

// Somebody finds the object by a list under a lock. The plain get raises a count that may be zero;
// get_unless_zero asks; kref_put_mutex takes the lock before the count can reach zero.
template <bool ask>
void find_and_use(lab* l) {
  mutex_lock(&l->a);
  gadget* g = list_empty(&l->items) ? nullptr : gadget_in(l);
  if (g != nullptr && (ask ? !kref_get_unless_zero(&g->users) : (kref_get(&g->users), false)))
    g = nullptr;
  mutex_unlock(&l->a);
  if (g != nullptr) l->r[0].poke(1);
  if (g != nullptr)
    kref_put_mutex(
        &g->users,
        [](kref* k) {
          list_del(&gadget_of(k)->entry);
          mutex_unlock(&static_cast<lab*>(specimen())->a);
          kfree(gadget_of(k));
        },
        &l->a);
}

void put_then_unlink(lab* l) {
  gadget* g = gadget_in(l);
  kref_put(&g->users, [](kref* k) {
    lab* const world = static_cast<lab*>(specimen());
    mutex_lock(&world->a);
    list_del(&gadget_of(k)->entry);
    mutex_unlock(&world->a);
    kfree(gadget_of(k));
  });
}

void put_under_lock(lab* l) {
  kref_put_mutex(
      &gadget_in(l)->users,
      [](kref* k) {
        list_del(&gadget_of(k)->entry);
        mutex_unlock(&static_cast<lab*>(specimen())->a);
        kfree(gadget_of(k));
      },
      &l->a);
}

void one_in_a_list(lab* l) {
  specimen() = l;
  made(l, 1);
}

TEST(kref, who_finds_a_dying_object_must_ask) {
  EXPECT_EQ(outcomes(on_lab({find_and_use<false>, put_then_unlink}, one_in_a_list), nothing_left),
            "0,0 1,0 refcount-misuse");
  EXPECT_EQ(outcomes(on_lab({find_and_use<true>, put_then_unlink}, one_in_a_list), nothing_left),
            "0,0 1,0");
}

TEST(kref, put_mutex_lets_nobody_find_a_dying_object) {
  const program p = on_lab({find_and_use<false>, put_under_lock}, one_in_a_list);
  EXPECT_EQ(outcomes(p, nothing_left), "0,0 1,0");
  expect_same_traces(p);
}

// Release runs in the context of the put: under its locks, in its atomic context.
TEST(kref, release_runs_where_the_put_is) {
  const auto put = [](lab* l) {
    kref_put(&gadget_in(l)->users, [](kref* k) {
      gadget* g = gadget_of(k);
      mutex_lock(&g->inner);
      mutex_unlock(&g->inner);
      kfree(g);
    });
  };
  const lab_body atomic = [](lab* l) {
    spin_lock(&l->s);
    kref_put(&gadget_in(l)->users, [](kref* k) {
      mutex_lock(&gadget_of(k)->inner);
      mutex_unlock(&gadget_of(k)->inner);
    });
    spin_unlock(&l->s);
  };
  EXPECT_EQ(outcomes(on_lab({put}, [](lab* l) { made(l, 1); }), nothing_left), "0,0");
  EXPECT_EQ(outcomes(on_lab({atomic}, [](lab* l) { made(l, 1); })), "sleep-in-atomic");
  EXPECT_EQ(outcomes(on_lab({atomic}, [](lab* l) { made(l, 2); })), "clean") << "not the last";
}

// Of two that lower a count of two unless it is one, exactly one does.
TEST(litmus_refcount, dec_not_one) {
  const program p = on_lab({[](lab* l) { l->r[0].poke(refcount_dec_not_one(&l->ref)); },
                            [](lab* l) { l->r[1].poke(refcount_dec_not_one(&l->ref)); }},
                           [](lab* l) { refcount_set(&l->ref, 2); });
  EXPECT_EQ(outcomes(p, results<2>), "0,1 1,0");
  expect_same_traces(p);
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { refcount_dec_not_one(&l->ref); }})), "refcount-misuse")
      << "zero";
}

}  // namespace
}  // namespace iorace::this_file
