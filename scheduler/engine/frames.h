// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The frame stack: KFUNC() opens each modelled function. Anchors, columns, call paths and titles
// come from it. Frames are kept for the whole execution, so a step can name its call path later.
#pragma once

namespace iorace {

// Out of line: the stack belongs to the scheduler, not to instrumented code.
void frame_enter(const char* function);
void frame_leave();
// The label of a program's call ("ioas_unmap(ioas#1, ...)"): opaque to the scheduler, the outermost
// frame of everything under it. `label` must outlive the execution.
void call_enter(const char* label);

class frame_scope {
 public:
  explicit frame_scope(const char* function) { frame_enter(function); }
  frame_scope(const frame_scope&) = delete;
  frame_scope& operator=(const frame_scope&) = delete;
  ~frame_scope() { frame_leave(); }
};

}  // namespace iorace

#define KFUNC() const ::iorace::frame_scope kfunc_frame_(__func__)
