// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/attempts.h"

#include <algorithm>
#include <utility>

#include "scheduler/strategies/recorder.h"

namespace iorace {

attempts::attempts(engine& e, const program& p, const replay_input& in, const explain_options& o)
    : engine_(e), names_(e), program_(p), in_(in), options_(o) {
  e.promote(in.points);
}

bool attempts::begin() {
  replay follow(in_.plan, names_);
  recorder r(follow, names_);
  if (execute(r) != ended::found) return false;
  what_ = engine_.last_finding();
  plan_ = r.recorded();
  steps_ = latest();
  return true;
}

schedule attempts::without_stop(std::size_t i) const {
  schedule s = plan_;
  s.segments.resize(i + 1);
  s.segments[i].until.reset();
  return s;
}

ended attempts::execute(strategy& s) {
  ++executions_;
  return how_ = engine_.run(program_, s, in_.options).how;
}

bool attempts::leads_elsewhere() const {
  const finding& f = engine_.last_finding();
  return how_ == ended::finished ||
         (how_ == ended::found && (f.name != what_.name || f.title != what_.title));
}

std::uint32_t attempts::budget(std::uint32_t fifths) const {
  return std::min(options_.executions_max, executions_ + options_.executions_max / 5 * fifths);
}

bool attempts::over(std::uint32_t end) {
  if (!stopped_ && options_.stop()) stopped_ = true;
  const bool ends = stopped_ || executions_ >= end;
  complete_ &= !ends;
  return ends;
}

}  // namespace iorace
