// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/replay.h"

#include <fmt/format.h>

#include "scheduler/explore/twice.h"
#include "scheduler/record/capture.h"
#include "scheduler/strategies/replay.h"

namespace iorace {
namespace {

// What of the rest of the trace is not as it says; empty if everything is.
std::string drift_text(const expectation& want, const replay_report& got) {
  const std::vector<step_text> steps = steps_of(got.steps);
  const auto at = want.steps.empty() ? std::nullopt : first_difference(want.steps, steps);
  const auto line = [&](const std::vector<step_text>& s) {
    return *at < s.size() ? "'" + to_text(s[*at]) + "'" : std::string("the end");
  };
  if (at) return fmt::format("step {} is {}, expected {}", *at + 1, line(steps), line(want.steps));
  if (want.digest && *want.digest != got.digest)
    return want.steps.empty()
               ? "the digest differs, and the trace has no steps to compare"
               : "the steps are the same, the digest is not: the setup, the check or a value "
                 "differs";
  if (want.detail && *want.detail != got.detail)
    return fmt::format("the verdict is of '{}', expected '{}'", got.detail, *want.detail);
  return {};
}

bool as_expected(const expectation& want, const replay_report& got) {
  return (!want.verdict || *want.verdict == got.verdict) &&
         (!want.title || *want.title == got.title);
}

// What of the trace names something that the execution did not have; empty if everything was there.
std::string lost_text(const engine& e, const replay& followed, const replay_input& in,
                      const replay_report& got) {
  // Anchors at such a field are lost because of it.
  if (const std::string* field = e.objects.promoted_in_vain())
    return fmt::format("[points] {}: there is no such field", *field);
  if (const auto lost = followed.lost(got.result.how)) return to_text(*lost, in.plan);
  return {};
}

std::string changed_text(const expectation& want, const replay_report& got) {
  // A title names its verdict, but a person may have edited one of them.
  const bool only_verdict = want.title && *want.title == got.title;
  const auto called = [only_verdict](const std::string& verdict, const std::string& title) {
    return title.empty() || only_verdict ? verdict : title;
  };
  return fmt::format("got {}, expected {}", called(got.verdict, got.title),
                     called(want.verdict.value_or("none"), want.title.value_or("")));
}

}  // namespace

const char* name_of(replay_status s) {
  constexpr const char* names[] = {"same", "drifted",          "changed",
                                   "lost", "nondeterministic", "malformed"};
  return names[static_cast<unsigned>(s)];
}

expectation expectation_of(const execution_result& result, const finding& f, const recording& r) {
  return {.verdict = f.kind == verdict::none ? "none" : f.name,
          .title = f.title,
          .detail = f.detail,
          .digest = result.digest,
          .steps = steps_of(r)};
}

replay_report replay_trace(engine& e, const program& p, const replay_input& in,
                           const expectation& want) {
  const engine_names n(e);
  replay follow(in.plan, n);
  e.promote(in.points);
  replay_report got;
  finding differing;
  got.result = run_twice(e, p, follow, in.options, differing);
  const bool different = differing.kind != verdict::none;
  const finding& f = different ? differing : e.last_finding();
  got.verdict = f.kind == verdict::none ? "none" : f.name;
  got.title = f.title;
  got.detail = f.detail;
  got.digest = got.result.digest;
  got.steps = capture(e);
  if (different) {
    got.status = replay_status::nondeterministic;
    got.what = differing.detail;
    return got;
  }
  const bool expected = as_expected(want, got);
  const std::string drift = drift_text(want, got);
  if (expected && want.digest && drift.empty()) return got;
  if (const std::string what = lost_text(e, follow, in, got); !what.empty()) {
    got.status = replay_status::lost;
    got.what = what;
    if (!expected) got.what += "; " + changed_text(want, got);
  } else if (!expected) {
    got.status = replay_status::changed;
    got.what = changed_text(want, got);
  } else if (!drift.empty()) {
    got.status = replay_status::drifted;
    got.what = drift;
  }
  return got;
}

}  // namespace iorace
