// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/abridging.h"

#include "scheduler/record/relevance.h"
#include "scheduler/record/shortening.h"

namespace iorace {
namespace {

constexpr std::size_t one_screen = 40;  // rows: so few need no abridging

// A writer whom nobody kept waiting: one row says that it has the lock.
bool gets_in_at_once(const recording& r, std::size_t i) {
  return i + 1 < r.lines.size() && r.lines[i].kind == op_kind::down_write_arrive &&
         r.lines[i + 1].kind == op_kind::down_write && r.lines[i].task == r.lines[i + 1].task;
}

}  // namespace

bool together(const recording& r, std::size_t a, std::size_t b) {
  return r.lines[a].task == r.lines[b].task &&
         outline_of(r, r.lines[a].frame) == outline_of(r, r.lines[b].frame);
}

std::vector<drawn_as> abridged(const recording& r, bool full) {
  const std::size_t n = r.lines.size();
  if (full || n <= one_screen) return std::vector<drawn_as>(n, drawn_as::row);
  const std::vector<bool> relevant = relevant_lines(r);
  std::vector<drawn_as> drawn(n, drawn_as::run);
  for (std::size_t i = 0; i < n; ++i)
    if (relevant[i]) drawn[i] = gets_in_at_once(r, i) ? drawn_as::nothing : drawn_as::row;
  for (std::size_t first = 0, end; first < n; first = end) {
    std::size_t other = n, others = 0;  // than checks: the last, and how many
    for (end = first; end < n && !relevant[end] && together(r, first, end); ++end)
      if (!is_check(r.lines[end].kind)) other = end, ++others;
    if (others < 2)
      for (std::size_t i = first; i < end; ++i)
        drawn[i] = i == other ? drawn_as::row : drawn_as::nothing;
    end += end == first;
  }
  return drawn;
}

}  // namespace iorace
