// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/pct.h"

#include <algorithm>
#include <charconv>

#include "scheduler/engine/check.h"
#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {
namespace {

constexpr std::uint64_t initial = std::uint64_t{1} << 63;

}  // namespace

pct::pct(unsigned depth, unsigned in_a_row_max) : depth_(depth), in_a_row_max_(in_a_row_max) {
  CHECK(depth >= 1 && depth <= depth_max, "the depth of pct is a number from 1 to 16");
}

unsigned pct::depth_of(std::string_view name) {
  if (name == "pct") return depth_usual;
  const std::size_t digits = sizeof "pct:" - 1;
  unsigned depth = 0;
  if (!name.starts_with("pct:")) return 0;
  std::from_chars(name.data() + digits, name.data() + name.size(), depth);
  return depth;
}

void pct::begin(const execution_options& o) {
  rng_.start(execution_seed(o.seed, o.number));
  lowest_ = initial;
  known_ = 1;
  changed_ = 0;
  last_ = no_task;
  in_a_row_ = 0;
  judged_ = 0;
  const unsigned changes = depth_ - 1;
  for (unsigned i = 0; i < changes; ++i) change_[i] = random_point(rng_, o);
  std::sort(change_.begin(), change_.begin() + changes);
}

task_id pct::highest(const choice_view& view) {
  if (view.words == 1 && view.enabled[0] == judged_) return highest_;
  highest_ = highest_enabled(view, [this](task_id t) { return priority_[t]; });
  judged_ = view.words == 1 ? view.enabled[0] : 0;
  return highest_;
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
  if (in_a_row_ > in_a_row_max_ && view.enabled_count > 1) {
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
