// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/sections.h"

#include <algorithm>

namespace iorace {

bool takes_lock(const recording::line& l) {
  return takes_lock(l.kind) && (!is_try(l.kind) || l.value != "0");
}

bool opens_section(const recording::line& l) {
  return l.kind == op_kind::down_write_arrive || (takes_lock(l) && l.kind != op_kind::down_write);
}

bool is_lock(const recording::line& l) {
  return takes_lock(l) || drops_lock(l.kind) || opens_section(l) ||
         l.kind == op_kind::downgrade_write;
}

lock_sections::lock_sections(const recording& r) : r_(r) {
  std::vector<std::vector<std::size_t>> open(r.tasks.size());
  for (std::size_t i = 0; i < r.lines.size(); ++i) {
    const recording::line& l = r.lines[i];
    std::vector<std::size_t>& mine = open[l.task];
    if (drops_lock(l.kind))
      std::erase_if(mine, [&](std::size_t k) { return r.lines[k].place() == l.place(); });
    around_.push_back(mine);
    if (opens_section(l)) mine.push_back(i);
    if (is_lock(l)) locks_[l.place()].push_back(i);
  }
}

std::optional<op_kind> lock_sections::held(std::size_t opened, std::size_t i) const {
  std::optional<op_kind> how;
  for (std::size_t k = opened; k < i; ++k) {
    const recording::line& l = r_.lines[k];
    const bool takes = takes_lock(l) || l.kind == op_kind::downgrade_write;
    if (takes && same_lock(k, opened)) how = l.kind;
  }
  return how;
}

std::size_t lock_sections::end(std::size_t opened) const {
  for (std::size_t i = opened + 1; i < r_.lines.size(); ++i)
    if (drops_lock(r_.lines[i].kind) && same_lock(i, opened)) return i;
  return r_.lines.size();
}

std::size_t lock_sections::end_with(std::size_t a, std::size_t b) const {
  std::size_t last = a;
  for (const std::size_t x : around_[a])
    for (const std::size_t y : around_[b])
      if (x < y && r_.lines[x].place() == r_.lines[y].place())
        if (const std::size_t dropped = end(x); dropped < y) last = std::max(last, dropped);
  return last;
}

}  // namespace iorace
