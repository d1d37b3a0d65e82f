// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/lock_order.h"

namespace iorace {

void lock_order::reset() {
  if (++execution_ == 0) *this = {};
}

const lock_order::edge* lock_order::path(std::uint32_t from, std::uint32_t to, std::size_t depth,
                                         bool this_execution) const {
  if (depth == 0) return nullptr;
  for (const edge& e : edges_)
    if (e.a == from && (!this_execution || e.seen == execution_) &&
        (e.b == to || path(e.b, to, depth - 1, this_execution) != nullptr))
      return &e;
  return nullptr;
}

lock_order::edge& lock_order::find(std::uint32_t a, std::uint32_t b) {
  std::uint16_t& hint = hint_[(a * 31 + b) % hint_.size()];
  if (hint < edges_.size() && edges_[hint].a == a && edges_[hint].b == b) return edges_[hint];
  for (edge& e : edges_)
    if (e.a == a && e.b == b) {
      hint = static_cast<std::uint16_t>(&e - edges_.data());
      return e;
    }
  edges_.push_back({a, b, 0, no_step});
  cyclic_ = cyclic_ || path(b, a, edges_.size(), false) != nullptr;
  return edges_.back();
}

step_id lock_order::add(std::uint32_t a, std::uint32_t b, step_id at) {
  if (a == b) return no_step;
  edge& e = find(a, b);
  if (e.seen == execution_) return no_step;
  e.seen = execution_;
  e.at = at;
  if (!cyclic_) return no_step;
  const edge* back = path(b, a, edges_.size(), true);
  return back == nullptr ? no_step : back->at;
}

}  // namespace iorace
