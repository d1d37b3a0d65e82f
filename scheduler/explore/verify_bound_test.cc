// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verifying up to a number of preemptions: nothing is left out that the enumerator reaches with so
// many, no trace is executed twice, and the work stays small where that of a full search does not.
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/counted_programs_test.h"
#include "scheduler/explore/random_program_test.h"
#include "scheduler/explore/trace_hash.h"
#include "scheduler/explore/verify.h"

namespace iorace::this_file {
namespace {

verify_result verify_within(const program& p, unsigned preemptions) {
  verify_options o;
  o.preemptions = preemptions;
  return verify(p, o);
}

// One counter, two tasks that raise it k times: a trace is an order of the raises, and needs a
// preemption for each change of task but the last.
TEST(verify_bound, is_of_preemptions) {
  for (int k = 2; k <= 8; ++k) {
    const auto blocks = static_cast<std::uint64_t>(k - 1);
    const verify_result none = verify_within(counted::counters(2, k), 0);
    EXPECT_EQ(none.traces - none.beyond, 2u) << k;
    const verify_result one = verify_within(counted::counters(2, k), 1);
    EXPECT_EQ(one.traces - one.beyond, 2 + 2 * blocks) << k;
    const verify_result two = verify_within(counted::counters(2, k), 2);
    EXPECT_EQ(two.traces - two.beyond, 2 + 2 * blocks + 2 * blocks * blocks) << k;
    EXPECT_TRUE(none.complete && one.complete && two.complete);
  }
}

// Who waits for a lock is not preempted: one preemption, between two locks, makes a deadlock.
TEST(verify_bound, a_wait_is_no_preemption) {
  const auto nested = [](int first, int second) {
    return counted::body([=](counted::table* t) {
      mutex_lock(&t->locks[first]);
      mutex_lock(&t->locks[second]);
      mutex_unlock(&t->locks[second]);
      mutex_unlock(&t->locks[first]);
    });
  };
  const program p = counted::on_table({nested(0, 1), nested(1, 0)});
  const verify_result none = verify_within(p, 0), one = verify_within(p, 1);
  EXPECT_EQ(none.traces - none.beyond, 2u);
  EXPECT_EQ(one.traces - one.beyond, 3u);
  EXPECT_EQ(one.beyond, 0u);
}

// The cube of the sections, or less, where a further one costs a full search twenty times as much.
TEST(verify_bound, saves_work) {
  for (int k = 3; k <= 6; ++k) {
    const auto cube = static_cast<std::uint64_t>(k * k * k);
    EXPECT_LE(verify_within(counted::sections(3, k), 1).executions, 30u * cube / 5) << k;
    EXPECT_LE(verify_within(counted::sections(3, k), 2).executions, 30u * cube) << k;
    EXPECT_LE(verify_within(counted::counters(3, k), 1).executions, 12u * cube) << k;
  }
}

struct comparison {
  std::uint64_t programs = 0, executions = 0, beyond = 0, needed = 0, full = 0, loose = 0;
  unsigned wrong = 0;
};

struct found {
  std::set<std::uint64_t> clean;
  std::set<std::string> titles;
  void note(const engine& e) {
    if (e.last_finding().kind == verdict::none) clean.insert(trace_hash(e));
  }
  // Whom a deadlock names depends on who came last, which is no part of a trace.
  void note(const finding& f) { titles.insert(f.kind == verdict::deadlock ? f.name : f.title); }
};

void compare(const random_program& r, unsigned preemptions, comparison& sum,
             std::uint32_t faults = 0) {
  const program p = r.runnable();
  verify_options o;
  o.each.faults_max = faults;
  const verify_result full = verify(p, o);
  o.points = full.promoted;
  o.preemptions = preemptions;
  found cleverly, brutally;
  o.seen = [&](const engine& e) { cleverly.note(e); };
  const verify_result all = verify(p, o);
  for (const verified_finding& f : all.findings) cleverly.note(f.what);
  EXPECT_TRUE(all.complete) << r.text();
  EXPECT_LE(all.executions, full.executions) << r.text();

  enumerate_options e;
  e.points = full.promoted;
  e.each.faults_max = faults;
  e.preemptions = preemptions;
  e.interleavings_max = 30'000;
  e.seen = [&](const engine& x) {
    brutally.note(x);
    if (x.last_finding().kind != verdict::none) brutally.note(x.last_finding());
  };
  const enumeration brute = all_of(
      p, [](lab*) { return std::string("clean"); }, e);
  if (!brute.complete) return;
  ++sum.programs;
  sum.executions += all.executions;
  sum.beyond += all.beyond;
  sum.needed += brutally.clean.size();
  sum.full += full.executions;
  sum.loose += brutally.titles.empty() && all.traces - all.beyond != brutally.clean.size();
  const auto has = [](const auto& larger, const auto& smaller) {
    return std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end());
  };
  if (has(cleverly.clean, brutally.clean) && has(cleverly.titles, brutally.titles)) return;
  if (++sum.wrong > 3) return;
  ADD_FAILURE() << "program " << r.text() << "\n  with " << preemptions << " preemptions "
                << brutally.clean.size() << " traces and " << brutally.titles.size()
                << " titles, verify has " << cleverly.clean.size() << " and "
                << cleverly.titles.size();
}

void compare_many(std::uint64_t seed, std::uint64_t programs, std::size_t cpus, std::size_t length,
                  const std::string& groups, std::uint32_t faults = 0) {
  const auto among = instructions_of(groups);
  programs = in_this_build(programs, programs / 25);
  if (const char* more = std::getenv("IORACE_PROGRAMS")) programs = std::strtoull(more, nullptr, 0);
  if (const char* other = std::getenv("IORACE_SEED")) seed = std::strtoull(other, nullptr, 0);
  for (unsigned preemptions = 0; preemptions <= 2; ++preemptions) {
    std::mt19937_64 rng(seed);
    comparison sum;
    for (std::uint64_t i = 0; i < programs; ++i)
      compare(random_program_of(rng, cpus, length, among), preemptions, sum, faults);
    std::printf(
        "%u preemptions: %llu programs, %llu executions (%llu beyond) of %llu, %llu needed, "
        "%llu loose, wrong %u\n",
        preemptions, static_cast<unsigned long long>(sum.programs),
        static_cast<unsigned long long>(sum.executions),
        static_cast<unsigned long long>(sum.beyond), static_cast<unsigned long long>(sum.full),
        static_cast<unsigned long long>(sum.needed), static_cast<unsigned long long>(sum.loose),
        sum.wrong);
    EXPECT_EQ(sum.wrong, 0u);
  }
}

// An alarm whose time has run out is set again before it goes off: it waits for everybody again.
TEST(verify_bound, alarms_are_set_again) {
  for (unsigned preemptions = 0; preemptions <= 2; ++preemptions) {
    comparison sum;
    for (const char* text : {"[ wait_long ] [ much_later wait_long much_later ]",
                             "[ wait_long ] [ much_later ] [ wait_long much_later ]",
                             "[ wait_long arm ] [ arm_long ]", "[ arm ] [ arm_long ] [ disarm ]"})
      compare(random_program_from(text), preemptions, sum);
    EXPECT_EQ(sum.programs, 4u);
    EXPECT_EQ(sum.wrong, 0u);
  }
}

// Who comes to read a count that is odd waits, so leaving him is free.
TEST(verify_bound, readers_wait_for_writers) {
  comparison sum;
  for (const char* text : {"[ lock_a ] [ lock_a seq_write ] [ seq_read seq_read lock_a ]",
                           "[ lock_a seq_write ] [ seq_read seq_read lock_a ] [ seq_read lock_a ]",
                           "[ lock_a seq_write ] [ seq_read inc_x seq_read ]"})
    compare(random_program_from(text), 2, sum);
  EXPECT_EQ(sum.programs, 3u);
  EXPECT_EQ(sum.wrong, 0u);
  EXPECT_EQ(sum.loose, 0u);
}

TEST(verify_bound, memory) { compare_many(11, 150, 3, 5, "memory"); }
TEST(verify_bound, choices) { compare_many(12, 100, 3, 4, "memory choices"); }
TEST(verify_bound, faults) { compare_many(18, 100, 3, 3, "memory faults", 2); }
TEST(verify_bound, locks) { compare_many(13, 150, 3, 5, "locks"); }
TEST(verify_bound, locks_and_memory) { compare_many(14, 150, 3, 5, "locks memory"); }
TEST(verify_bound, counts) { compare_many(20, 150, 3, 4, "counts locks"); }
TEST(verify_bound, heap) { compare_many(21, 150, 3, 4, "heap locks"); }
TEST(verify_bound, tasks) { compare_many(15, 100, 2, 5, "tasks memory"); }
TEST(verify_bound, waits) { compare_many(16, 150, 3, 4, "waits memory"); }
TEST(verify_bound, timeouts) { compare_many(17, 80, 3, 2, "delays timers waits"); }
TEST(verify_bound, everything) { compare_many(19, 150, 3, 5, "*"); }

}  // namespace
}  // namespace iorace::this_file
