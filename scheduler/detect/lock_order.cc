// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/lock_order.h"

namespace iorace {

void lock_order::reset() {
  if (++execution_ == 0) *this = {};
}

const lock_order::edge* lock_order::path(std::uint32_t from, std::uint32_t to, std::size_t depth,
                                         bool this_execution) const {
  if (depth == 0) return nullptr;
  const edge* first = nullptr;
  for (const edge& e : edges_) {
    if (e.a != from || (this_execution && e.seen != execution_)) continue;
    if (first != nullptr && first->at <= e.at) continue;
    if (e.b == to || path(e.b, to, depth - 1, this_execution) != nullptr) first = &e;
  }
  return first;
}

std::uint32_t lock_order::find(std::uint32_t a, std::uint32_t b) {
  for (const edge& e : edges_)
    if (e.a == a && e.b == b) return static_cast<std::uint32_t>(&e - edges_.data());
  edges_.push_back({a, b, 0, no_step});
  cyclic_ = cyclic_ || path(b, a, edges_.size(), false) != nullptr;
  return static_cast<std::uint32_t>(edges_.size() - 1);
}

step_id lock_order::add_edge(std::uint32_t index, step_id at) {
  edge& e = edges_[index];
  if (e.seen == execution_) return no_step;
  e.seen = execution_;
  e.at = at;
  if (!cyclic_) return no_step;
  const edge* back = path(e.b, e.a, edges_.size(), true);
  return back == nullptr ? no_step : back->at;
}

}  // namespace iorace
