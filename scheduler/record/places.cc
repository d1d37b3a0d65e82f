// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/places.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace iorace {

namespace {

bool same_words(anchor a, const anchor& b) {
  a.occurrence = b.occurrence;
  return a == b;
}

// Anchors do not tell the elements of an array apart: "table#1[3].pte" is "table#1.pte".
std::string without_elements(std::string place) {
  for (std::size_t open; (open = place.find('[')) != place.npos;)
    place.erase(open, place.find(']', open) - open + 1);
  return place;
}

// The outermost frame of the call; nothing if it made no operation.
std::optional<std::uint32_t> frame_of(const recording& r, const call_place& call) {
  std::set<std::uint32_t> seen;
  for (const recording::line& l : r.lines) {
    const std::uint32_t f = r.call_of(l.frame);
    if (r.tasks[l.task] == call.task && r.frames[f].function == call.label &&
        seen.insert(f).second && seen.size() == call.nth + 1)
      return f;
  }
  return std::nullopt;
}

}  // namespace

std::vector<anchor> places_of(const recording& r, std::string_view task) {
  std::vector<anchor> places;
  std::map<std::string, std::uint32_t> seen;
  for (const recording::line& l : r.lines) {
    if (r.tasks[l.task] != task) continue;
    const bool unnamed = l.object.empty() || l.kind == op_kind::kmalloc;  // when it stops there
    anchor a{one_word(r.function(l.frame)), l.kind,
             unnamed ? "" : one_word(without_elements(l.place())), 1};
    a.occurrence = ++seen[to_text(a)];
    places.push_back(std::move(a));
  }
  return places;
}

bool can_stop_at(const anchor& a, std::span<const std::string> points) {
  if ((traits(a.kind).flags & op_point) != 0) return true;
  const std::string field = a.place.substr(std::min(a.place.rfind('.'), a.place.size()));
  return !field.empty() && std::any_of(points.begin(), points.end(),
                                       [&](const std::string& p) { return p.ends_with(field); });
}

std::vector<unsigned> naturalness_of(const recording& r, std::string_view task) {
  constexpr unsigned lock_flags = op_waits | op_acquire | op_release;
  std::vector<unsigned> ranks;
  std::set<std::uint32_t> entered;
  for (const recording::line& l : r.lines) {
    if (r.tasks[l.task] != task) continue;
    const bool lock = (traits(l.kind).flags & lock_flags) == (op_waits | op_acquire) ||
                      l.kind == op_kind::down_write_arrive;
    const bool new_call = entered.insert(r.call_of(l.frame)).second;
    const bool new_function = entered.insert(l.frame).second;
    ranks.push_back(new_call ? 0 : new_function || lock ? 1 : 2);
  }
  return ranks;
}

schedule without_call(const schedule& s, const recording& r, const call_place& call) {
  const auto gone = frame_of(r, call);
  if (!gone) return s;
  const std::vector<anchor> places = places_of(r, call.task);
  std::vector<bool> inside;
  for (const recording::line& l : r.lines)
    if (r.tasks[l.task] == call.task) inside.push_back(r.call_of(l.frame) == *gone);
  schedule out = s;
  for (segment& g : out.segments) {
    if (g.task != call.task || !g.until) continue;
    std::size_t at = 0;
    while (at < places.size() && places[at] != *g.until) ++at;
    const bool stops_inside = at < places.size() && inside[at];
    while (at < places.size() && inside[at]) ++at;
    if (at < places.size()) g.until = places[at];
    for (std::size_t i = 0; i < at; ++i)
      g.until->occurrence -= inside[i] && same_words(places[i], *g.until);
    if (stops_inside && at == places.size()) g.until.reset();
  }
  return out;
}

}  // namespace iorace
