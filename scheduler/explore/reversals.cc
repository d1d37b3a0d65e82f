// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/reversals.h"

#include <algorithm>

#include "scheduler/sync/admission.h"

namespace iorace {
namespace {

bool changes(meets_as how) {
  return how != meets_as::look && how != meets_as::reader_fails && how != meets_as::writer_fails;
}

}  // namespace

void reversal_finder::find(event_id first, const std::vector<unfinished>& ends,
                           std::vector<reversal>& to) {
  to_ = &to;
  ends_ = &ends;
  past_.resize(log_.stride());
  without_.resize(log_.stride());
  const event_id n = log_.size();
  for (event_id a = first; a < n; ++a) {
    choices_of(a);
    const event& v = log_.events[log_.at(a)];
    if (v.drawn) continue;
    find_conflicts(a);
    for (const event_id e : in_conflict_) note_conflict(e, a);
    // Whose time ran out has waited until then, too.
    const bool waited = v.waits || v.barrier != 0;
    if (waited && !v.scheduled && log_.first_access(a) != log_.last_access(a))
      waits_of({.task = v.task,
                .kind = v.kind,
                .word = log_.accesses[log_.first_access(a)].word,
                .how = log_.accesses[log_.first_access(a)].how,
                .waits = true},
               log_.accesses[log_.first_access(a)].previous, v.before, a,
               v.barrier != 0 ? v.barrier : n);
  }
  for (const unfinished& u : ends) {
    if (u.waits && u.word != no_word)
      waits_of(u, log_.last_access_of_word(u.word), log_.previous_of_next(u.task), no_event, n);
    for (event_id e = 0; e < n; ++e)
      if (log_.events[log_.at(e)].dead) stopped_by(e, u);
  }
  for (const departure& d : log_.departures)
    if (d.waited) behind_others(d, first);
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
  if (!first_in_queue(e, past)) return false;
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

// Makes in_conflict_ the events that `a` is in conflict with and no other covers.
void reversal_finder::find_conflicts(event_id a) {
  in_conflict_.clear();
  const auto add = [&](event_id e) {
    if (e != a && std::find(in_conflict_.begin(), in_conflict_.end(), e) == in_conflict_.end())
      in_conflict_.push_back(e);
  };
  for (std::uint32_t i = log_.first_access(a); i < log_.last_access(a); ++i)
    log_.each_conflict(i, add);
}

// What happens before `a`, but for `e` and what follows from that alone. Requires: in_conflict_ is
// of `a`.
void reversal_finder::past_without(event_id e, event_id a, tick* into) const {
  log_.past_of(a, into);
  for (const event_id d : in_conflict_)
    if (d != e) log_.join(into, log_.clock(d));
}

void reversal_finder::note_conflict(event_id e, event_id a) {
  const event& ve = log_.events[log_.at(e)];
  const event& va = log_.events[log_.at(a)];
  if (ve.task == va.task || !plain_choice(e)) return;
  tick* const without = without_.data();
  past_without(e, a, without);
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
    const bool could_open = i == log_.first_access(a) && (va.waits || is_try(va.kind));
    const bool admitted = could_open && is_admitted(e, va.kind, x.previous, without);
    for (std::int32_t p = x.previous; x.word != no_word && p >= 0;
         p = log_.accesses[log_.at(p)].previous) {
      const word_access& y = log_.accesses[log_.at(p)];
      if (y.by == e) {
        if (could_open && changes(y.how)) {
          if (va.waits && !admitted) return;
          if (is_try(va.kind)) how = meeting(va.kind, !admitted);
        }
        continue;
      }
      if (conflict(how, y.how) && (y.by < e || log_.knows(without, y.by))) precedes_in_child(y.by);
      if (y.how == meets_as::write) break;
    }
  }
  if (!in_order(e, va.task, past)) return;
  to_->push_back({reversal::kind::conflict, va.task, e, a, no_event});
}

// Whether an event of `kind` could pass where `e` stood if `past` came before it. `chain` leads to
// the accesses of its word.
bool reversal_finder::is_admitted(event_id e, op_kind kind, std::int32_t chain,
                                  const tick* past) const {
  const event& v = log_.events[log_.at(e)];
  const std::uint8_t need = admission_needed(kind);
  if (!counts_attendance(v.kind)) return (v.admits_before & need) != 0;
  attendance who = v.there_before;
  for (; chain >= 0 && log_.accesses[log_.at(chain)].by > e;
       chain = log_.accesses[log_.at(chain)].previous) {
    const event_id d = log_.accesses[log_.at(chain)].by;
    const event& w = log_.events[log_.at(d)];
    if (log_.knows(past, d)) who += w.there_after - w.there_before;
  }
  return (admission_of(who) & need) != 0;
}

void reversal_finder::keep(reversal r, const tick* past) {
  r.also = log_.keep(past);
  to_->push_back(r);
}

// Every number that the event drew for itself could have been another.
void reversal_finder::choices_of(event_id e) {
  const event& v = log_.events[log_.at(e)];
  const bool head = !log_.departures.empty() && log_.departures.back().at == e;
  if (v.scheduled && !head) return;
  const std::size_t first = log_.first_draw(e), end = log_.last_draw(e);
  std::uint32_t settled = 0;  // numbers that a departure has fixed: up to the last that is not 0
  for (std::size_t i = first; i < end; ++i)
    if (log_.draws[i].value != 0) settled = static_cast<std::uint32_t>(i - first) + 1;
  for (std::size_t i = first + settled; i < end; ++i)
    for (std::uint32_t value = 1; value < log_.draws[i].of; ++value)
      to_->push_back({reversal::kind::choice, v.task, e, e, no_event,
                      static_cast<std::uint32_t>(i - first), value});
}

void reversal_finder::common(const reversal& r, tick* to) const {
  // One that waits is let in where it stands then, whatever it has waited for in the log.
  std::fill_n(to, log_.stride(), tick{0});
  const bool again = r.how == reversal::kind::again;
  if (again)
    log_.join(to, log_.kept(r.also));
  else if (r.how != reversal::kind::waits)
    log_.past_of(r.head, to);
  else if (r.past != no_event)
    log_.join(to, log_.clock(r.past));
  for (event_id e = 0; e < log_.size(); ++e) {
    const event& v = log_.events[log_.at(e)];
    if (e < r.at ? v.scheduled || v.drawn : precedes(r, e) && !again) log_.join(to, log_.clock(e));
  }
}

bool reversal_finder::precedes(const reversal& r, event_id e) const {
  const bool again = r.how == reversal::kind::again;
  if (e < r.at + !again || e == r.head) return false;
  switch (r.how) {
    case reversal::kind::conflict:
      return e < r.head && log_.ordered(e, r.head);
    case reversal::kind::waits:
      return (r.past != no_event && log_.ordered(e, r.past)) ||
             (r.also != reversal::none && log_.knows(log_.kept(r.also), e));
    case reversal::kind::again:
      return log_.knows(log_.kept(r.also), e);
    case reversal::kind::choice:
      return false;
  }
  return false;
}

}  // namespace iorace
