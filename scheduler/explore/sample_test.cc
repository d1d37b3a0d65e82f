// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/sample.h"

#include <atomic>

#include <gtest/gtest.h>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/enumerate.h"
#include "scheduler/sync/mutex.h"

namespace iorace::this_file {
namespace {

struct account {
  mutex lock;
  shared<int> balance;
  shared<int> hint;
  shared<int> audits;
};
IORACE_DESCRIBE(account, "account", lock, balance, hint, audits);

void* open_account() {
  auto* a = make<account>();
  mutex_init(&a->lock);
  return a;
}

void deposit(account* a) {
  KFUNC();
  mutex_lock(&a->lock);
  a->balance += 1;
  mutex_unlock(&a->lock);
}
void deposit_in_haste(account* a) {
  KFUNC();
  const int v = READ_ONCE(a->balance);
  WRITE_ONCE(a->balance, v + 1);
}
// The hint races: once it is known to, its reads are points, and the two can differ.
void trust_the_hint(account* a) {
  KFUNC();
  const int first = a->hint;
  const int second = a->hint;
  BUG_ON(first != second);
}
void write_the_hint(account* a) {
  KFUNC();
  WRITE_ONCE(a->audits, 1);
  a->hint = 1;
}

program on_account(std::initializer_list<void (*)(account*)> cpus) {
  program p;
  p.setup = open_account;
  for (const auto b : cpus) p.cpu([b](void* a) { b(static_cast<account*>(a)); });
  return p;
}

void expect_two(void* a) {
  KFUNC();
  BUG_ON(static_cast<account*>(a)->balance != 2);
}
program lost_deposit() {
  program p = on_account({deposit_in_haste, deposit_in_haste});
  p.check = expect_two;
  return p;
}
program sound_deposit() {
  program p = on_account({deposit, deposit, deposit});
  return p;
}
// A lost update, a data race and a BUG_ON: several titles.
program many_bugs() {
  return on_account({deposit_in_haste, deposit, trust_the_hint, write_the_hint});
}

void expect_equal(const sample_result& a, const sample_result& b) {
  EXPECT_EQ(a.executions, b.executions);
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.cut, b.cut);
  EXPECT_EQ(a.step_bound, b.step_bound);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.promoted, b.promoted);
  EXPECT_EQ(a.statistics.looked_at, b.statistics.looked_at);
  EXPECT_EQ(a.statistics.traces, b.statistics.traces);
  EXPECT_EQ(a.statistics.once, b.statistics.once);
  EXPECT_EQ(a.statistics.pairs, b.statistics.pairs);
  EXPECT_EQ(a.statistics.pct_executions, b.statistics.pct_executions);
  ASSERT_EQ(a.findings.size(), b.findings.size());
  for (std::size_t i = 0; i < a.findings.size(); ++i) {
    EXPECT_EQ(a.findings[i].what.title, b.findings[i].what.title);
    EXPECT_EQ(a.findings[i].what.detail, b.findings[i].what.detail);
    EXPECT_EQ(a.findings[i].what.execution, b.findings[i].what.execution);
    EXPECT_EQ(a.findings[i].points, b.findings[i].points);
    EXPECT_EQ(a.findings[i].options.points_estimate, b.findings[i].options.points_estimate);
  }
}

// The tutorial: sample() runs numbered executions until one of them is convicted, and says how to
// run that one again.
TEST(sample, stops_at_the_first_finding) {
  const program p = lost_deposit();
  sample_options o;
  o.strategy = "random";
  const sample_result r = sample(p, o);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].what.name, "kernel-bug");
  EXPECT_EQ(r.executions, r.findings[0].what.execution + 1);

  engine e;
  EXPECT_EQ(run_again(e, p, r.findings[0]).how, ended::found);
  EXPECT_EQ(e.last_finding().title, r.findings[0].what.title);
}

