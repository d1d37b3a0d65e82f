// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Hold: follows a schedule with the order of two operations turned round. One task is kept at a
// place until another one has passed a place of its own; then the first one catches up, and all
// goes on as the schedule has it. While a task is held, the schedule sees that it is not enabled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scheduler/record/names.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/replay.h"
#include "scheduler/strategies/standing.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

struct holding {
  std::string task;  // who is held, and where
  anchor at;
  std::string other;  // who has to pass, and what
  anchor past;
  bool at_once = false;  // meanwhile the other one runs, whatever the schedule says
  // Where the held task has caught up; nothing: when it has ended. Until then it comes first
  // whenever it can go on.
  std::optional<anchor> caught_up;
};

class hold final : public strategy {
 public:
  // All of them must outlive the strategy.
  hold(replay& follow, const holding& what, const names& n)
      : follow_(follow), what_(what), names_(n), places_(n) {}

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override {
    return follow_.draw(task, site, n, kind);
  }

  // Whether the other task has passed its place while the first one was held.
  bool turned_round() const { return phase_ == phase::catching_up || phase_ == phase::done; }

 private:
  enum class phase : std::uint8_t { before, held, catching_up, done, failed };
  task_id called(const choice_view& view, const std::string& name) const;
  bool stands(task_id t, const anchor& a) const { return t != no_task && places_.of(t) == a; }
  task_id follow_without_held(const choice_view& view);
  void step(const choice_view& view);

  replay& follow_;
  const holding& what_;
  const names& names_;
  standing_places places_;
  phase phase_ = phase::before;
  task_id held_ = no_task, other_ = no_task;
  bool passing_ = false;  // the other task executes what it has to pass
};

}  // namespace iorace
