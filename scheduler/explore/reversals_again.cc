// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Departures once more, behind what they came without.
#include <algorithm>

#include "scheduler/explore/reversals.h"

namespace iorace {

// A departure that waited has come without what is in conflict with it at other places than where
// it waits: each of those may as well come before it, unless it would have been a departure itself.
void reversal_finder::behind_others(const departure& d, event_id first) {
  const event& a = log_.events[log_.at(d.at)];
  if (a.drawn || log_.last_access(d.at) - log_.first_access(d.at) < 2) return;
  for (event_id f = std::max(d.at + 1, first); f < log_.size(); ++f) {
    const event& v = log_.events[log_.at(f)];
    if (v.task == a.task || v.task == d.against || !in_conflict_beside(f, d.at)) continue;
    tick* const past = past_.data();
    find_conflicts(f);
    past_without(d.at, f, past);
    if (log_.knows(past, d.at) || !departures_precede(d.at, past, f) || !lowest_beside(d, f))
      continue;
    log_.join(past, log_.clock(d.at));
    past[a.task] = static_cast<tick>(a.position - 1);
    past[v.task] = v.position;
    if (!puts_off(d, past)) keep({reversal::kind::again, a.task, d.start, d.at, f}, past);
  }
}

// Whether what was put off is in conflict with anything that `past` knows from the beginning of the
// departure on, or is known itself.
bool reversal_finder::puts_off(const departure& d, const tick* past) const {
  event_id e = d.at + 1;
  while (e < log_.size() && log_.events[log_.at(e)].task != d.against) ++e;
  const auto meets = [&](event_id m) {
    if (e < log_.size()) return m == e || in_conflict(m, e);
    return std::any_of(ends_->begin(), ends_->end(), [&](const unfinished& u) {
      return u.task == d.against && log_.meets(u, m);
    });
  };
  for (event_id m = d.start; m < log_.size(); ++m)
    if (log_.knows(past, m) && meets(m)) return true;
  return false;
}

// Of those that the last event of the departure is behind, and nothing but it, and of `f`: whether
// this has the lowest task. So there is one order in which they come along.
bool reversal_finder::lowest_beside(const departure& d, event_id f) const {
  for (event_id m = d.start; m < d.at; ++m)
    if (log_.events[log_.at(m)].task < log_.events[log_.at(f)].task && !log_.ordered(m, f) &&
        in_conflict_beside(m, d.at))
      return false;
  return true;
}

// Whether `f` is in conflict with `a`, but not where `a` waits.
bool reversal_finder::in_conflict_beside(event_id f, event_id a) const {
  return in_conflict(f, a) && !touches(f, log_.accesses[log_.first_access(a)]);
}

bool reversal_finder::in_conflict(event_id f, event_id a) const {
  for (std::uint32_t i = log_.first_access(a); i < log_.last_access(a); ++i)
    if (touches(f, log_.accesses[i])) return true;
  return false;
}

// Whether `f` has an access that is in conflict with `x`.
bool reversal_finder::touches(event_id f, const word_access& x) const {
  for (std::uint32_t i = log_.first_access(f); i < log_.last_access(f); ++i) {
    const word_access& y = log_.accesses[i];
    const bool whole = x.word == no_word || y.word == no_word;
    if (whole ? x.object == y.object : x.word == y.word && conflict(x.how, y.how)) return true;
  }
  return false;
}

}  // namespace iorace
