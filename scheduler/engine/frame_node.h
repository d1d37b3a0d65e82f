// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A call, of a function or of a program, as call paths are made of.
#pragma once

#include <cstdint>

namespace iorace {

struct frame_node {
  const char* function;
  std::uint32_t parent;
  bool call;  // a program's call label, not a function
#ifdef IORACE_TSAN
  const void* code = nullptr;  // where the function opened its frame
#endif
};

}  // namespace iorace
