// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Exchanges with an event that waits, or that did not come to pass: it can stand where it is let
// in.
#include <algorithm>

#include "scheduler/explore/reversals.h"
#include "scheduler/sync/admission.h"

namespace iorace {

// Events before `end` that let somebody in at the place where the task waits, so that it could not
// pass any more.
void reversal_finder::waits_of(const unfinished& u, std::int32_t chain, event_id past_event,
                               event_id head, event_id end) {
  tick* const past = past_.data();
  std::fill_n(past, log_.stride(), tick{0});
  if (past_event != no_event) log_.join(past, log_.clock(past_event));
  const std::uint8_t need = admission_needed(u.kind);
  const std::int32_t chain_end = chain;
  for (; chain >= 0; chain = log_.accesses[log_.at(chain)].previous) {
    const word_access& x = log_.accesses[log_.at(chain)];
    const event_id e = x.by;
    const event& v = log_.events[log_.at(e)];
    if (log_.knows(past, e)) {
      if (x.how == meets_as::write) break;
      continue;
    }
    if (e >= end || !plain_choice(e) || v.task == u.task) continue;
    if (x.how == meets_as::writer_arrives && u.how == meets_as::reader_enters) {
      arrives(e, u, chain_end, past_event, head);
      continue;
    }
    if ((v.admits_before & need) == 0 || (v.admits_after & need) != 0) continue;
    if (!departures_precede(e, past, no_event)) continue;
    if (u.how == meets_as::writer_enters && overtakes(e, past_event)) continue;
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

// Whether a writer that enters before `e` would come to be the first to enter of those whose
// arrival stops a reader, which `e` is.
bool reversal_finder::overtakes(event_id e, event_id arrival) const {
  const event_id own = log_.events[log_.at(e)].before;
  const auto d = std::find_if(log_.departures.begin(), log_.departures.end(),
                              [&](const departure& x) { return x.at == own; });
  if (d == log_.departures.end() || !stops_reader(*d)) return false;
  for (std::int32_t p = log_.accesses[log_.first_access(arrival)].previous;
       p >= 0 && log_.accesses[log_.at(p)].by >= d->start; p = log_.accesses[log_.at(p)].previous) {
    const word_access& x = log_.accesses[log_.at(p)];
    if (conflict(meets_as::reader_enters, x.how) && log_.ordered(x.by, arrival)) return false;
  }
  return true;
}

// Whether whom it puts off is a reader.
bool reversal_finder::stops_reader(const departure& d) const {
  op_kind stopped = op_kind::read;
  for (const unfinished& u : *ends_)
    if (u.task == d.against) stopped = u.kind;
  for (event_id f = log_.size() - 1; f > d.at; --f)
    if (log_.events[log_.at(f)].task == d.against) stopped = log_.events[log_.at(f)].kind;
  return stopped == op_kind::down_read;
}

// Of the writers that come along in front of `e` and have not entered then, the first one puts off
// a reader. In which order they enter is left open here: it has to be the lowest.
bool reversal_finder::first_in_queue(event_id e, const tick* past) const {
  for (std::size_t i = log_.departures.size(); i-- > 0;) {
    const departure& d = log_.departures[i];
    if (d.at <= e) break;
    if (!queues(d.at, past) || !stops_reader(d)) continue;
    const event& first = log_.events[log_.at(d.at)];
    for (event_id f = d.at + 1; f < log_.size(); ++f)
      if (queues(f, past) && log_.events[log_.at(f)].task < first.task && !log_.ordered(d.at, f) &&
          log_.accesses[log_.first_access(f)].word == log_.accesses[first.accesses].word)
        return false;
  }
  return true;
}

// Whether a writer arrives by `e`, and that is the last that its task has done in what `past`
// knows.
bool reversal_finder::queues(event_id e, const tick* past) const {
  const event& v = log_.events[log_.at(e)];
  return v.kind == op_kind::down_write_arrive && past[v.task] == v.position &&
         log_.first_access(e) != log_.last_access(e);
}

// Calls see(clock) for the clock at frames_[frame] joined with those of each subset of candidates_
// from `next` on that has with an event those that precede it.
template <class See>
void reversal_finder::each_past(std::size_t next, std::size_t frame, const See& see) {
  if (next == candidates_.size()) return see(frames_.data() + frame);
  each_past(next + 1, frame, see);
  const event_id c = candidates_[next];
  const auto known = [&](event_id e) { return log_.knows(frames_.data() + frame, e); };
  if (known(c)) return;
  for (std::size_t i = 0; i < next; ++i)
    if (!known(candidates_[i]) && log_.ordered(candidates_[i], c)) return;
  const std::size_t wider = frames_.size();
  frames_.resize(wider + log_.stride());
  std::copy_n(frames_.data() + frame, log_.stride(), frames_.data() + wider);
  log_.join(frames_.data() + wider, log_.clock(c));
  each_past(next + 1, wider, see);
  frames_.resize(wider);
}

// A reader waits for every writer that has arrived and could have come before any of them, behind
// some of the sections of those that arrived before.
void reversal_finder::arrives(event_id e, const unfinished& u, std::int32_t chain,
                              event_id past_event, event_id head) {
  frames_.assign(past_.begin(), past_.end());
  candidates_.clear();
  for (std::int32_t p = chain; p >= 0 && log_.accesses[log_.at(p)].by > e;
       p = log_.accesses[log_.at(p)].previous) {
    const word_access& x = log_.accesses[log_.at(p)];
    if (x.how == meets_as::writer_leaves && !log_.ordered(e, x.by)) candidates_.push_back(x.by);
  }
  std::reverse(candidates_.begin(), candidates_.end());
  each_past(0, 0, [&](const tick* past) {
    if (!is_admitted(e, u.kind, chain, past) || !departures_precede(e, past, no_event)) return;
    tick* const in_child = without_.data();
    std::copy_n(past, log_.stride(), in_child);
    for (std::int32_t p = chain; p >= 0; p = log_.accesses[log_.at(p)].previous) {
      const word_access& x = log_.accesses[log_.at(p)];
      if (x.by < e && conflict(u.how, x.how)) log_.join(in_child, log_.clock(x.by));
    }
    if (head != no_event) join_conflicts_before(e, head, in_child);
    if (in_order(e, u.task, in_child))
      keep({reversal::kind::waits, u.task, e, head, past_event}, past);
  });
}

// The event ended its execution, and what the task would do next is in conflict with it: it could
// have come before, and behind any of the others that it is in conflict with.
void reversal_finder::stopped_by(event_id e, const unfinished& u) {
  const event& v = log_.events[log_.at(e)];
  if (!plain_choice(e) || v.task == u.task || !log_.meets(u, e)) return;
  const std::uint8_t need = admission_needed(u.kind);
  const bool closes = (v.admits_before & need) != 0 && (v.admits_after & need) == 0;
  if (u.waits && (closes || v.kind == op_kind::down_write_arrive)) return;
  frames_.resize(log_.stride());
  log_.past_of_next(u.task, frames_.data());
  could_precede(e, u, frames_.data());
  const event_id before = log_.previous_of_next(u.task);
  each_past(0, 0, [&](const tick* past) {
    if (would_go(e, u, past, past_.data()) && departures_precede(e, past, no_event) &&
        in_order(e, u.task, past_.data()))
      keep({reversal::kind::waits, u.task, e, no_event, before}, past);
  });
}

// Makes candidates_ what could come before `u` where `e` does not, and matter to it.
void reversal_finder::could_precede(event_id e, const unfinished& u, const tick* past) {
  unfinished other = u;
  if (is_try(u.kind)) other.how = meeting(u.kind, true);
  candidates_.clear();
  for (std::size_t i = log_.last_access(e); i < log_.accesses.size(); ++i) {
    const word_access& x = log_.accesses[i];
    if ((!u.meets(x) && !other.meets(x)) || log_.knows(past, x.by) || log_.ordered(e, x.by))
      continue;
    if (candidates_.empty() || candidates_.back() != x.by) candidates_.push_back(x.by);
  }
}

// Whether `u` could move where `e` stood, behind what `past` knows, and is in conflict with all of
// candidates_ in it. Makes `in_child` what then precedes it.
bool reversal_finder::would_go(event_id e, const unfinished& u, const tick* past, tick* in_child) {
  unfinished would = u;
  if (u.word != no_word && u.word == log_.accesses[log_.first_access(e)].word) {
    const bool admitted = is_admitted(e, u.kind, log_.last_access_of_word(u.word), past);
    if (u.waits && !admitted && !u.held) return false;
    if (is_try(u.kind)) would.how = meeting(u.kind, !admitted);
  }
  log_.past_of_next(u.task, in_child);
  std::size_t behind_dead = 0;
  for (std::size_t i = 0; i < log_.accesses.size(); ++i) {
    const word_access& x = log_.accesses[i];
    if (x.by == e || (x.by > e && !log_.knows(past, x.by)) || !would.meets(x)) continue;
    behind_dead += log_.events[log_.at(x.by)].dead;
    log_.join(in_child, log_.clock(x.by));
  }
  for (const event_id c : candidates_)
    if (log_.knows(past, c) && !log_.knows(in_child, c)) return false;
  return behind_dead == 0;
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

}  // namespace iorace
