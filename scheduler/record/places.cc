// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/places.h"

#include <map>

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

std::vector<bool> call_starts_of(const recording& r, std::string_view task) {
  std::vector<bool> starts;
  std::uint32_t last = 0;
  for (const recording::line& l : r.lines) {
    if (r.tasks[l.task] != task) continue;
    std::uint32_t outermost = l.frame;
    for (std::uint32_t f = l.frame; f != 0; f = r.frames[f].parent) outermost = f;
    starts.push_back(starts.empty() || outermost != last);
    last = outermost;
  }
  return starts;
}

}  // namespace iorace
