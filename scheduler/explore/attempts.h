// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Executions next to one that ended with a finding: counted, and compared with it. Used by explain.
#pragma once

#include <cstdint>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/explain.h"
#include "scheduler/record/capture.h"
#include "scheduler/record/explanation.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/replay.h"

namespace iorace {

class attempts {
 public:
  // All of them must outlive it.
  attempts(engine& e, const program& p, const replay_input& in, const explain_options& o);

  // The execution that is to be explained. Returns false if it ends without a finding.
  bool begin();
  const recording& steps() const { return steps_; }
  // The schedule of that execution, with every switch and every choice that is not dull.
  const schedule& plan() const { return plan_; }
  // The same up to the switch `i`, whose task goes on instead.
  schedule without_stop(std::size_t i) const;

  ended execute(strategy& s);
  ended execute(const schedule& s) {
    replay follow(s, names_);
    return execute(follow);
  }
  // Of the latest execution: whether it came to an end, but not to the finding; what it ended with;
  // what it did.
  bool leads_elsewhere() const;
  instead ending() const { return {engine_.last_finding().title}; }
  recording latest() const { return capture(engine_); }

  // Returns the number of executions at which a search ends that may take so many fifths of all.
  std::uint32_t budget(std::uint32_t fifths) const;
  // Whether that number is reached, or the caller wants to stop.
  bool over(std::uint32_t end);

  const replay_input& input() const { return in_; }
  const names& called() const { return names_; }
  std::uint32_t executions() const { return executions_; }
  bool complete() const { return complete_; }

 private:
  engine& engine_;
  const engine_names names_;
  const program& program_;
  const replay_input& in_;
  const explain_options& options_;
  finding what_;
  schedule plan_;
  recording steps_;
  ended how_ = ended::finished;  // of the latest execution
  std::uint32_t executions_ = 0;
  bool stopped_ = false, complete_ = true;
};

// The nearest execution without the finding; see explain.h.
std::optional<passing_neighbour> find_neighbour(attempts& tries, std::uint32_t end);

}  // namespace iorace
