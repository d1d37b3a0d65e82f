// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The narrow interface behind which every way of choosing a schedule lives. A strategy is a
// function of what it is shown and of its seed: integers only, no clocks, no addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "scheduler/engine/execution.h"
#include "scheduler/engine/operation.h"

namespace iorace {

class object_table;
struct knowledge;
struct lesson;

// The state at a point. Valid during pick() only.
struct choice_view {
  const pending_op* pending;     // by task; what each unfinished task is about to do
  const std::uint64_t* enabled;  // bit set: task t is bit t % 64 of word t / 64
  unsigned words;
  unsigned enabled_count;                 // at least 1
  unsigned tasks;                         // ids are 1 .. tasks - 1 (0 is setup, never enabled here)
  task_id current;                        // who stopped here; no_task at the start and at an exit
  std::uint32_t point;                    // 0 for the first point of the execution
  const object_table* objects = nullptr;  // what the places belong to
  bool is_enabled(task_id t) const { return (enabled[t / 64] >> (t % 64) & 1) != 0; }
};

enum class draw_kind : std::uint8_t { choice, fault };

// Invariants: begin() comes before anything of an execution, its setup included; pick() returns an
// enabled task, which then executes its pending operation; neither blocks or makes operations.
class strategy {
 public:
  virtual ~strategy();
  // A new execution begins; `o` outlives it.
  virtual void begin(const execution_options& o) = 0;
  virtual task_id pick(const choice_view& view) = 0;
  // Returns a number in [0, n) for the choice event that `task` executes now; `site` is stable.
  virtual std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) = 0;

  // Learning, see knowledge.h. What the run knows, from the next begin() on; null: nothing yet.
  // `known` outlives the executions.
  virtual void recall(const knowledge*) {}
  // Writes what the latest execution, which ended so, taught to `to`. Returns false if it was
  // nothing.
  virtual bool report(lesson&, ended) const { return false; }
};

// Makes the strategy called "name" or "name:argument" ("random", "pct:3"); null if there is none or
// the argument is out of range. `list strategies` reads the table in strategies.cc.
std::unique_ptr<strategy> make_strategy(std::string_view text);

struct strategy_info {
  const char* name;
  const char* argument;
  const char* summary;
};
std::span<const strategy_info> strategies();
// What is wrong with a text that make_strategy() refuses, and what was expected.
std::string strategy_error(std::string_view text);

}  // namespace iorace
