// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The default: a fixed rotation by the number of the execution, so that no class of bugs is left to
// a single strategy's luck. Of every four executions one is random, one is pct:3, and two are pos.
#pragma once

#include <array>

#include "scheduler/strategies/strategy.h"

namespace iorace {

class portfolio final : public strategy {
 public:
  portfolio();
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override { return now_->pick(view); }
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override {
    return now_->draw(task, site, n, kind);
  }

 private:
  std::array<std::unique_ptr<strategy>, 3> members_;
  strategy* now_ = nullptr;
};

}  // namespace iorace
