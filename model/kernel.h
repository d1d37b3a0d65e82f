// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The small change of kernel code: errors as pointers, sizes, alignment, overflow checks.
// Kernel: include/linux/{err,align,overflow,container_of,xarray}.h @ 6.12.117, facts only.
#pragma once

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>

#include "scheduler/engine/describe.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/tasks.h"

namespace iorace::kern {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

inline constexpr unsigned PAGE_SHIFT = 12;
inline constexpr unsigned long PAGE_SIZE = 1ul << PAGE_SHIFT;
inline constexpr unsigned long HPAGE_SIZE = 1ul << 21;
inline constexpr long MAX_ERRNO = 4095;

// ERR_PTR(rc) converts to any pointer, as the kernel's void* does in C.
struct err_ptr {
  long rc;
  template <class T>
  operator T*() const {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(rc));
  }
};
constexpr err_ptr ERR_PTR(long rc) { return {rc}; }
inline long PTR_ERR(const void* p) {
  return static_cast<long>(reinterpret_cast<std::uintptr_t>(p));
}
inline bool IS_ERR(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) >= static_cast<std::uintptr_t>(-MAX_ERRNO);
}
inline err_ptr ERR_CAST(const void* p) { return {PTR_ERR(p)}; }

constexpr unsigned long ALIGN_DOWN(unsigned long x, unsigned long a) { return x & ~(a - 1); }
constexpr unsigned long ALIGN(unsigned long x, unsigned long a) { return (x + a - 1) & ~(a - 1); }
constexpr unsigned long DIV_ROUND_UP(unsigned long x, unsigned long d) { return (x + d - 1) / d; }
constexpr unsigned long roundup_pow_of_two(unsigned long x) {
  return x <= 1 ? 1 : 1ul << (64 - __builtin_clzl(x - 1));
}
inline bool check_add_overflow(unsigned long a, unsigned long b, unsigned long* sum) {
  return __builtin_add_overflow(a, b, sum);
}

}  // namespace iorace::kern

// Requires: `type` is a standard-layout struct.
#define container_of(ptr, type, member) \
  reinterpret_cast<type*>(reinterpret_cast<char*>(ptr) - offsetof(type, member))
