// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verifying and enumerating random programs: the same traces, the same outcomes, each once.
#include <cstdlib>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/random_program_test.h"
#include "scheduler/explore/same_traces_test.h"
#include "scheduler/explore/trace_hash.h"

namespace iorace::this_file {
namespace {

struct comparison {
  bool once = true;  // no trace may be executed twice
  std::uint64_t programs = 0, traces = 0, clean = 0, executions = 0, blocked = 0, titles = 0,
                wrong = 0;
};

std::string set_text(const std::set<std::string>& all) {
  std::string text;
  for (const std::string& s : all) text += (text.empty() ? "" : ", ") + s;
  return text;
}

// Clean traces: the same, each once. Findings: the same titles. The enumerator stops before every
// access, so that it sees what the search may miss by the choice of its points.
void compare(const random_program& r, comparison& sum, std::uint32_t faults = 0) {
  const program p = r.runnable();
  verify_options o;
  o.each.faults_max = faults;
  // First the points that it needs, then the traces.
  o.points = verify(p, o).promoted;
  seen_traces seen;
  o.seen = [&](const engine& e) { seen.note(e); };
  const verify_result all = verify(p, o);
  const std::set<std::string> titles = titles_of(all);
  EXPECT_TRUE(all.complete) << r.text();

  enumerate_options e;
  e.each.faults_max = faults;
  e.points = accessed_plainly();
  e.interleavings_max = 30'000;
  std::set<std::string> brute_titles;
  e.seen = [&](const engine& x) {
    if (x.last_finding().kind != verdict::none) brute_titles.insert(x.last_finding().title);
  };
  const enumeration brute = all_of(
      p, [](lab*) { return std::string("clean"); }, e);
  if (!brute.complete) return;
  ++sum.programs;
  sum.traces += all.traces;
  sum.executions += all.executions;
  sum.blocked += all.blocked;
  sum.titles += titles.size();
  const auto found = brute.outcomes.find("clean");
  const std::uint64_t expected = found == brute.outcomes.end() ? 0 : found->second.traces;
  sum.clean += expected;
  const std::size_t distinct = seen.distinct().size();
  const bool repeats = sum.once && seen.clean.size() != distinct;
  if (distinct == expected && !repeats && titles == brute_titles) return;
  if (++sum.wrong > 3) return;
  ADD_FAILURE() << "program " << r.text() << "\n  brute " << expected << " verify "
                << seen.clean.size() << " distinct " << distinct << "\n  brute "
                << set_text(brute_titles) << "\n  verify " << set_text(titles);
}

void compare_many(std::uint64_t seed, std::uint64_t programs, std::size_t cpus, std::size_t length,
                  const std::string& groups, std::uint32_t faults = 0, bool once = true) {
  const auto among = instructions_of(groups);
  if (const char* text = std::getenv("IORACE_PROGRAM")) {
    comparison one;
    return compare(random_program_from(text), one, faults);
  }
  programs = in_this_build(programs, programs / 40);
  if (const char* more = std::getenv("IORACE_PROGRAMS")) programs = std::strtoull(more, nullptr, 0);
  if (const char* other = std::getenv("IORACE_SEED")) seed = std::strtoull(other, nullptr, 0);
  std::mt19937_64 rng(seed);
  comparison sum{.once = once};
  for (std::uint64_t i = 0; i < programs; ++i)
    compare(random_program_of(rng, cpus, length, among), sum, faults);
  std::printf(
      "%llu programs, %llu traces (%llu clean), %llu executions, %llu blocked, %llu titles, "
      "wrong %llu\n",
      static_cast<unsigned long long>(sum.programs), static_cast<unsigned long long>(sum.traces),
      static_cast<unsigned long long>(sum.clean), static_cast<unsigned long long>(sum.executions),
      static_cast<unsigned long long>(sum.blocked), static_cast<unsigned long long>(sum.titles),
      static_cast<unsigned long long>(sum.wrong));
  EXPECT_EQ(sum.wrong, 0u);
  EXPECT_LE(sum.blocked * 10, sum.executions);
}

// Expects each of them to be small enough for the enumerator, and the search to be right.
comparison expect_same(std::initializer_list<const char*> programs) {
  comparison sum;
  for (const char* text : programs) compare(random_program_from(text), sum);
  EXPECT_EQ(sum.programs, programs.size());
  EXPECT_EQ(sum.wrong, 0u);
  return sum;
}

// Readers of a semaphore are in no order, so that their plain writes race in their only trace.
TEST(verify_random, readers_race) {
  const random_program both = random_program_from("[ read_lock write_v ] [ read_lock write_v ]");
  const verify_result all = verify(both.runnable(), {});
  ASSERT_EQ(all.findings.size(), 1u);
  EXPECT_EQ(all.findings[0].what.kind, verdict::data_race);
  comparison sum;
  compare(both, sum);
  EXPECT_EQ(sum.wrong, 0u);
}

// Where a finding stops other tasks, these may have come before it in several ways; where a
// deadlock does, all who are stopped would have gone on without it.
TEST(verify_random, findings_hide_no_traces) {
  expect_same(
      {"[ try_s downgrade try_read lock_b ] [ try_write try_a write_lock lock_s ] "
       "[ lock_b lock_a try_read downgrade ]",
       "[ try_a lock_b ] [ lock_b lock_a lock_s read_lock ] [ lock_s try_write lock_b ]",
       "[ inc_x ] [ array_get try_s array_get lock_a ] [ array_lock tree_in array_set ]",
       "[ make publish ] [ drop ] [ drop ]", "[ drop ] [ list_look ] [ make publish list_in ]",
       "[ make lock_a lock_a list_in ] [ make list_in lock_a ] [ list_look ]",
       "[ make publish tree_in ] [ tree_look ] [ drop ]",
       "[ write_lock get_x ] [ read_lock inc_x read_again ] [ read_lock swap_x read_again ]",
       "[ look mortal_lock mortal_lock mortal_free ] [ look mortal_lock mortal_lock ]",
       "[ look mortal_wait ] [ look mortal_free ]", "[ mortal_queue mortal_free ]",
       "[ mortal_arm mortal_free ]"});
}

// Whether a wake-up finds a thread asleep hangs on others, and not on who looks at its flag.
TEST(verify_random, threads_are_woken_by_several) {
  expect_same({"[ wake ] [ start wake stop ]", "[ wake ] [ wake ] [ start stop ]",
               "[ wake_all ] [ start wake_all wait_done_long ]"});
}

// A writer that arrives closes the cycle of a reader and the holder of a mutex, or is there before.
TEST(verify_random, deadlocks_name_the_writer_that_arrived) {
  expect_same(
      {"[ read_lock lock_a write_lock ] [ write_lock write_lock ] [ lock_a read_lock lock_a ]",
       "[ lock_a lock_b downgrade read_lock ] [ write_lock try_s try_a try_read ] "
       "[ try_read lock_b ]",
       "[ lock_b downgrade read_lock try_read ] [ downgrade write_lock lock_a try_write ] "
       "[ write_lock try_a lock_b try_s ]"});
}

// Whichever section comes first, and whoever is stopped by its arrival.
TEST(verify_random, arrivals_make_no_traces) {
  const comparison sum =
      expect_same({"[ read_lock ] [ write_lock ] [ write_lock ] [ write_lock ]",
                   "[ write_lock ] [ write_lock ] [ read_lock ] [ try_read ]",
                   "[ write_lock ] [ write_lock ] [ read_lock ] [ try_write ]",
                   "[ write_lock write_lock read_lock ] [ write_lock ] [ try_read ] "
                   "[ write_lock ]",
                   "[ read_lock read_lock read_lock ] [ try_write ] [ write_lock ] "
                   "[ write_lock ]",
                   "[ write_lock ] [ try_read ] [ write_lock ] "
                   "[ write_lock write_lock write_lock ]"});
  EXPECT_EQ(sum.executions, sum.traces);
}

// An alarm that another task takes back may have gone off before or behind a flush that does not
// know of it.
TEST(verify_random, what_waits_may_be_behind_others) {
  const comparison sum = expect_same(
      {"[ not_later ] [ flush_all later flush_all ]", "[ not_later at_once ] [ later flush_all ]",
       "[ at_once ] [ later flush_all ]", "[ later not_later ] [ flush_all flush_line ]"});
  EXPECT_EQ(sum.executions, sum.traces);
}

// An alarm whose time has run out goes off, or is set again or taken back before it does.
TEST(verify_random, expired_alarms_are_set_again) {
  expect_same({"[ wait_long arm ] [ arm_long ]", "[ wait_done_long disarm ] [ later ]",
               "[ later ] [ much_later ]", "[ arm ] [ arm_long ] [ disarm ]"});
}

TEST(verify_random, memory) { compare_many(1, 300, 3, 4, "memory"); }
TEST(verify_random, choices) { compare_many(2, 200, 3, 3, "memory choices"); }
TEST(verify_random, a_fault) { compare_many(18, 200, 3, 3, "memory faults", 1); }
TEST(verify_random, faults) { compare_many(19, 200, 3, 3, "memory faults locks", 2); }
TEST(verify_random, locks) { compare_many(3, 200, 3, 4, "locks rwsem"); }
TEST(verify_random, rwsem) { compare_many(14, 150, 4, 3, "rwsem"); }
TEST(verify_random, rwsem_and_others) { compare_many(15, 120, 3, 4, "rwsem memory locks"); }
TEST(verify_random, recursion) { compare_many(32, 300, 3, 4, "recursion memory"); }
TEST(verify_random, counts) { compare_many(4, 200, 3, 3, "counts"); }
TEST(verify_random, tasks) { compare_many(5, 200, 2, 4, "tasks memory"); }
TEST(verify_random, threads) { compare_many(16, 100, 2, 3, "threads waits memory"); }
TEST(verify_random, waits) { compare_many(7, 150, 3, 3, "waits memory"); }
TEST(verify_random, all_exact) {
  compare_many(6, 150, 3, 4, "memory choices locks rwsem counts tasks");
}
TEST(verify_random, rcu) { compare_many(10, 100, 3, 3, "rcu memory"); }
TEST(verify_random, work) { compare_many(11, 200, 2, 3, "work memory"); }
TEST(verify_random, lines) { compare_many(36, 100, 2, 3, "lines", 0, false); }
TEST(verify_random, delays) { compare_many(12, 60, 2, 3, "delays work"); }
TEST(verify_random, timers) { compare_many(13, 200, 3, 2, "timers memory"); }
TEST(verify_random, timeouts) { compare_many(17, 200, 3, 2, "delays timers waits"); }
TEST(verify_random, everything) { compare_many(9, 150, 3, 4, "*", 1); }
TEST(verify_random, lists) { compare_many(24, 300, 3, 4, "lists"); }
TEST(verify_random, trees) { compare_many(25, 300, 3, 4, "trees"); }
TEST(verify_random, arrays) { compare_many(26, 300, 3, 3, "arrays"); }
TEST(verify_random, signals) { compare_many(27, 200, 2, 4, "signals", 2); }
TEST(verify_random, turns) { compare_many(28, 60, 3, 3, "turns"); }
TEST(verify_random, devices) { compare_many(29, 60, 3, 3, "devices"); }
TEST(verify_random, later) { compare_many(30, 60, 2, 3, "later"); }
TEST(verify_random, krefs) { compare_many(31, 300, 3, 3, "krefs"); }
TEST(verify_random, mortals) { compare_many(33, 300, 3, 4, "mortals"); }
TEST(verify_random, mortals_of_two) { compare_many(34, 300, 2, 5, "mortals"); }
TEST(verify_random, mortals_later) { compare_many(35, 100, 2, 3, "mortals_later"); }
TEST(verify_random, heap) { compare_many(20, 1000, 3, 3, "heap"); }
TEST(verify_random, heap_long) { compare_many(21, 300, 3, 5, "heap"); }
TEST(verify_random, heap_and_others) { compare_many(22, 300, 3, 5, "heap memory locks"); }
TEST(verify_random, heap_of_two) { compare_many(23, 300, 2, 6, "heap memory"); }

}  // namespace
}  // namespace iorace::this_file
