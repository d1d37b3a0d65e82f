// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/pct.h"

#include <algorithm>
#include <bit>

#include "scheduler/engine/check.h"
#include "scheduler/strategies/draw.h"

namespace iorace {
namespace {

constexpr std::uint64_t initial = std::uint64_t{1} << 63;
constexpr unsigned in_a_row_max = 1000;

// Returns a number in [0, n), p with a probability in proportion to about 1 / (p + 1): a power of
// two first, then a number of that magnitude. Integers only.
std::uint32_t log_uniform(rng& r, std::uint32_t n) {
  const std::uint32_t magnitudes = static_cast<std::uint32_t>(std::bit_width(n));
  for (;;) {
    const std::uint32_t base = std::uint32_t{1} << r.below(magnitudes);
    const std::uint32_t drawn = base - 1 + r.below(base);
    if (drawn < n) return drawn;
  }
}

}  // namespace

pct::pct(unsigned depth) : depth_(depth) {
  CHECK(depth >= 1 && depth <= depth_max, "the depth of pct is a number from 1 to 16");
}

void pct::begin(const execution_options& o) {
  rng_ = rng(execution_seed(o.seed, o.number));
  lowest_ = initial;
  known_ = 1;
  changed_ = 0;
  last_ = no_task;
  in_a_row_ = 0;
  const unsigned changes = depth_ - 1;
  for (unsigned i = 0; i < changes; ++i)
    change_[i] = o.points_estimate > 0 ? rng_.below(o.points_estimate)
                                       : log_uniform(rng_, std::max(o.points_max, 1u));
  std::sort(change_.begin(), change_.begin() + changes);
}

task_id pct::highest(const choice_view& view) const {
  task_id best = no_task;
  for (unsigned w = 0; w < view.words; ++w)
    for (std::uint64_t bits = view.enabled[w]; bits != 0; bits &= bits - 1) {
      const auto t = static_cast<task_id>(w * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      if (best == no_task || priority_[t] > priority_[best]) best = t;
    }
  return best;
}

task_id pct::pick(const choice_view& view) {
  for (; known_ < view.tasks; ++known_) priority_[known_] = rng_.next() | initial;
  task_id t = highest(view);
  while (changed_ < depth_ - 1 && change_[changed_] <= view.point) {
    ++changed_;
    demote(t);
    t = highest(view);
  }
  in_a_row_ = t == last_ ? in_a_row_ + 1 : 0;
  if (in_a_row_ > in_a_row_max && view.enabled_count > 1) {
    demote(t);
    t = highest(view);
    in_a_row_ = 0;
  }
  return last_ = t;
}

std::uint32_t pct::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

}  // namespace iorace
