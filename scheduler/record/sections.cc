// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/sections.h"

#include <algorithm>

namespace iorace {

bool takes_lock(const recording::line& l) {
  switch (l.kind) {
    case op_kind::mutex_lock:
    case op_kind::spin_lock:
    case op_kind::down_read:
    case op_kind::down_write_arrive:
    case op_kind::xa_lock:
      return true;
    case op_kind::mutex_trylock:
    case op_kind::spin_trylock:
    case op_kind::down_read_trylock:
    case op_kind::down_write_trylock:
      return l.value != "0";
    default:
      return false;
  }
}

bool drops_lock(const recording::line& l) {
  switch (l.kind) {
    case op_kind::mutex_unlock:
    case op_kind::spin_unlock:
    case op_kind::up_read:
    case op_kind::up_write:
    case op_kind::xa_unlock:
      return true;
    default:
      return false;
  }
}

bool is_lock(const recording::line& l) {
  return takes_lock(l) || drops_lock(l) || l.kind == op_kind::down_write ||
         l.kind == op_kind::downgrade_write;
}

lock_sections::lock_sections(const recording& r) : r_(r) {
  std::vector<std::vector<std::size_t>> held(r.tasks.size());
  for (std::size_t i = 0; i < r.lines.size(); ++i) {
    const recording::line& l = r.lines[i];
    std::vector<std::size_t>& mine = held[l.task];
    if (drops_lock(l))
      std::erase_if(mine, [&](std::size_t k) { return r.lines[k].place() == l.place(); });
    held_.push_back(mine);
    if (takes_lock(l)) mine.push_back(i);
    if (is_lock(l)) locks_[l.place()].push_back(i);
  }
}

std::size_t lock_sections::end(std::size_t taken) const {
  for (std::size_t i = taken + 1; i < r_.lines.size(); ++i)
    if (r_.lines[i].task == r_.lines[taken].task && drops_lock(r_.lines[i]) &&
        r_.lines[i].place() == r_.lines[taken].place())
      return i;
  return r_.lines.size();
}

std::size_t lock_sections::end_with(std::size_t a, std::size_t b) const {
  std::size_t last = a;
  for (const std::size_t x : held_[a])
    for (const std::size_t y : held_[b])
      if (x < y && r_.lines[x].place() == r_.lines[y].place())
        if (const std::size_t dropped = end(x); dropped < y) last = std::max(last, dropped);
  return last;
}

}  // namespace iorace
