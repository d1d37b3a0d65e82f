// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <gtest/gtest.h>

#include "scheduler/explore/account_test.h"
#include "scheduler/explore/keep.h"
#include "scheduler/explore/replay.h"
#include "scheduler/record/columns.h"

namespace iorace::this_file {
namespace {

constexpr std::string_view race =
    "cpu1 until write_balance mutex_lock account#1.lock\n"
    "cpu2\n";

replay_input input(std::string_view text) {
  return {.plan = *parse_schedule(text), .points = {}, .options = {}};
}

expectation traced(const program& p, const replay_input& in) {
  engine e;
  const kept_execution k = keep(e, p, in.plan, in.options, in.points);
  return expectation_of(k.result, k.what, k.steps);
}

// A trace promises an execution; replay says whether the promise holds.
TEST(replay_trace, says_that_an_execution_is_the_same) {
  engine e;
  const program p = accounts();
  const expectation want = traced(p, input(race));
  EXPECT_EQ(want.title, "kernel-bug in setup");
  const replay_report got = replay_trace(e, p, input(race), want);
  EXPECT_EQ(got.status, replay_status::same) << got.what;
  EXPECT_EQ(got.what, "");
  EXPECT_EQ(got.verdict, "kernel-bug");
}

TEST(replay_trace, an_unrelated_operation_makes_it_drift) {
  engine e;
  const replay_report got =
      replay_trace(e, accounts({.audited = true}), input(race), traced(accounts(), input(race)));
  EXPECT_EQ(got.status, replay_status::drifted);
  EXPECT_EQ(got.what,
            "step 1 is 'cpu1 pay write_once account#1.audits -> 1', expected 'cpu1 read_balance "
            "mutex_lock account#1.lock'");
}

TEST(replay_trace, a_repair_changes_it) {
  engine e;
  const expectation want =
      traced(accounts(), input("cpu1 until pay mutex_lock account#1.lock\ncpu2\n"));
  EXPECT_EQ(want.verdict, "none");
  const program p = accounts({.repaired = true});
  replay_report got = replay_trace(e, p, input("cpu2\n"), traced(accounts(), input(race)));
  EXPECT_EQ(got.status, replay_status::changed);
  EXPECT_EQ(got.what, "got none, expected kernel-bug in setup");
}

TEST(replay_trace, a_renamed_function_loses_it) {
  engine e;
  const replay_report got =
      replay_trace(e, accounts({.renamed = true}), input(race), traced(accounts(), input(race)));
  EXPECT_EQ(got.status, replay_status::lost);
  EXPECT_EQ(
      got.what,
      "cpu1 until write_balance mutex_lock account#1.lock: its task ended or blocked before it "
      "came there; got none, expected kernel-bug in setup");
}

TEST(replay_trace, a_renamed_field_loses_it) {
  engine e;
  const program p = accounts();
  replay_input in = input(race);
  in.points = {"account.balance", "elsewhere.balance"};
  expectation want = traced(p, in);
  EXPECT_EQ(replay_trace(e, p, in, want).status, replay_status::same);
  in.points = {"account.balnace"};
  EXPECT_EQ(replay_trace(e, p, in, want).status, replay_status::same) << "it was not needed";
  want.digest.reset();
  const replay_report got = replay_trace(e, p, in, want);
  EXPECT_EQ(got.status, replay_status::lost);
  EXPECT_EQ(got.what, "[points] account.balnace: there is no such field");
}

// Who edits what was recorded, or loses some of it, hears of it.
TEST(replay_trace, compares_all_that_a_trace_says) {
  engine e;
  const program p = accounts();
  const expectation want = traced(p, input(race));
  const auto drift = [&](auto change) {
    expectation edited = want;
    change(edited);
    const replay_report got = replay_trace(e, p, input(race), edited);
    EXPECT_EQ(got.status, replay_status::drifted) << got.what;
    return got.what;
  };
  EXPECT_EQ(drift([](expectation& w) { w.steps[1].task = "cpu9"; }),
            "step 2 is '" + to_text(want.steps[1]) + "', expected 'cpu9" +
                to_text(want.steps[1]).substr(4) + "'");
  EXPECT_EQ(drift([](expectation& w) { w.steps.resize(3); }),
            "step 4 is '" + to_text(want.steps[3]) + "', expected the end");
  EXPECT_EQ(drift([](expectation& w) { w.detail = "x"; }),
            "the verdict is of '" + *want.detail + "', expected 'x'");
  EXPECT_EQ(drift([](expectation& w) { w.digest = 1; }),
            "the steps are the same, the digest is not: the setup, the check or a value differs");
  expectation other = want;
  other.verdict = "leak";
  EXPECT_EQ(replay_trace(e, p, input(race), other).what, "got kernel-bug, expected leak");
}

TEST(replay_trace, what_depends_on_the_outside_is_nondeterministic) {
  engine e;
  int outside = 0;
  program p = accounts({.cpus = 1});
  p.cpu([&outside](void* a) { WRITE_ONCE(static_cast<account*>(a)->audits, ++outside); });
  EXPECT_EQ(replay_trace(e, p, input(""), {}).status, replay_status::nondeterministic);
}

TEST(replay_trace, what_a_trace_leaves_out_is_not_compared) {
  engine e;
  EXPECT_EQ(replay_trace(e, accounts(), input(race), {}).status, replay_status::same);
  EXPECT_EQ(
      replay_trace(e, accounts(), input(race),
                   {.verdict = "kernel-bug", .title = {}, .detail = {}, .digest = {}, .steps = {}})
          .status,
      replay_status::same);
  EXPECT_EQ(replay_trace(e, accounts(), input("cpu7\n"), {}).status, replay_status::lost);
}

TEST(relocate, finds_the_new_name_of_a_function) {
  engine e;
  const program p = accounts({.renamed = true});
  const expectation want = traced(accounts(), input(race));
  const auto proposal = relocate(e, p, input(race), want);
  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(to_text(*proposal),
            "cpu1 until set_balance mutex_lock account#1.lock\n"
            "cpu2\n");
  EXPECT_EQ(replay_trace(e, p, {.plan = *proposal, .points = {}, .options = {}}, want).status,
            replay_status::drifted)
      << "steps name their functions";
}

TEST(relocate, finds_several_anchors_at_once_and_drops_what_is_gone) {
  engine e;
  const program p = accounts({.renamed = true});
  const std::string_view longer =
      "cpu3 until write_balance mutex_lock account#1.lock #2\n"
      "cpu1 until write_balance mutex_lock account#1.lock\n"
      "cpu9\n"
      "cpu2\n"
      "choose cpu1:pay:how#1 1\n";
  const expectation want = traced(accounts(), input(race));
  const auto proposal = relocate(e, p, input(longer), want);
  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(replay_trace(e, p, {.plan = *proposal, .points = {}, .options = {}}, want).status,
            replay_status::drifted)
      << to_text(*proposal);
}

TEST(relocate, gives_up_when_the_race_is_gone) {
  engine e;
  EXPECT_FALSE(
      relocate(e, accounts({.repaired = true}), input(race), traced(accounts(), input(race)))
          .has_value());
}

TEST(keep, an_execution_found_by_sampling_is_drawn_and_replayed) {
  engine e;
  const program p = accounts({.cpus = 2, .payments = 1});
  const sample_result s = sample(p, {});
  ASSERT_EQ(s.findings.size(), 1u);
  const kept_execution k = keep(e, p, s.findings[0]);
  EXPECT_EQ(k.what.title, s.findings[0].what.title);
  const replay_input in{.plan = k.plan, .points = k.points, .options = {}};
  EXPECT_EQ(replay_trace(e, p, in, expectation_of(k.result, k.what, k.steps)).status,
            replay_status::same);
  EXPECT_NE(columns(k.steps).find("kernel-bug"), std::string::npos) << columns(k.steps);
}

}  // namespace
}  // namespace iorace::this_file
