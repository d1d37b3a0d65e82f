// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/places.h"

#include <map>
#include <set>

namespace iorace {

std::vector<anchor> places_of(const recording& r, std::string_view task) {
  std::vector<anchor> places;
  std::map<std::string, std::uint32_t> seen;
  for (const recording::line& l : r.lines) {
    if (r.tasks[l.task] != task) continue;
    anchor a{one_word(r.function(l.frame)), l.kind,
             l.object.empty() ? std::string() : one_word(l.place()), 1};
    a.occurrence = ++seen[to_text(a)];
    places.push_back(std::move(a));
  }
  return places;
}

std::vector<unsigned> naturalness_of(const recording& r, std::string_view task) {
  constexpr unsigned lock_flags = op_waits | op_acquire | op_release;
  std::vector<unsigned> ranks;
  std::set<std::uint32_t> entered;
  for (const recording::line& l : r.lines) {
    if (r.tasks[l.task] != task) continue;
    std::uint32_t outermost = l.frame;
    for (std::uint32_t f = l.frame; f != 0; f = r.frames[f].parent) outermost = f;
    const bool lock = (traits(l.kind).flags & lock_flags) == (op_waits | op_acquire) ||
                      l.kind == op_kind::down_write_arrive;
    const bool new_call = entered.insert(outermost).second;
    const bool new_function = entered.insert(l.frame).second;
    ranks.push_back(new_call ? 0 : new_function || lock ? 1 : 2);
  }
  return ranks;
}

}  // namespace iorace