TEST(sample, finds_nothing_where_nothing_is) {
  sample_options o;
  o.executions_max = 2000;
  const sample_result r = sample(sound_deposit(), o);
  EXPECT_TRUE(r.findings.empty());
  EXPECT_EQ(r.executions, 2000u);
  EXPECT_TRUE(r.promoted.empty());
  EXPECT_FALSE(r.stopped);
}

TEST(sample, result_is_the_same_for_every_number_of_jobs) {
  for (const program& p : {lost_deposit(), sound_deposit(), many_bugs()})
    for (const bool keep_going : {false, true})
      for (const std::string strategy : {"portfolio", "pct:3", "surw", "feedback", "frontier"}) {
        sample_options o;
        o.strategy = strategy;
        o.keep_going = keep_going;
        o.executions_max = in_this_build(1000u, 200u);
        o.each.seed = 42;
        const sample_result one = sample(p, o);
        for (const unsigned jobs : {2u, 3u}) {
          o.jobs = jobs;
          expect_equal(one, sample(p, o));
        }
      }
}

// Each execution ends in its setup; nothing is taken over from one that did not.
TEST(sample, a_setup_may_be_convicted) {
  program p = sound_deposit();
  p.setup = []() -> void* {
    auto* a = static_cast<account*>(open_account());
    kfree(a);
    deposit(a);
    return a;
  };
  for (const strategy_info& s : strategies()) {
    SCOPED_TRACE(s.name);
    sample_options o;
    o.strategy = *s.argument == '\0' ? s.name : std::string(s.name) + ":3";
    ASSERT_NE(make_strategy(o.strategy), nullptr);
    o.keep_going = true;
    o.executions_max = 200;
    const sample_result one = sample(p, o);
    ASSERT_EQ(one.findings.size(), 1u);
    EXPECT_EQ(one.findings[0].what.execution, 0u);
    EXPECT_EQ(one.points, 0u);
    EXPECT_EQ(one.statistics.traces, 1u);
    EXPECT_EQ(one.statistics.pairs, 0u);
    for (const unsigned jobs : {2u, 3u}) {
      o.jobs = jobs;
      expect_equal(one, sample(p, o));
    }
  }
}

TEST(sample, stopping_gives_a_prefix) {
  const program p = many_bugs();
  sample_options o;
  o.executions_max = 2000;
  const sample_result early = sample(p, o);
  ASSERT_EQ(early.findings.size(), 1u);
  o.keep_going = true;
  const sample_result whole = sample(p, o);
  ASSERT_GT(whole.findings.size(), 1u);
  EXPECT_EQ(early.findings[0].what.execution, whole.findings[0].what.execution);
  EXPECT_EQ(early.findings[0].what.title, whole.findings[0].what.title);
  // As many executions without stopping have the same digest.
  o.executions_max = early.executions;
  expect_equal(early, sample(p, o));
}

