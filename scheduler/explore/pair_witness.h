// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which reads-from pairs the executions of any strategy show.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "scheduler/strategies/reads_from.h"

namespace iorace {

// Lets another strategy decide and notes which pairs its execution shows.
class pair_witness final : public strategy {
 public:
  // `room_bits`: how much it remembers of what it has handed out, as scratch_map.
  explicit pair_witness(strategy& inner, unsigned room_bits = 16)
      : inner_(inner), seen_(room_bits) {}
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override {
    return inner_.draw(task, site, n, kind);
  }
  // Hands out the hashes of pairs, each at least once and seldom again.
  std::vector<std::uint64_t> take() { return std::exchange(fresh_, {}); }

 private:
  strategy& inner_;
  reads_from reads_;
  scratch_map<bool> seen_;  // what was handed out; forgotten when it is full
  std::vector<std::uint64_t> fresh_;
};

}  // namespace iorace
