// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a setup left behind is put back instead of running it again. Steps and frames of the setup
// stay where they are: executions add theirs behind them.
#include "scheduler/engine/engine.h"

namespace iorace {

#if defined(IORACE_ASAN) || defined(IORACE_TSAN)
// The sanitizers have to see how memory came about.
void engine::save_setup(const program&) {}
bool engine::restore_setup(const program&) { return false; }
#else
void engine::save_setup(const program& p) {
  setup_.of = &p;
  setup_.steps = step_count_;
  setup_.frames = frame_count_;
  setup_.touched = touched_.size();
  setup_.world = world_;
  setup_.specimen = specimen;
  setup_.rcu = rcu;
  setup_.servers = servers;
  setup_.attendants = attendants_;
  memory.save(setup_.memory);
  objects.save(setup_.objects);
}

bool engine::restore_setup(const program& p) {
  if (setup_.of != &p) return false;
  step_count_ = setup_.steps;
  frame_count_ = setup_.frames;
  touched_.resize(setup_.touched);
  world_ = setup_.world;
  specimen = setup_.specimen;
  rcu = setup_.rcu;
  servers = setup_.servers;
  if (!setup_.attendants.empty()) attendants_ = setup_.attendants;
  memory.restore(setup_.memory);
  objects.restore(setup_.objects);
  return true;
}
#endif

}  // namespace iorace
