// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/twice.h"

#include <memory>

#include <gtest/gtest.h>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/sample.h"
#include "scheduler/strategies/random.h"

namespace iorace::this_file {
namespace {

struct counter {
  shared<int> v;
};
IORACE_DESCRIBE(counter, "counter", v);

void store(void* world, int v) {
  KFUNC();
  WRITE_ONCE(static_cast<counter*>(world)->v, v);
}

// A program that counts its own executions, and one that starts anew each time.
program counting(bool afresh) {
  const auto outside = std::make_shared<int>(0);
  program p;
  p.setup = [outside, afresh] {
    if (afresh) *outside = 0;
    return static_cast<void*>(make<counter>());
  };
  p.cpu([](void* world) { store(world, 7); });
  p.cpu([outside](void* world) { store(world, ++*outside); });
  return p;
}

TEST(twice_decorator, convicts_a_program_that_remembers) {
  const program p = counting(false);
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 200; ++o.number) {
    finding f;
    EXPECT_EQ(run_twice(e, p, choose, o, f).how, ended::found);
    EXPECT_EQ(f.kind, verdict::nondeterminism);
    EXPECT_EQ(f.title, "nondeterminism in store");
    EXPECT_EQ(f.execution, o.number);
    EXPECT_EQ(e.steps()[f.at].task, 2u);
    EXPECT_NE(f.detail.find("write_once counter#1.v differs"), std::string::npos) << f.detail;
  }
}

TEST(twice_decorator, acquits_a_program_that_starts_afresh) {
  const program p = counting(true);
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 200; ++o.number) {
    finding f;
    const execution_result twice = run_twice(e, p, choose, o, f);
    EXPECT_EQ(twice.how, ended::finished);
    EXPECT_EQ(f.kind, verdict::none) << f.detail;
    EXPECT_EQ(twice.digest, e.run(p, choose, o).digest);
  }
}

// The second execution may also be shorter or longer than the first.
program growing(int direction) {
  const auto outside = std::make_shared<int>(100);
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  p.cpu([outside, direction](void* world) {
    for (int i = 0; i < *outside; ++i) store(world, i);
    *outside += direction;
  });
  return p;
}

TEST(twice_decorator, compares_lengths) {
  engine e;
  random_strategy choose;
  for (const int direction : {-1, 1}) {
    finding f;
    EXPECT_EQ(run_twice(e, growing(direction), choose, {}, f).how, ended::found);
    EXPECT_EQ(f.kind, verdict::nondeterminism) << direction;
    EXPECT_GE(f.at, 99u);
  }
  finding f;
  EXPECT_EQ(run_twice(e, growing(0), choose, {}, f).how, ended::finished);
}

// What the program itself is guilty of stays what it is.
TEST(twice_decorator, lets_other_findings_through) {
  program p = counting(true);
  p.check = [](void* world) {
    KFUNC();
    BUG_ON(static_cast<counter*>(world)->v == 7);
  };
  sample_options o;
  o.strategy = "random";
  o.executions_max = 500;
  o.keep_going = true;
  const sample_result once = sample(p, o);
  o.twice = true;
  const sample_result twice = sample(p, o);
  ASSERT_EQ(once.findings.size(), 1u);
  ASSERT_EQ(twice.findings.size(), 1u);
  EXPECT_EQ(once.findings[0].what.title, twice.findings[0].what.title);
  EXPECT_EQ(once.digest, twice.digest);
}

TEST(twice_decorator, is_an_option_of_sample) {
  sample_options o;
  o.twice = true;
  o.executions_max = 500;
  const sample_result convicted = sample(counting(false), o);
  ASSERT_EQ(convicted.findings.size(), 1u);
  EXPECT_EQ(convicted.executions, 1u);
  EXPECT_EQ(convicted.findings[0].what.name, "nondeterminism");
  EXPECT_TRUE(sample(counting(true), o).findings.empty());
}

}  // namespace
}  // namespace iorace::this_file
