// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of what piles up.
#pragma once

#include <cstddef>
#include <fstream>
#include <malloc.h>
#include <unistd.h>

#ifdef IORACE_ASAN
#include <sanitizer/allocator_interface.h>
#endif

namespace iorace {

// What malloc has given out and not got back, and what the process keeps of the machine.
inline std::size_t allocated_kib() {
#ifdef IORACE_ASAN
  return __sanitizer_get_current_allocated_bytes() / 1024;
#else
  return mallinfo2().uordblks / 1024;
#endif
}
inline std::size_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

// The sanitizers keep freed memory and histories of their own, up to a limit.
// ThreadSanitizer's grows with the number of fibers that it has ever seen.
#if defined(IORACE_ASAN)
inline constexpr std::size_t slack_kib = 384 * 1024;
#elif defined(IORACE_TSAN)
inline constexpr std::size_t slack_kib = 4096 * 1024;
#else
inline constexpr std::size_t slack_kib = 4096;
#endif

}  // namespace iorace
