// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/sample_state.h"

#include <gtest/gtest.h>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/account_test.h"

namespace iorace::this_file {
namespace {

struct board {
  mutex lock;
  shared<int> hint;
  shared<int> score;
};
IORACE_DESCRIBE(board, "board", lock, hint, score);

void trust_the_hint(board* b) {
  KFUNC();
  if (READ_ONCE(b->score) == 0) return;
  const int first = b->hint;
  BUG_ON(first != b->hint);
}
void write_the_hint(board* b) {
  KFUNC();
  b->hint = 1;
}
void score_in_haste(board* b) {
  KFUNC();
  const int v = READ_ONCE(b->score);
  mutex_lock(&b->lock);
  WRITE_ONCE(b->score, v + 1);
  mutex_unlock(&b->lock);
}

// A data race, whose field becomes a point, and a lost update: several titles, and something to
// learn for every strategy.
program several_bugs() {
  program p;
  p.setup = [] {
    auto* b = make<board>();
    mutex_init(&b->lock);
    return static_cast<void*>(b);
  };
  for (const auto body : {trust_the_hint, write_the_hint, score_in_haste, score_in_haste})
    p.cpu([body](void* b) { body(static_cast<board*>(b)); });
  p.check = [](void* b) { BUG_ON(static_cast<board*>(b)->score != 2); };
  return p;
}

// All of a result, and all that is needed to run its findings again.
std::string all_of(const sample_result& r) {
  sample_state s;
  s.result = r;
  return to_text(s);
}

sample_state reread(const std::string& text) {
  auto s = parse_state(text);
  EXPECT_TRUE(s) << s.error().in("state");
  return std::move(*s);
}

sample_options options_for(const char* strategy, std::uint64_t executions) {
  sample_options o;
  o.strategy = strategy;
  o.keep_going = true;
  o.executions_max = executions;
  o.each.seed = 7;
  return o;
}

// The tutorial: a run hands out its states; as text one of them can wait for another process, which
// goes on from it as if nothing had happened.
TEST(sample_state, a_run_goes_on_from_its_text) {
  const program p = several_bugs();
  sample_options o = options_for("portfolio", 1000);
  const std::string whole = all_of(sample(p, o));

  std::string text;
  o.checkpoint = [&](const sample_state& s) {
    if (s.result.executions == 250) text = to_text(s);
  };
  o.executions_max = 250;
  sample(p, o);
  o.executions_max = 1000;
  EXPECT_EQ(all_of(sample(p, o, reread(text))), whole);
}

constexpr std::size_t one_state_in = in_this_build(1, 20);

TEST(sample_state, any_merge_is_a_good_place_to_go_on_from) {
  const program p = several_bugs();
  for (const char* strategy : {"portfolio", "pct:3", "urw", "feedback", "frontier"}) {
    SCOPED_TRACE(strategy);
    sample_options o = options_for(strategy, 600);
    std::vector<std::string> states;
    o.checkpoint = [&](const sample_state& s) { states.push_back(to_text(s)); };
    const std::string whole = all_of(sample(p, o));
    o.checkpoint = nullptr;
    ASSERT_GT(states.size(), 40u);
    for (std::size_t i = 0; i < states.size(); i += one_state_in) {
      ASSERT_EQ(to_text(reread(states[i])), states[i]);
      o.jobs = 1 + o.jobs % 3;
      ASSERT_EQ(all_of(sample(p, o, reread(states[i]))), whole);
    }
  }
}

// Executes `o` in pieces of some 6,500 executions, each of which goes on from the text of the last
// one. Returns how many of them ended in the middle of a batch.
unsigned in_pieces(const program& p, sample_options o, sample_result& all) {
  sample_state state;
  unsigned cuts = 0;
  o.checkpoint = [&](const sample_state& s) { state = reread(to_text(s)); };
  while (state.result.executions < o.executions_max) {
    const std::uint64_t enough = state.result.executions + 6500;
    o.stop = [&](const sample_progress& now) { return now.executions > enough; };
    const sample_state from = state;
    cuts += sample(p, o, from).stopped && state.result.executions != state.batch_end;
  }
  all = state.result;
  all.stopped = false;
  return cuts;
}

// A large batch is merged in pieces, and a run can be stopped in the middle of one. Where two jobs
// are stopped is up to the machine: a pass may have few such places, so it is made anew.
TEST(sample_state, the_middle_of_a_batch_is_one_too) {
  const program p = several_bugs();
  sample_options o = options_for("portfolio", 45'000);
  const std::string whole = all_of(sample(p, o));
  for (o.jobs = in_this_build(1u, 2u); o.jobs <= 2; ++o.jobs) {
    unsigned cuts = 0;
    for (int pass = 0; cuts < 3 && pass < 50; ++pass) {
      sample_result pieces;
      cuts += in_pieces(p, o, pieces);
      ASSERT_EQ(all_of(pieces), whole);
    }
    EXPECT_GE(cuts, 3u);
  }
}

TEST(sample_state, more_executions_than_were_meant_at_first) {
  const program p = several_bugs();
  sample_state state;
  for (const std::uint64_t executions : {1u, 2u, 17u, 100u, 101u, 900u}) {
    sample_options o = options_for("surw", executions);
    o.checkpoint = [&](const sample_state& s) { state = reread(to_text(s)); };
    const sample_state from = state;
    const std::string result = all_of(sample(p, o, from));
    o.checkpoint = nullptr;
    EXPECT_EQ(result, all_of(sample(p, o))) << executions;
  }
}

TEST(sample_state, a_copy_is_good_for_more_than_one_run) {
  const program p = several_bugs();
  sample_options o = options_for("portfolio", 1000);
  std::vector<sample_state> states;
  o.checkpoint = [&](const sample_state& s) { states.push_back(s); };
  const std::string whole = all_of(sample(p, o));
  o.checkpoint = nullptr;
  for (std::size_t i = 0; i < states.size(); i += one_state_in) {
    const sample_state& s = states[i];
    const std::string before = to_text(s);
    ASSERT_EQ(all_of(sample(p, o, s)), whole);
    ASSERT_EQ(to_text(s), before);
  }
}

TEST(sample_state, what_has_ended_stays_so) {
  const program p = accounts();
  sample_options o = options_for("random", 10'000);
  o.keep_going = false;
  sample_state state;
  o.checkpoint = [&](const sample_state& s) { state = reread(to_text(s)); };
  const sample_result first = sample(p, o);
  ASSERT_EQ(first.findings.size(), 1u);
  const sample_state from = state;
  EXPECT_EQ(all_of(sample(p, o, from)), all_of(first));
}

TEST(sample_state, its_findings_run_again) {
  const program p = several_bugs();
  for (const char* strategy : {"portfolio", "feedback", "frontier"}) {
    sample_options o = options_for(strategy, 3000);
    std::string text;
    o.checkpoint = [&](const sample_state& s) { text = to_text(s); };
    const sample_result r = sample(p, o);
    const sample_state state = reread(text);
    ASSERT_GE(r.findings.size(), 2u);
    ASSERT_EQ(state.result.findings.size(), r.findings.size());
    for (std::size_t i = 0; i < r.findings.size(); ++i) {
      engine here, there;
      const execution_result a = run_again(here, p, r.findings[i]);
      const execution_result b = run_again(there, p, state.result.findings[i]);
      EXPECT_EQ(a.digest, b.digest);
      EXPECT_EQ(there.last_finding().title, r.findings[i].what.title);
    }
  }
}

// Text that is cut or changed is refused or taken for what it says, with all its numbers in range.
TEST(sample_state, damaged_text_is_an_error_at_worst) {
  const program p = several_bugs();
  sample_options o = options_for("feedback", 200);
  std::string text;
  o.checkpoint = [&](const sample_state& s) { text = to_text(s); };
  sample(p, o);
  constexpr std::size_t damages = in_this_build(200, 20);
  for (std::size_t size = 0; size < text.size(); size += 1 + text.size() / damages)
    EXPECT_FALSE(parse_state(std::string_view(text).substr(0, size))) << size;
  o.checkpoint = nullptr;
  o.executions_max = 400;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < text.size(); at += 1 + text.size() / damages) {
    std::string damaged = text;
    damaged[at] = damaged[at] == '9' ? '\n' : '9';
    const auto state = parse_state(damaged);
    refused += !state;
    if (state && state->result.executions <= 200) sample(p, o, *state);
  }
  EXPECT_GT(refused, damages / 10);
  EXPECT_EQ(parse_state("sample 1\n").error().what, "expected version 2");
}

}  // namespace
}  // namespace iorace::this_file
