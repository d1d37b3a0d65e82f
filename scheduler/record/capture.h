// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// From the engine to names: its execution as a recording, and its names for those who replay.
#pragma once

#include "scheduler/engine/engine.h"
#include "scheduler/record/names.h"
#include "scheduler/record/recording.h"

namespace iorace {

// The names of the execution in progress. Requires: the engine outlives it.
class engine_names final : public names {
 public:
  explicit engine_names(const engine& e) : engine_(e) {}
  std::string_view task(task_id t) const override;
  std::string_view function(task_id t) const override;
  std::string_view place(const pending_op& op, std::span<char> buffer) const override;

 private:
  const engine& engine_;
};

// Returns what the engine's last execution did after its setup, as far as tasks did it: the ends of
// tasks and what the final check read are left out (the digest covers them).
recording capture(const engine& e);

}  // namespace iorace
