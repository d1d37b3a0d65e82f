// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/frames.h"

#include "scheduler/engine/points.h"
#include "scheduler/engine/scope.h"

namespace iorace {

void engine::frame_enter(const char* function, bool call) {
  if (peeking()) return;
  task& t = *me_;
  const scheduler_scope scope(t.context);
  frames_.push_back({function, t.frame, ++frame_instances_, call});
  t.frame = static_cast<std::uint32_t>(frames_.size() - 1);
}

void engine::frame_leave() {
  if (peeking()) return;
  task& t = *me_;
  t.frame = frames_[t.frame].parent;
}

void frame_enter(const char* function) {
  engine::current().frame_enter(function, false);
#ifdef IORACE_TSAN
  engine::current().frame_opened_at(__builtin_return_address(0));
#endif
}
void call_enter(const char* label) { engine::current().frame_enter(label, true); }
void frame_leave() { engine::current().frame_leave(); }

}  // namespace iorace
