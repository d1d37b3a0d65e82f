// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The strategy `bytes`: a schedule as the few places where it departs from the dullest one, so that
// a fuzzer can mutate it and any bytes are a schedule.
//
// The dullest schedule never leaves a task that can go on, then takes the lowest-numbered enabled
// task; every draw is 0. A switch says: let `after` points pass at which there was somebody else to
// pick, and at the next such point pick the `to`-th (modulo their number) of the enabled tasks
// other than the current one, in the order of their ids. Draws are used up in the order of the
// choices, each modulo the number of its alternatives.
//
// As bytes: number of switches, `after` and `to` of each, then the draws to the end (varint.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/strategies/strategy.h"

namespace iorace {

struct bytes_switch {
  std::uint32_t after = 0;  // points with an alternative that pass before it
  std::uint32_t to = 0;     // which of the others
  bool operator==(const bytes_switch&) const = default;
};

struct bytes_schedule {
  std::vector<bytes_switch> switches;
  std::vector<std::uint32_t> draws;
  bool operator==(const bytes_schedule&) const = default;
};

// Returns the schedule that the bytes are; any bytes are one.
bytes_schedule decode_schedule(std::span<const std::uint8_t> bytes);
// Appends the canonical bytes: draws end with the last one that is not 0.
void encode_schedule(const bytes_schedule& schedule, std::vector<std::uint8_t>& to);

// Follows a schedule. May be used for many executions, one after another.
class bytes_strategy final : public strategy {
 public:
  explicit bytes_strategy(bytes_schedule schedule) : schedule_(std::move(schedule)) {}
  explicit bytes_strategy(std::span<const std::uint8_t> bytes)
      : bytes_strategy(decode_schedule(bytes)) {}

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

 private:
  bytes_schedule schedule_;
  std::size_t next_switch_ = 0;
  std::size_t next_draw_ = 0;
  std::uint32_t passed_ = 0;  // points with an alternative since the last switch
};

// Lets another strategy decide and writes down what `bytes` needs to do the same: this is how a
// trace becomes a corpus file. `inner` must outlive it.
class bytes_recorder final : public strategy {
 public:
  explicit bytes_recorder(strategy& inner) : inner_(inner) {}

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;
  // The schedule of the latest execution, so far.
  const bytes_schedule& schedule() const { return schedule_; }

 private:
  strategy& inner_;
  bytes_schedule schedule_;
  std::uint32_t passed_ = 0;
};

}  // namespace iorace
