// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/reversals.h"

#include <algorithm>

#include "scheduler/sync/admission.h"

namespace iorace {

void reversal_finder::find(event_id first, const std::vector<unfinished>& ends,
                           std::vector<reversal>& to) {
  to_ = &to;
  past_.resize(log_.stride());
  without_.resize(log_.stride());
  const event_id n = log_.size();
  for (event_id a = first; a < n; ++a) {
    choices_of(a);
    const event& v = log_.events[log_.at(a)];
    if (v.drawn) continue;
    conflicts_of(a);
    // Whose time ran out has waited, too.
    const bool waited = v.waits || v.barrier != 0;
    if (waited && !v.scheduled && log_.first_access(a) != log_.last_access(a))
      waits_of({.task = v.task,
                .kind = v.kind,
                .how = log_.accesses[log_.first_access(a)].how,
                .waits = true},
               log_.accesses[log_.first_access(a)].previous, v.before, a);
  }
  for (const unfinished& u : ends) {
    if (u.waits && u.word != no_word)
      waits_of(u, log_.last_access_of_word(u.word), log_.previous_of_next(u.task), no_event);
    for (event_id e = 0; e < n; ++e)
      if (log_.events[log_.at(e)].dead) stopped_by(e, u);
  }
}

bool reversal_finder::plain_choice(event_id e) const {
  const event& v = log_.events[log_.at(e)];
  return !v.scheduled && !v.drawn;
}

bool reversal_finder::departures_precede(event_id e, const tick* past, event_id head) const {
  for (std::size_t i = log_.departures.size(); i-- > 0;) {
    const event_id d = log_.departures[i].at;
    if (d <= e) break;
    if (d != head && !log_.knows(past, d)) return false;
  }
  return true;
}

// `past` is what happens before the event of task t in the child.
bool reversal_finder::in_order(event_id e, task_id t, const tick* past) const {
  event_id end = e;
  for (std::size_t i = log_.departures.size(); i-- > 0;) {
    const departure& d = log_.departures[i];
    if (d.at >= end) continue;
    if (d.at != end - 1 || d.against != log_.events[log_.at(e)].task) return true;
    if (log_.knows(past, d.at)) return true;
    if (log_.events[log_.at(d.at)].task > t) return false;
    end = d.start;
  }
  return true;
}

void reversal_finder::conflicts_of(event_id a) {
  in_conflict_.clear();
  const auto add = [&](event_id e) {
    if (e != a && std::find(in_conflict_.begin(), in_conflict_.end(), e) == in_conflict_.end())
      in_conflict_.push_back(e);
  };
  for (std::uint32_t i = log_.first_access(a); i < log_.last_access(a); ++i)
    log_.each_conflict(i, add);
  for (const event_id e : in_conflict_) note_conflict(e, a);
}

void reversal_finder::note_conflict(event_id e, event_id a) {
  const event& ve = log_.events[log_.at(e)];
  const event& va = log_.events[log_.at(a)];
  if (ve.task == va.task || !plain_choice(e)) return;
  tick* const without = without_.data();
  log_.past_of(a, without);
  for (const event_id d : in_conflict_)
    if (d != e) log_.join(without, log_.clock(d));
  if (log_.knows(without, e)) return;
  if (!departures_precede(e, log_.clock(a), a)) return;
  tick* const past = past_.data();
  log_.past_of(a, past);
  const auto precedes_in_child = [&](event_id d) {
    if (d != e) log_.join(past, log_.clock(d));
  };
  for (std::uint32_t i = log_.first_access(a); i < log_.last_access(a); ++i) {
    const word_access& x = log_.accesses[i];
    if (x.word == no_word) log_.each_conflict(i, precedes_in_child);
    meets_as how = x.how;
    for (std::int32_t p = x.previous; x.word != no_word && p >= 0;
         p = log_.accesses[log_.at(p)].previous) {
      const word_access& y = log_.accesses[log_.at(p)];
      if (y.by == e) {
        const bool admitted = (ve.admits_before & admission_needed(va.kind)) != 0;
        const bool changes = y.how == meets_as::write || y.how == meets_as::share;
        if (i == log_.first_access(a) && changes) {
          if (va.waits && !admitted) return;
          if ((traits(va.kind).flags & op_try) != 0) how = meeting(va.kind, !admitted);
        }
        continue;
      }
      if (conflict(how, y.how)) precedes_in_child(y.by);
      if (y.how == meets_as::write) break;
    }
  }
  if (!in_order(e, va.task, past)) return;
  to_->push_back({reversal::kind::conflict, va.task, e, a, no_event});
}

// Events that let somebody in at the place where the task waits, so that it could not pass any
// more.
void reversal_finder::waits_of(const unfinished& u, std::int32_t chain, event_id past_event,
                               event_id head) {
  tick* const past = past_.data();
  std::fill_n(past, log_.stride(), tick{0});
  if (past_event != no_event) log_.join(past, log_.clock(past_event));
  const std::uint8_t need = admission_needed(u.kind);
  for (; chain >= 0; chain = log_.accesses[log_.at(chain)].previous) {
    const word_access& x = log_.accesses[log_.at(chain)];
    const event_id e = x.by;
    const event& v = log_.events[log_.at(e)];
    if (log_.knows(past, e)) {
      if (x.how == meets_as::write) break;
      continue;
    }
    if (!plain_choice(e) || v.task == u.task) continue;
    if ((v.admits_before & need) == 0 || (v.admits_after & need) != 0) continue;
    if (!departures_precede(e, past, no_event)) continue;
    tick* const without = without_.data();
    std::copy_n(past, log_.stride(), without);
    for (std::int32_t p = x.previous; p >= 0; p = log_.accesses[log_.at(p)].previous) {
      if (conflict(u.how, log_.accesses[log_.at(p)].how))
        log_.join(without, log_.clock(log_.accesses[log_.at(p)].by));
      if (log_.accesses[log_.at(p)].how == meets_as::write) break;
    }
    if (head != no_event) join_conflicts_before(e, head, without);
    if (!in_order(e, u.task, without)) continue;
    to_->push_back({reversal::kind::waits, u.task, e, head, past_event});
  }
}

// What is in conflict with `a`, at any of its words, and comes before `e`.
void reversal_finder::join_conflicts_before(event_id e, event_id a, tick* into) const {
  for (std::uint32_t i = log_.first_access(a); i < log_.last_access(a); ++i) {
    const word_access& x = log_.accesses[i];
    if (x.word == no_word) continue;
    for (std::int32_t p = x.previous; p >= 0; p = log_.accesses[log_.at(p)].previous) {
      const word_access& y = log_.accesses[log_.at(p)];
      if (y.by >= e) continue;
      if (conflict(x.how, y.how)) log_.join(into, log_.clock(y.by));
      if (y.how == meets_as::write) break;
    }
  }
}

// The event ended its execution, and what the task would do next is in conflict with it.
void reversal_finder::stopped_by(event_id e, const unfinished& u) {
  const event& v = log_.events[log_.at(e)];
  if (!plain_choice(e) || v.task == u.task) return;
  bool meets = false;
  for (std::uint32_t i = log_.first_access(e); i < log_.last_access(e); ++i)
    meets |= u.meets(log_.accesses[i]);
  if (!meets) return;
  const std::uint8_t need = admission_needed(u.kind);
  if (u.waits && ((v.admits_before & need) == 0 || (v.admits_after & need) == 0)) return;
  tick* const past = past_.data();
  log_.past_of_next(u.task, past);
  if (!departures_precede(e, past, no_event)) return;
  const event_id before = log_.previous_of_next(u.task);
  unfinished would = u;
  if ((traits(u.kind).flags & op_try) != 0 && u.word == log_.accesses[log_.first_access(e)].word)
    would.how = meeting(u.kind, (v.admits_before & need) == 0);
  if (u.word != no_word)
    for (std::int32_t p = log_.last_access_of_word(u.word); p >= 0;
         p = log_.accesses[log_.at(p)].previous) {
      const word_access& x = log_.accesses[log_.at(p)];
      if (x.by != e && would.meets(x)) log_.join(past, log_.clock(x.by));
    }
  if (in_order(e, u.task, past))
    to_->push_back({reversal::kind::waits, u.task, e, no_event, before});
}

// Every number that the event drew for itself could have been another.
void reversal_finder::choices_of(event_id e) {
  const event& v = log_.events[log_.at(e)];
  const bool head = !log_.departures.empty() && log_.departures.back().at == e;
  if (v.scheduled && !head) return;
  const std::size_t end =
      e + 1 < log_.size() ? log_.events[log_.at(e + 1)].draws : log_.draws.size();
  std::uint32_t settled = 0;  // numbers that a departure has fixed: up to the last that is not 0
  for (std::size_t i = v.draws; i < end; ++i)
    if (log_.draws[i].value != 0) settled = static_cast<std::uint32_t>(i - v.draws) + 1;
  for (std::size_t i = v.draws + settled; i < end; ++i)
    for (std::uint32_t value = 1; value < log_.draws[i].of; ++value)
      to_->push_back({reversal::kind::choice, v.task, e, e, no_event,
                      static_cast<std::uint32_t>(i - v.draws), value});
}

void reversal_finder::common(const reversal& r, tick* to) const {
  if (r.head != no_event)
    log_.past_of(r.head, to);
  else
    log_.past_of_next(r.task, to);
  for (event_id e = 0; e < log_.size(); ++e) {
    const event& v = log_.events[log_.at(e)];
    if (e < r.at ? v.scheduled || v.drawn : precedes(r, e)) log_.join(to, log_.clock(e));
  }
}

bool reversal_finder::precedes(const reversal& r, event_id e) const {
  if (e <= r.at || e == r.head) return false;
  switch (r.how) {
    case reversal::kind::conflict:
      return e < r.head && log_.ordered(e, r.head);
    case reversal::kind::waits:
      return r.past != no_event && log_.ordered(e, r.past);
    case reversal::kind::choice:
      return false;
  }
  return false;
}

}  // namespace iorace
