// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verdicts and findings. A finding ends its execution: the first detector that speaks is the one
// that is heard.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "scheduler/engine/operation.h"

namespace iorace {

enum class verdict : std::uint8_t {
#define VERDICT(enumerator, name, sentence) enumerator,
#include "scheduler/engine/verdict.def"
#undef VERDICT
};

struct verdict_info {
  verdict id;
  const char* name;     // kebab-case, stable
  const char* summary;  // one sentence
};

// All verdicts in the order of the enum, `none` and `invariant` included.
std::span<const verdict_info> verdicts();

// What one execution ended with, besides "nothing".
struct finding {
  verdict kind = verdict::none;
  std::string name;         // verdict's name; an invariant's own name
  std::string title;        // stable key: "use-after-free: f v g", "kernel-warn in f"
  std::string detail;       // one line: object, both sides, what was expected
  step_id at = no_step;     // the step that convicts, if any
  step_id other = no_step;  // the other side's step, if any
  task_id task = no_task;
  task_id other_task = no_task;
  std::uint64_t execution = 0;  // number of the execution within its run
};

}  // namespace iorace
