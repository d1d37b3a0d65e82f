// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The model is edited for ever, and traces have to outlive edits. This header is included (by the
// compiler's -include) before every file of a second copy of the model, and of no other: there
// KFUNC() also calls inserted_point(), so that a test can put an operation of its own at the
// beginning of every modelled function.
#pragma once

#include "scheduler/engine/frames.h"

namespace iorace {

// Called at the beginning of `function`, inside its frame. The test defines it.
void inserted_point(const char* function);

}  // namespace iorace

#undef KFUNC
#define KFUNC()                                       \
  const ::iorace::frame_scope kfunc_frame_(__func__); \
  ::iorace::inserted_point(__func__)
