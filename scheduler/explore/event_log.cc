// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/event_log.h"

#include <algorithm>

#include "scheduler/engine/check.h"

namespace iorace {
namespace {

template <class T>
void move_tail(std::vector<T>& from, std::size_t first, std::vector<T>& to) {
  to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first), from.end());
  from.resize(first);
}

}  // namespace

void event_log::past_of(event_id e, tick* into) const {
  const event& v = events[at(e)];
  std::fill_n(into, stride_, tick{0});
  if (v.before != no_event) join(into, clock(v.before));
  if (v.enabler != no_event) join(into, clock(v.enabler));
  for (event_id b = 0; b < v.barrier; ++b) join(into, clock(b));
}

void event_log::past_of_next(task_id t, tick* into) const {
  std::fill_n(into, stride_, tick{0});
  const event_id before = previous_of_next(t);
  if (before != no_event) join(into, clock(before));
}

event& event_log::open(task_id t) {
  CHECK(events.size() < 60'000, "an execution has too many events for an exhaustive search");
  event& e = events.emplace_back();
  e.task = t;
  const event_id before = last_of_[t];
  e.before = before != no_event ? before : creator_[t];
  e.position = static_cast<std::uint16_t>(before == no_event ? 1 : events[at(before)].position + 1);
  e.accesses = static_cast<std::uint32_t>(accesses.size());
  e.draws = static_cast<std::uint32_t>(draws.size());
  last_of_[t] = size() - 1;
  return e;
}

void event_log::add_access(std::uint32_t word, object_id object, meets_as how) {
  for (std::uint32_t i = events.back().accesses; i < accesses.size(); ++i)
    if (accesses[i].word == word && accesses[i].object == object) {
      if (how != meets_as::write) return;
      accesses[i].how = how;
      if (word != no_word) words_[word].last_write = static_cast<std::int32_t>(i);
      return;
    }
  accesses.push_back({.word = word, .object = object, .by = size() - 1, .how = how});
  link(static_cast<std::int32_t>(accesses.size()) - 1);
}

void event_log::link(std::int32_t index) {
  word_access& a = accesses[at(index)];
  if (a.word != no_word) {
    if (a.word >= words_.size()) words_.resize(a.word + 64);
    word_state& w = words_[a.word];
    a.previous = w.last;
    a.previous_write = w.last_write;
    w.last = index;
    if (a.how == meets_as::write) w.last_write = index;
  }
  if (a.object >= objects_.size()) objects_.resize(a.object + 64);
  object_chain& o = objects_[a.object];
  a.same_object = o.last;
  a.freed = o.freed;
  o.last = index;
  if (a.word == no_word) o.freed = index;
}

// What happens before the newest event: its task's past, who enabled it, and whatever it is in
// conflict with.
void event_log::close() {
  const event_id e = size() - 1;
  clocks_.resize((at(e) + 1) * stride_);
  tick* const c = clock(e);
  past_of(e, c);
  const event& v = events.back();
  for (std::uint32_t i = v.accesses; i < accesses.size(); ++i) {
    each_conflict(i, [&](event_id p) {
      if (p != e) join(c, clock(p));
    });
  }
  c[v.task] = v.position;
}

void event_log::set_creator(task_id t, event_id e) { creator_[t] = e; }

void event_log::set_tasks(unsigned n) {
  if (n > last_of_.size()) {
    last_of_.resize(n, no_event);
    creator_.resize(n, no_event);
  }
  if (n <= stride_) return;
  const unsigned old = stride_;
  stride_ = (n + 7) & ~7u;
  const auto widen = [&](std::vector<tick>& all) {
    std::vector<tick> wide(all.size() / old * stride_);
    for (std::size_t row = 0; row < all.size() / old; ++row)
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(row * old), old,
                  wide.begin() + static_cast<std::ptrdiff_t>(row * stride_));
    all = std::move(wide);
  };
  widen(clocks_);
  widen(kept_);
  widen(stash_.clocks);
}

std::size_t event_log::keep(const tick* clock) {
  kept_.insert(kept_.end(), clock, clock + stride_);
  return kept() - 1;
}

void event_log::cut(event_id n) {
  const std::size_t first =
      n < size() ? events[at(n)].accesses : static_cast<std::size_t>(accesses.size());
  for (std::size_t i = accesses.size(); i-- > first;) {
    const word_access& a = accesses[i];
    if (a.word != no_word) words_[a.word] = {a.previous, a.previous_write};
    objects_[a.object] = {a.same_object, a.freed};
  }
  accesses.resize(first);
  for (event_id e = size() - 1; e >= n; --e) {
    const event& v = events[at(e)];
    last_of_[v.task] = v.position == 1 ? no_event : v.before;
  }
  if (n < size()) draws.resize(events[at(n)].draws);
  events.resize(at(n));
  clocks_.resize(at(n) * stride_);
  while (!departures.empty() && departures.back().at >= n) departures.pop_back();
}

void event_log::rewind(event_id n) {
  const std::vector<departure> planned = departures;
  cut(n);
  departures = planned;
}

void event_log::stash(event_id n) {
  stash_.frames.push_back({stash_.events.size(), stash_.accesses.size(), stash_.draws.size(),
                           stash_.departures.size(), n});
  if (n < size()) {
    const event& first = events[at(n)];
    stash_.accesses.insert(stash_.accesses.end(), accesses.begin() + first.accesses,
                           accesses.end());
    stash_.draws.insert(stash_.draws.end(), draws.begin() + first.draws, draws.end());
  }
  stash_.events.insert(stash_.events.end(), events.begin() + n, events.end());
  stash_.clocks.insert(stash_.clocks.end(),
                       clocks_.begin() + static_cast<std::ptrdiff_t>(at(n) * stride_),
                       clocks_.end());
  for (const departure& d : departures)
    if (d.at >= n) stash_.departures.push_back(d);
  cut(n);
}

void event_log::unstash() {
  const stashed_frame f = stash_.frames.back();
  stash_.frames.pop_back();
  cut(f.from);
  const std::size_t first_access = accesses.size();
  const std::size_t clocks = (stash_.events.size() - f.events) * stride_;
  move_tail(stash_.events, f.events, events);
  move_tail(stash_.accesses, f.accesses, accesses);
  move_tail(stash_.draws, f.draws, draws);
  move_tail(stash_.departures, f.departures, departures);
  move_tail(stash_.clocks, stash_.clocks.size() - clocks, clocks_);
  for (event_id e = f.from; e < size(); ++e) last_of_[events[at(e)].task] = e;
  for (std::size_t i = first_access; i < accesses.size(); ++i) {
    const word_access& a = accesses[i];
    const auto index = static_cast<std::int32_t>(i);
    if (a.word != no_word) {
      words_[a.word].last = index;
      if (a.how == meets_as::write) words_[a.word].last_write = index;
    }
    objects_[a.object].last = index;
    if (a.word == no_word) objects_[a.object].freed = index;
  }
}

void event_log::put_away() {
  stash_.creators = creator_;
  stash(0);
}

void event_log::bring_back() {
  unstash();
  std::copy(stash_.creators.begin(), stash_.creators.end(), creator_.begin());
}

void event_log::clear() {
  cut(0);
  draws.clear();
  kept_.clear();
  stash_.events.clear();
  stash_.accesses.clear();
  stash_.draws.clear();
  stash_.departures.clear();
  stash_.clocks.clear();
  stash_.frames.clear();
  std::fill(creator_.begin(), creator_.end(), no_event);
}

}  // namespace iorace
