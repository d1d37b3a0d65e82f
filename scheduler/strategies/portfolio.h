// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The default: a fixed rotation by the number of the execution, so that no class of bugs is left to
// a single strategy's luck. Of every nine executions two each are surw and frontier, one each is
// feedback, pos, pct:3, random and urw; the first sixteen are surw and feedback in turn, which
// learn the most from the first. What they learn, they learn from their own executions.
#pragma once

#include <array>

#include "scheduler/strategies/strategy.h"

namespace iorace {

class portfolio final : public strategy {
 public:
  static constexpr std::size_t members = 7;
  static constexpr unsigned pct_depth = 3;
  portfolio();
  // Returns the name of the strategy that has execution `number`.
  static const char* member(std::uint64_t number);

  void recall(const knowledge* known) override;
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override { return now_->pick(view); }
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override {
    return now_->draw(task, site, n, kind);
  }
  bool report(lesson& to, ended how) const override { return now_->report(to, how); }

 private:
  std::array<std::unique_ptr<strategy>, members> members_;
  strategy* now_ = nullptr;
};

}  // namespace iorace
