// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that count executions: the release build makes all of them. Sanitizers are slow, and
// what they look for shows in few.
#pragma once

namespace iorace {

#if defined(IORACE_TSAN) || defined(IORACE_ASAN)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif

template <class T>
constexpr T in_this_build(T all, T few) {
  return under_sanitizer ? few : all;
}

}  // namespace iorace
