// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/lock_order.h"

namespace iorace {

void lock_order::reset() {
  if (++execution_ == 0) *this = {};
}

bool lock_order::path(std::uint32_t from, std::uint32_t to, unsigned depth,
                      bool this_execution) const {
  if (from == to) return true;
  if (depth == 0) return false;
  for (const edge& e : edges_)
    if (e.a == from && (!this_execution || e.seen == execution_) &&
        path(e.b, to, depth - 1, this_execution))
      return true;
  return false;
}

lock_order::edge& lock_order::find(std::uint32_t a, std::uint32_t b) {
  std::uint16_t& hint = hint_[(a * 31 + b) % hint_.size()];
  if (hint < edges_.size() && edges_[hint].a == a && edges_[hint].b == b) return edges_[hint];
  for (edge& e : edges_)
    if (e.a == a && e.b == b) {
      hint = static_cast<std::uint16_t>(&e - edges_.data());
      return e;
    }
  edges_.push_back({a, b, 0});
  cyclic_ = cyclic_ || path(b, a, static_cast<unsigned>(edges_.size()), false);
  return edges_.back();
}

bool lock_order::add(std::uint32_t a, std::uint32_t b) {
  if (a == b) return false;
  edge& e = find(a, b);
  if (e.seen == execution_) return false;
  e.seen = execution_;
  return cyclic_ && path(b, a, static_cast<unsigned>(edges_.size()), true);
}

}  // namespace iorace
