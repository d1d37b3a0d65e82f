// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/spinlock.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::this_file {
namespace {

// The tutorial: a spinlock excludes like a mutex, but nothing may sleep under it.
TEST(spinlock, excludes) {
  const lab_body count = [](lab* l) {
    spin_lock(&l->s);
    l->v++;
    spin_unlock(&l->s);
  };
  EXPECT_EQ(outcomes(on_lab({count, count}), [](lab* l) { return std::to_string(l->v.peek()); }),
            "2");
}

// One CPU that runs `sleep` while it holds the lock, or after it has released it.
program around(lab_body sleep, bool inside) {
  program p = on_lab({});
  return p.cpu([sleep, inside](void* world) {
    lab* l = static_cast<lab*>(world);
    spin_lock(&l->s);
    if (inside) sleep(l);
    spin_unlock(&l->s);
    if (!inside) sleep(l);
  });
}

// Convicted although nobody holds what is waited for: it is the possibility that counts.
void check_sleep(lab_body sleep) {
  EXPECT_EQ(outcomes(around(sleep, true)), "sleep-in-atomic");
  EXPECT_EQ(outcomes(around(sleep, false)), "clean");
}

TEST(spinlock, convicts_whatever_may_sleep_under_it) {
  check_sleep([](lab* l) {
    mutex_lock(&l->a);
    mutex_unlock(&l->a);
  });
  check_sleep([](lab* l) {
    down_read(&l->rw);
    up_read(&l->rw);
  });
  check_sleep([](lab* l) {
    down_write(&l->rw);
    up_write(&l->rw);
  });
  check_sleep([](lab* l) {
    complete(&l->done);
    wait_for_completion(&l->done);
  });
  check_sleep([](lab*) { kfree(kzalloc<thing>()); });
  check_sleep([](lab*) { copy_from_user("argument"); });
  check_sleep([](lab* l) { xa_store(&l->xa, 7, l); });
}

TEST(spinlock, acquits_what_may_not_sleep) {
  EXPECT_EQ(outcomes(around(
                [](lab* l) {
                  if (mutex_trylock(&l->a)) mutex_unlock(&l->a);
                  if (down_read_trylock(&l->rw)) up_read(&l->rw);
                  if (down_write_trylock(&l->rw)) up_write(&l->rw);
                  kfree(kzalloc<thing>(gfp::atomic));
                  xa_store(&l->xa, 7, l, gfp::atomic);
                  wake_up(&l->wq);
                  try_wait_for_completion(&l->done);
                  complete(&l->done);
                },
                true)),
            "clean");
}

TEST(spinlock, convicts_recursion_foreign_unlock_and_exit) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              spin_lock(&l->s);
              spin_lock(&l->s);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { spin_unlock(&l->s); }})), "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { spin_lock(&l->s); }})), "lock-held-at-exit");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              spin_lock(&l->s);
              spin_lock(&l->s2);
              spin_unlock(&l->s);
              spin_unlock(&l->s2);
            }})),
            "clean");
}

TEST(spinlock, trylock_fails_where_the_lock_is_held) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                               spin_lock(&l->s);
                               spin_unlock(&l->s);
                             },
                             [](lab* l) {
                               l->r[1].poke(spin_trylock(&l->s));
                               if (l->r[1].peek() != 0) spin_unlock(&l->s);
                             }}),
                     results<2>),
            "0,0 0,1");
}

// CPU1 frees the object behind its section; CPU2 comes before, in the midst of it, or too late.
TEST(spinlock, convicts_a_lock_in_a_freed_object) {
  const lab_body init = [](lab* l) {
    thing* t = make<thing>();
    spin_lock_init(&t->lock);
    l->slot.poke(t);
  };
  const lab_body section = [](lab* l) {
    spin_lock(&l->slot.peek()->lock);
    spin_unlock(&l->slot.peek()->lock);
  };
  const lab_body section_and_free = [](lab* l) {
    spin_lock(&l->slot.peek()->lock);
    spin_unlock(&l->slot.peek()->lock);
    kfree(l->slot.peek());
  };
  EXPECT_EQ(outcomes(on_lab({section_and_free, section}, init)),
            "clean lock-held-at-exit use-after-free");
  EXPECT_EQ(outcomes(on_lab({section, section}, init)), "clean");
}

TEST(spinlock, convicts_kfree_of_a_held_lock) {
  const lab_body free_held = [](lab*) {
    thing* t = kzalloc<thing>();
    spin_lock_init(&t->lock);
    spin_lock(&t->lock);
    kfree(t);
  };
  EXPECT_EQ(outcomes(on_lab({free_held})), "lock-held-at-exit");
}

}  // namespace
}  // namespace iorace::this_file
