// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where each task stands, as an anchor of a schedule. For decorators; it allocates.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/record/names.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class standing_places {
 public:
  explicit standing_places(const names& n) : names_(n) {}  // which must outlive it

  // An execution begins.
  void begin();
  // To be called once per pick(), before the places are asked for.
  void look(const choice_view& view);
  // Requires: view.tasks of the latest look() is above `t`, which is not the setup's.
  const anchor& of(task_id t) const { return standing_[t]; }

 private:
  void arrive(const choice_view& view, task_id t);

  const names& names_;
  std::vector<anchor> standing_;               // by task
  std::map<std::string, std::uint32_t> seen_;  // how often each place has come up, per task
};

}  // namespace iorace
