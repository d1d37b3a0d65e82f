// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/seqcount.h"

#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"

namespace iorace::this_file {
namespace {

struct clock_pair {
  seqcount_t seq;
  seqcount_spinlock_t guarded;
  spinlock_t lock;
  mutex m;
  shared<int> hours, minutes;
  shared<int> seen;
};
IORACE_DESCRIBE(clock_pair, "clock_pair", seq, guarded, lock, m, hours, minutes, seen);

clock_pair* pair_of(lab*) { return static_cast<clock_pair*>(specimen()); }
void make_pair(lab*) {
  auto* c = make<clock_pair>();
  seqcount_init(&c->seq);
  spin_lock_init(&c->lock);
  mutex_init(&c->m);
  seqcount_spinlock_init(&c->guarded, &c->lock);
  specimen() = c;
}

template <int n = 1>
void write_pair(lab* l) {
  clock_pair* c = pair_of(l);
  for (int i = 1; i <= n; ++i) {
    write_seqcount_begin(&c->seq);
    WRITE_ONCE(c->hours, i);
    WRITE_ONCE(c->minutes, i);
    write_seqcount_end(&c->seq);
  }
}

// What a reader saw: hours times ten and minutes. `tries`: how often it looks before it gives up.
template <int tries>
void read_pair(lab* l) {
  clock_pair* c = pair_of(l);
  for (int i = 0; i < tries; ++i) {
    const unsigned start = read_seqcount_begin(&c->seq);
    const int hours = READ_ONCE(c->hours);
    const int minutes = READ_ONCE(c->minutes);
    l->r[0].poke(10 * hours + minutes);
    if (!read_seqcount_retry(&c->seq, start)) return;
    l->r[0].poke(-1);
  }
}

// The tutorial: a reader that looks again until nobody wrote meanwhile sees both or neither. One
// that looks but once may have to throw away what it saw.
TEST(litmus_seqcount, a_reader_sees_all_of_a_write_or_nothing) {
  const program twice = on_lab({read_pair<2>, write_pair<>}, make_pair);
  EXPECT_EQ(outcomes(twice, results<1>), "0 11");
  expect_same_traces(twice);
  const program once = on_lab({read_pair<1>, write_pair<2>}, make_pair);
  EXPECT_EQ(outcomes(once, results<1>), "-1 0 11 22");
  expect_same_traces(once);
}

// Without the look at the end the halves of two writes come together.
TEST(litmus_seqcount, whoever_does_not_retry_sees_halves) {
  const lab_body careless = [](lab* l) {
    clock_pair* c = pair_of(l);
    read_seqcount_begin(&c->seq);
    const int hours = READ_ONCE(c->hours);
    const int minutes = READ_ONCE(c->minutes);
    l->r[0].poke(10 * hours + minutes);
  };
  EXPECT_EQ(outcomes(on_lab({careless, write_pair<>}, make_pair), results<1>), "0 1 10 11");
}

TEST(litmus_seqcount, two_readers_and_a_writer) {
  const lab_body reader = [](lab* l) {
    const seqcount_t* s = &pair_of(l)->seq;
    l->r[current_task() - 1].poke(static_cast<int>(read_seqcount_begin(s)));
  };
  const program p = on_lab({reader, reader, write_pair<>}, make_pair);
  EXPECT_EQ(outcomes(p, results<2>), "0,0 0,2 2,0 2,2");
  expect_same_traces(p);
}

// What is read inside has to be marked: a retry throws values away, it does not undo a race.
TEST(seqcount, plain_reads_inside_race) {
  const lab_body plain = [](lab* l) {
    clock_pair* c = pair_of(l);
    unsigned start;
    do {
      start = read_seqcount_begin(&c->seq);
      const int minutes = c->minutes;
      l->r[0].poke(minutes);
    } while (read_seqcount_retry(&c->seq, start));
  };
  EXPECT_EQ(outcomes(on_lab({plain, write_pair<>}, make_pair)), "clean data-race");
  EXPECT_EQ(outcomes(on_lab({read_pair<2>, write_pair<>}, make_pair)), "clean");
}

TEST(seqcount, convicts_two_writers) {
  const program both = on_lab({write_pair<>, write_pair<>}, make_pair);
  EXPECT_EQ(outcomes(both), "clean kernel-warn");
  expect_same_traces(both);
  const lab_body under_lock = [](lab* l) {
    spin_lock(&pair_of(l)->lock);
    write_pair<>(l);
    spin_unlock(&pair_of(l)->lock);
  };
  EXPECT_EQ(outcomes(on_lab({under_lock, under_lock}, make_pair)), "clean");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { write_seqcount_end(&pair_of(l)->seq); }}, make_pair)),
            "kernel-warn");
}

TEST(seqcount, a_writer_may_not_sleep) {
  const lab_body sleeper = [](lab* l) {
    clock_pair* c = pair_of(l);
    write_seqcount_begin(&c->seq);
    mutex_lock(&c->m);
    mutex_unlock(&c->m);
    write_seqcount_end(&c->seq);
  };
  const lab_body early = [](lab* l) {
    clock_pair* c = pair_of(l);
    mutex_lock(&c->m);
    write_seqcount_begin(&c->seq);
    write_seqcount_end(&c->seq);
    mutex_unlock(&c->m);
  };
  EXPECT_EQ(outcomes(on_lab({sleeper}, make_pair)), "sleep-in-atomic");
  EXPECT_EQ(outcomes(on_lab({early}, make_pair)), "clean");
}

TEST(seqcount, reading_what_one_writes_is_a_deadlock) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
                              write_seqcount_begin(&pair_of(l)->seq);
                              read_seqcount_begin(&pair_of(l)->seq);
                            }},
                            make_pair)),
            "deadlock");
}

TEST(seqcount, knows_the_lock_of_its_writers) {
  const lab_body without = [](lab* l) {
    write_seqcount_begin(&pair_of(l)->guarded);
    write_seqcount_end(&pair_of(l)->guarded);
  };
  const lab_body with = [](lab* l) {
    clock_pair* c = pair_of(l);
    spin_lock(&c->lock);
    write_seqcount_begin(&c->guarded);
    write_seqcount_end(&c->guarded);
    spin_unlock(&c->lock);
    const unsigned start = read_seqcount_begin(&c->guarded);
    l->r[0].poke(read_seqcount_retry(&c->guarded, start));
  };
  EXPECT_EQ(outcomes(on_lab({without}, make_pair)), "lockdep-assert");
  EXPECT_EQ(outcomes(on_lab({with}, make_pair), results<1>), "0");
}

}  // namespace
}  // namespace iorace::this_file
