// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/lock_order.h"

namespace iorace {

void lock_order::reset() {
  if (++execution_ != 0) return;
  edges_.clear();
  execution_ = 1;
}

bool lock_order::path(std::uint32_t from, std::uint32_t to, unsigned depth) const {
  if (from == to) return true;
  if (depth == 0) return false;
  for (const edge& e : edges_)
    if (e.seen == execution_ && e.a == from && path(e.b, to, depth - 1)) return true;
  return false;
}

bool lock_order::add(std::uint32_t a, std::uint32_t b) {
  if (a == b) return false;
  for (edge& e : edges_)
    if (e.a == a && e.b == b) {
      if (e.seen == execution_) return false;
      e.seen = execution_;
      return path(b, a, static_cast<unsigned>(edges_.size()));
    }
  edges_.push_back({a, b, execution_});
  return path(b, a, static_cast<unsigned>(edges_.size()));
}

}  // namespace iorace
