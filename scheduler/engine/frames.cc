// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/frames.h"

#include <algorithm>

#include "scheduler/engine/points.h"

namespace iorace {

void engine::make_frame_room() {
  frame_room_ = std::max(1u << 10, frame_room_ * 2);
  frames_.resize(frame_room_);
}

// There is no room for one more frame.
void engine::enter_behind(const char* function, bool call) {
  const scheduler_scope scope(me_->context);
  make_frame_room();
  frame_enter(function, call);
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