TEST(sample, the_predicate_ends_a_run_at_a_prefix) {
  const program p = many_bugs();
  for (const unsigned jobs : {1u, 2u, 3u})
    for (const unsigned polls : {1u, 7u, 40u, 90u}) {
      std::atomic<std::uint64_t> asked = 0;
      sample_options o;
      o.jobs = jobs;
      o.keep_going = true;
      o.executions_max = 100'000;
      o.stop = [&](const sample_progress&) { return ++asked >= polls; };
      const sample_result stopped = sample(p, o);
      EXPECT_TRUE(stopped.stopped);
      EXPECT_LT(stopped.executions, 100'000u);
      if (stopped.executions == 0) continue;
      o.jobs = 1;
      o.stop = [](const sample_progress&) { return false; };
      o.executions_max = stopped.executions;
      expect_equal(stopped, sample(p, o));
    }
}

TEST(sample, keep_going_lists_each_title_with_its_first_execution) {
  const program p = many_bugs();
  sample_options o;
  o.strategy = "random";
  o.keep_going = true;
  o.executions_max = 1000;
  const sample_result r = sample(p, o);
  ASSERT_GE(r.findings.size(), 2u);
  for (std::size_t i = 0; i < r.findings.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(r.findings[i].what.title, r.findings[j].what.title);
      EXPECT_GT(r.findings[i].what.execution, r.findings[j].what.execution);
    }
  // No earlier execution has the title: each was run with what its batch knew.
  std::vector<bool> seen(r.findings.size());
  for (std::uint64_t end = 1; end <= r.findings.back().what.execution; ++end) {
    o.executions_max = end;
    const sample_result prefix = sample(p, o);
    for (std::size_t i = 0; i < r.findings.size(); ++i)
      EXPECT_EQ(i < prefix.findings.size(), r.findings[i].what.execution < end) << i << ' ' << end;
    if (end > 300) break;
  }
}

TEST(sample, promotions_wait_for_the_next_batch) {
  const program p = on_account({trust_the_hint, write_the_hint});
  sample_options o;
  o.strategy = "random";
  o.keep_going = true;
  // The execution that sees the race first. Batches are single executions here.
  o.executions_max = 1;
  while (o.executions_max < 16 && sample(p, o).promoted.empty()) ++o.executions_max;
  const sample_result first = sample(p, o);
  ASSERT_EQ(first.promoted, std::vector<std::string>{"account.hint"});
  for (const sampled_finding& f : first.findings) EXPECT_TRUE(f.points.empty());

  // The same numbers with the field promoted from the beginning have more points.
  o.points = {"account.hint"};
  const sample_result promoted = sample(p, o);
  EXPECT_GT(promoted.points, first.points);

  // Later executions are those of a run that knew the field all the time.
  sample_options later = o;
  o.points.clear();
  const std::uint64_t known = o.executions_max;
  later.executions_max = o.executions_max = 512;
  EXPECT_EQ(sample(p, o).points - first.points, sample(p, later).points - promoted.points) << known;
  const sample_result one = sample(p, o);
  for (const unsigned jobs : {2u, 3u}) {
    o.jobs = jobs;
    expect_equal(one, sample(p, o));
  }
}

TEST(sample, run_again_gives_the_same_digest_and_title) {
  const program p = many_bugs();
  for (const char* strategy : {"portfolio", "urw", "surw", "feedback", "frontier"}) {
    sample_options o;
    o.strategy = strategy;
    o.keep_going = true;
    o.executions_max = 5000;
    o.jobs = 2;
    o.each.seed = 7;
    const sample_result r = sample(p, o);
    ASSERT_GE(r.findings.size(), 2u);
    engine used;
    for (const sampled_finding& f : r.findings) {
      engine fresh;
      const execution_result a = run_again(fresh, p, f);
      const execution_result b = run_again(used, p, f);
      EXPECT_EQ(a.digest, b.digest) << "an engine's past is no input";
      EXPECT_EQ(fresh.last_finding().title, f.what.title);
      EXPECT_EQ(used.last_finding().title, f.what.title);
      EXPECT_EQ(fresh.last_finding().detail, f.what.detail);
      EXPECT_EQ(fresh.last_finding().at, f.what.at);
    }
  }
}

// A body that works on what the setup made, frees it and makes more under the same names.
TEST(sample, a_setup_that_is_put_back_is_the_setup) {
  program p = on_account({deposit_in_haste, deposit, [](account* a) {
                            KFUNC();
                            auto* mine = kzalloc<account>(gfp::kernel);
                            if (mine != nullptr) kfree(mine);
                            a->audits += 1;
                          }});
  p.check = [](void* a) {
    kfree(kzalloc<account>(gfp::kernel)), deposit(static_cast<account*>(a));
  };
  sample_options o;
  o.executions_max = 3000;
  o.keep_going = true;
  const sample_result anew = sample(p, o);
  p.same_setup = true;
  const sample_result put_back = sample(p, o);
  EXPECT_EQ(anew.digest, put_back.digest);
  EXPECT_EQ(anew.operations, put_back.operations);
  EXPECT_EQ(anew.findings.size(), put_back.findings.size());
  EXPECT_FALSE(anew.findings.empty());
}

// All traces of a small program come up in the end: then none is unseen, and there are as many as
// the enumerator counts.
TEST(sample, counts_traces_as_the_enumerator_does) {
  program p = on_account({deposit_in_haste, deposit_in_haste});
  engine e;
  const enumeration all = enumerate(e, p, [](void*) { return std::string(); });
  for (const char* strategy : {"random", "portfolio"}) {
    sample_options o;
    o.strategy = strategy;
    o.executions_max = 1000;
    const sample_result r = sample(p, o);
    EXPECT_EQ(r.statistics.traces, all.traces) << strategy;
    EXPECT_EQ(r.statistics.looked_at, 1000u);
    EXPECT_EQ(r.statistics.once, 0u);
    EXPECT_EQ(r.statistics.pairs, 2u) << "from nobody, or from the other, who is alike";
  }
}

TEST(sample, looks_at_some_executions_or_at_all) {
  sample_options o;
  o.strategy = "random";
  o.executions_max = 2048;
  EXPECT_EQ(sample(sound_deposit(), o).statistics.looked_at, 1024u + 4u);
  o.statistics = statistics_of::all;
  EXPECT_EQ(sample(sound_deposit(), o).statistics.looked_at, 2048u);
}

// Of 2 tasks and 4 points a bug of depth 2 shows in one of 8 executions of pct:2 at least. One of
// depth 1 may be spoilt by the change point; of deeper ones nothing is known.
TEST(sample, bounds_what_pct_may_have_missed) {
  run_statistics s;
  s.tasks_max = 2;
  s.points_max = 4;
  s.pct_depth = 2;
  EXPECT_EQ(pct_miss_bound(s, 2), 1);
  s.pct_executions = 1;
  EXPECT_DOUBLE_EQ(pct_miss_bound(s, 1), 7.0 / 8);
  EXPECT_DOUBLE_EQ(pct_miss_bound(s, 2), 7.0 / 8);
  s.pct_executions = 100;
  EXPECT_LT(pct_miss_bound(s, 2), 2e-6);
  EXPECT_EQ(pct_miss_bound(s, 3), 1);
}

TEST(sample, knows_the_share_of_pct) {
  sample_options o;
  o.executions_max = 800;
  const auto executions = [&](const char* strategy) {
    o.strategy = strategy;
    return sample(sound_deposit(), o).statistics;
  };
  const run_statistics s = executions("portfolio");
  EXPECT_EQ(s.tasks_max, 3u);
  EXPECT_EQ(s.pct_executions, 87u) << "one in nine, none of the first sixteen";
  EXPECT_EQ(s.pct_depth, 3u);
  EXPECT_EQ(executions("pct:2").pct_depth, 2u);
  EXPECT_GT(executions("pct").pct_executions, 700u);
  EXPECT_EQ(executions("pct-fair:3").pct_executions, 0u) << "it gives no guarantee";
  EXPECT_EQ(executions("random").pct_depth, 0u);
}

// Which engine ran an execution, and what that engine did before, cannot be told from the result.
TEST(sample, an_engine_has_no_memory) {
  const program programs[] = {lost_deposit(), sound_deposit(), many_bugs()};
  engine used;
  for (const char* name : {"random", "pct:3", "pos", "portfolio", "round-robin"}) {
    const auto choose = make_strategy(name);
    const auto again = make_strategy(name);
    execution_options o;
    for (o.number = 0; o.number < 5; ++o.number)
      for (const program& p : programs) {
        engine fresh;
        const execution_result a = used.run(p, *choose, o);
        const execution_result b = fresh.run(p, *again, o);
        ASSERT_EQ(a.digest, b.digest) << name << ' ' << o.number;
        ASSERT_EQ(a.points, b.points);
        ASSERT_EQ(used.last_finding().title, fresh.last_finding().title);
      }
  }
}

}  // namespace
}  // namespace iorace::this_file
