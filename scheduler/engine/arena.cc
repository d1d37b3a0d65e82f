// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/arena.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <sys/mman.h>

#ifdef IORACE_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "scheduler/engine/check.h"

namespace iorace {
namespace {

void* map(std::size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(p != MAP_FAILED, "no address space for the run arena");
  return p;
}

// In one piece, so that the compiler can do several at a time.
cell owned(cell shape, object_id object) {
  return std::bit_cast<cell>(std::bit_cast<std::uint64_t>(shape) |
                             std::bit_cast<std::uint64_t>(cell{.object = object, .bad = 0}));
}

}  // namespace

arena::arena(std::size_t bytes)
    : base_(static_cast<char*>(map(bytes))),
      cells_(static_cast<cell*>(map(bytes / granule * sizeof(cell)))),
      histories_(static_cast<history*>(map(bytes / granule * sizeof(history)))),
      capacity_(bytes) {
#ifdef IORACE_ASAN
  ASAN_POISON_MEMORY_REGION(base_, capacity_);
#endif
}

arena::~arena() {
#ifdef IORACE_ASAN
  ASAN_UNPOISON_MEMORY_REGION(base_, capacity_);
#endif
  munmap(histories_, capacity_ / granule * sizeof(history));
  munmap(cells_, capacity_ / granule * sizeof(cell));
  munmap(base_, capacity_);
}

void* arena::allocate(std::size_t bytes, object_id object, std::span<const cell> shape) {
  if (bytes > capacity_) return nullptr;
  const std::size_t body = (bytes + granule - 1) & ~(granule - 1);
  const std::size_t whole = (body + granule + 15) & ~std::size_t{15};
  if (whole > capacity_ - used_) return nullptr;
  char* p = base_ + used_;
  used_ += whole;
  cell* c = &at(p);
  const cell* const good = c + body / granule;
  const cell* const end = c + whole / granule;
  for (std::size_t left = shape.empty() ? 0 : bytes / granule; left != 0;) {
    const std::size_t n = std::min(left, shape.size());
    for (std::size_t i = 0; i < n; ++i) c[i] = owned(shape[i], object);
    c += n;
    left -= n;
  }
  const cell body_cell = owned({.bad = 0}, object), red_zone = owned({.bad = 1}, object);
  for (; c != good; ++c) *c = body_cell;
  for (; c != end; ++c) *c = red_zone;
#ifdef IORACE_ASAN
  ASAN_UNPOISON_MEMORY_REGION(p, bytes);
#endif
  std::memset(p, 0, bytes);
  return p;
}

void arena::reset() {
#ifdef IORACE_ASAN
  ASAN_POISON_MEMORY_REGION(base_, used_);
#endif
  used_ = 0;
  if (++execution_ != 0) return;
  std::fill_n(histories_, capacity_ / granule, history{});  // once in 2^32 executions
  execution_ = 1;
}

void arena::save(image& to) const {
  to.bytes.assign(base_, base_ + used_);
  to.cells.assign(cells_, cells_ + used_ / granule);
}

void arena::restore(const image& from) {
  used_ = from.bytes.size();
  std::memcpy(base_, from.bytes.data(), used_);
  std::copy(from.cells.begin(), from.cells.end(), cells_);
}

}  // namespace iorace
