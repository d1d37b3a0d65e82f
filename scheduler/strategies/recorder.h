// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Recorder: a decorator that writes down, as a schedule, what another strategy decides. Replaying
// the schedule makes the same execution: the same picks, the same answers, the same digest. It
// allocates, so it is put around a strategy only for the execution that is to be kept.
#pragma once

#include <map>
#include <string>

#include "scheduler/record/names.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/standing.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class recorder final : public strategy {
 public:
  // Both must outlive the recorder.
  recorder(strategy& inner, const names& n) : inner_(inner), names_(n), places_(n) {}

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

  // The schedule of the execution so far: a switch away from a task that could have gone on is
  // anchored to the operation it was about to execute; choices with the dull answer are left out.
  const struct schedule& recorded() const { return schedule_; }

 private:
  strategy& inner_;
  const names& names_;
  struct schedule schedule_;
  standing_places places_;
  std::map<std::string, std::uint32_t> sites_;  // how often each has come up, per task
  task_id last_ = no_task;
};

}  // namespace iorace
