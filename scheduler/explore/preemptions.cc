// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/preemptions.h"

#include <algorithm>

#include <xxhash.h>

#include "scheduler/sync/admission.h"

namespace iorace {
namespace {

constexpr std::uint32_t slots_max = 4096, states_max = slots_max / 2;

// Whether an event of this kind accesses the one word that it names, whatever its outcome.
bool names_its_word(op_kind k) {
  return (traits(k).flags & op_point) != 0 || k == op_kind::read || k == op_kind::write;
}

}  // namespace

void preemption_bound::look_at(const std::vector<unfinished>& ends) {
  tasks_ = log_.tasks();
  events_.resize(tasks_);
  for (auto& of_task : events_) of_task.clear();
  ends_.assign(tasks_, {});
  for (const unfinished& u : ends) ends_[u.task] = u;
  dead_.clear();
  opens_.assign(static_cast<std::size_t>(log_.size()), false);
  whole_.assign(log_.stride(), 0);
  for (event_id e = 0; e < log_.size(); ++e) {
    const event& v = log_.events[log_.at(e)];
    events_[v.task].push_back(e);
    ++whole_[v.task];
    if (v.dead) dead_.push_back(e);
    if (v.enabler != no_event) opens_[log_.at(v.enabler)] = true;
    const bool orders_all = log_.first_access(e) != log_.last_access(e) &&
                            log_.accesses[log_.first_access(e)].how == meets_as::write;
    const bool admits_more = (v.admits_after & ~v.admits_before) != 0;
    if (v.barrier != 0) lets_time_pass(v.barrier);
    if (wakes(v.kind) || (v.admits_before != admits_all && (admits_more || !orders_all)))
      opens_[log_.at(e)] = true;
  }
}

// Behind what is the last event of a task before a barrier, time may pass: whoever moved last,
// which need not be the same, goes on.
void preemption_bound::lets_time_pass(event_id barrier) {
  for (const auto& of_task : events_) {
    const auto behind = std::lower_bound(of_task.begin(), of_task.end(), barrier);
    if (behind != of_task.begin()) opens_[log_.at(*std::prev(behind))] = true;
  }
}

bool preemption_bound::exceeded(const tick* part, unsigned most) {
  part_ = part;
  most_ = most;
  at_.assign(log_.stride(), 0);
  behind_.assign(std::size_t{tasks_} * log_.stride(), 0);
  for (unsigned t = 0; t < tasks_; ++t) look_behind(static_cast<task_id>(t));
  saved_.clear();
  slots_.resize(slots_max);
  states_.clear();
  ++round_;
  states_count_ = 0;
  given_up_ = false;
  return !any_fits(0);
}

void preemption_bound::look_behind(task_id t) {
  if (part_[t] == events_[t].size()) {
    const unfinished& u = ends_[t];
    if (u.task != no_task && !u.whole) note_behind(t, u.kind, u.word);
    return;
  }
  const event_id e = events_[t][part_[t]];
  if (log_.last_access(e) - log_.first_access(e) == 1)
    note_behind(t, log_.events[log_.at(e)].kind, log_.accesses[log_.first_access(e)].word);
}

void preemption_bound::note_behind(task_id t, op_kind kind, std::uint32_t word) {
  if (word == no_word || !names_its_word(kind)) return;
  tick* const row = behind_.data() + std::size_t{t} * log_.stride();
  for (std::int32_t p = log_.last_access_of_word(word); p >= 0;
       p = log_.accesses[log_.at(p)].previous) {
    const word_access& x = log_.accesses[log_.at(p)];
    const event& v = log_.events[log_.at(x.by)];
    if (v.task == t || v.position > part_[v.task]) continue;
    if (conflict(meeting(kind, false), x.how) && conflict(meeting(kind, true), x.how))
      row[v.task] = std::max(row[v.task], v.position);
  }
}

bool preemption_bound::left_behind(task_id t) const {
  if (at_[t] < part_[t]) return true;
  const tick* const row = behind_.data() + std::size_t{t} * log_.stride();
  for (unsigned u = 0; u < tasks_; ++u)
    if (row[u] > at_[u]) return true;
  return false;
}

bool preemption_bound::is_ready(task_id t, event_id e) const {
  const tick* const c = log_.clock(e);
  for (unsigned u = 0; u < tasks_; ++u)
    if (u != t && c[u] > at_[u]) return false;
  return true;
}

bool preemption_bound::is_complete() const {
  return std::equal(at_.begin(), at_.begin() + tasks_, part_);
}

// Whether the task's next operation is enabled, if that is known.
bool preemption_bound::could_move(task_id t) const {
  const event_id e = next_of(t);
  if (e == no_event) return could_end(t);
  const event& v = log_.events[log_.at(e)];
  if ((traits(v.kind).flags & op_waits) == 0 || is_ready(t, e)) return true;
  if (v.barrier != 0) return false;
  if (!v.waits) return true;
  if (v.enabler != no_event) return v.kind == op_kind::schedule && is_taken(v.enabler);
  return log_.first_access(e) != log_.last_access(e) &&
         admitted(v.kind, log_.accesses[log_.first_access(e)].word);
}

// The same of a task that has done all that it did.
bool preemption_bound::could_end(task_id t) const {
  const unfinished& u = ends_[t];
  if (u.task == no_task) return false;
  for (const event_id d : dead_) {
    if (!is_taken(d)) continue;
    if (log_.events[log_.at(d)].task == t) return false;
    for (std::uint32_t i = log_.first_access(d); i < log_.last_access(d); ++i)
      if (u.meets(log_.accesses[i])) return false;
  }
  if (!u.waits) return (traits(u.kind).flags & op_waits) == 0;
  return u.word != no_word && admitted(u.kind, u.word);
}

// Whether a primitive lets an event pass. Known where its events were taken in the log's order, but
// not of what passes because nothing else could move.
bool preemption_bound::admitted(op_kind kind, std::uint32_t word) const {
  if (kind == op_kind::schedule || kind == op_kind::join) return false;
  std::uint8_t admits = 0;
  bool any_taken = false;
  for (std::int32_t p = log_.last_access_of_word(word); p >= 0;
       p = log_.accesses[log_.at(p)].previous) {
    const word_access& x = log_.accesses[log_.at(p)];
    if (log_.accesses[log_.first_access(x.by)].word != word) return false;
    const event& v = log_.events[log_.at(x.by)];
    const bool taken = is_taken(x.by);
    if (any_taken && !taken) return false;
    if (!any_taken) admits = taken ? v.admits_after : v.admits_before;
    any_taken = taken;
  }
  return (admits & admission_needed(kind) & ~admits_late) != 0;
}

// Whether the task can do the rest of its part, letting nobody pass and left for nothing.
bool preemption_bound::runs_out(task_id t) const {
  if (at_[t] == part_[t]) return false;
  for (std::size_t k = at_[t]; k < part_[t]; ++k)
    if (opens_[log_.at(events_[t][k])] || !is_ready(t, events_[t][k])) return false;
  const tick* const row = behind_.data() + std::size_t{t} * log_.stride();
  for (unsigned u = 0; u < tasks_; ++u)
    if (row[u] > at_[u]) return false;
  return true;
}

void preemption_bound::run_out() {
  for (unsigned t = 0; t < tasks_;) {
    const bool ran = runs_out(static_cast<task_id>(t));
    if (ran) at_[t] = part_[t];
    t = ran ? 0 : t + 1;
  }
}

// Whether the rest of the part can be had if `current` goes on.
bool preemption_bound::fits(task_id current, unsigned used) {
  while (at_[current] < part_[current]) {
    const event_id e = events_[current][at_[current]];
    if (!is_ready(current, e)) break;
    if (opens_[log_.at(e)] && used < most_) {
      const std::size_t mark = saved_.size();
      saved_.insert(saved_.end(), at_.begin(), at_.end());
      if (any_fits(used + 1)) return true;
      std::copy_n(saved_.begin() + static_cast<std::ptrdiff_t>(mark), at_.size(), at_.begin());
      saved_.resize(mark);
    }
    ++at_[current];
  }
  return leave(current, used);
}

bool preemption_bound::leave(task_id current, unsigned used) {
  if (is_complete()) return true;
  if (left_behind(current) && could_move(current)) ++used;
  return used <= most_ && any_fits(used);
}

// The same if any task may go on.
bool preemption_bound::any_fits(unsigned used) {
  run_out();
  if (is_complete()) return true;
  if (seen(used)) return false;
  if (states_count_ == states_max) given_up_ = true;
  const std::size_t mark = saved_.size();
  saved_.insert(saved_.end(), at_.begin(), at_.end());
  for (unsigned t = 0; t < tasks_ && !given_up_; ++t) {
    if (at_[t] == part_[t] || !is_ready(static_cast<task_id>(t), next_of(static_cast<task_id>(t))))
      continue;
    if (fits(static_cast<task_id>(t), used)) return true;
    std::copy_n(saved_.begin() + static_cast<std::ptrdiff_t>(mark), at_.size(), at_.begin());
  }
  saved_.resize(mark);
  return given_up_;
}

// Whether the state at hand was left before with no more preemptions.
bool preemption_bound::seen(unsigned used) {
  const std::size_t width = at_.size();
  std::uint64_t i = XXH3_64bits(at_.data(), width * sizeof(tick));
  for (;; ++i) {
    slot& s = slots_[i % slots_max];
    if (s.round != round_) {
      s = {round_, states_count_++, used};
      states_.insert(states_.end(), at_.begin(), at_.end());
      return false;
    }
    if (!std::equal(at_.begin(), at_.end(),
                    states_.begin() + static_cast<std::ptrdiff_t>(s.state * width)))
      continue;
    if (s.used <= used) return true;
    s.used = used;
    return false;
  }
}

}  // namespace iorace
