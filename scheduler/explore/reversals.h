// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which executions come out of one execution by exchanging two of its events. The search tree has
// one node per Mazurkiewicz trace; this file is its edge relation.
//
// Every trace T has one canonical sequence. At each prefix the policy names the next event e. If T
// has nothing before e that conflicts with it, e is next. Otherwise the conflicting events of T
// that come first (none of them before another) are looked at, `a` is the one with the lowest task,
// and next come the events that must precede `a`, then `a`: a *departure*. T's parent undoes the
// last departure: it is what the policy makes of e before `a`. So a node has a child for a pair (e,
// a) of its events iff
//  1. e was the policy's choice, and drew nothing but 0; `a` is the last departure of the node or
//     the policy's choice behind it, and drew nothing but 0;
//  2. they conflict and nothing is between them in happens-before; or `a` waits for a primitive
//     that e closes, and did not wait for e otherwise;
//  3. `a` would have been enabled where e stood;
//  4. every departure behind e happens before `a`: without the others it is the same exchange;
//  5. where e had been put off before, in favour of events that are independent of `a`, their tasks
//     have lower numbers. Of writers that arrive at a semaphore, the one that enters first puts off
//     its readers; where that is open, because none enters before `a`, the lowest does.
// In the child the events that do not precede `a` are dropped; the policy brings them back. But for
// one case: where `a` waits, what is in conflict with it at another place than that is as free to
// come before it as behind it. A node in which it comes behind has one more child for each, in
// which the departure is the same, with that in front of `a`.
//
// What the departures of a node but the last put first stays first in its whole subtree: e is none
// of it, by 1, and what precedes `a` has it, by 4. Only the last one may still be brought further
// forward.
//
// An event that ends its execution with a finding ends only its own task here: the others go on
// without it, as long as they are not in conflict with it, so that their findings are not lost. In
// other words, traces are those of the program whose tasks stop where they are convicted. Tasks
// that block each other have not ended anything: they wait, and the others go on. (After
// parsimonious-optimal DPOR, Abdulla et al., CAV 2024, and TruSt, Kokologiannakis et al., POPL
// 2022.)
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/explore/event_log.h"

namespace iorace {

struct reversal {
  // `again`: a departure that waits, once more, with something in front of `a` that was behind it.
  enum class kind : std::uint8_t { conflict, waits, again, choice } how;
  task_id task;   // of `a`
  event_id at;    // e, or the event that chooses; of `again`: where the departure begins
  event_id head;  // a; no_event if it never ran
  event_id past;  // of `waits`: what precedes `a` precedes this, or nothing (no_event)
  std::uint32_t draw = 0, value = 0;  // of a choice: which of the event's numbers, and what it is
  std::size_t also = none;            // besides, whatever this clock knows that the log keeps
  static constexpr std::size_t none = ~std::size_t{0};
};

class reversal_finder {
 public:
  using tick = event_log::tick;
  explicit reversal_finder(event_log& log) : log_(log) {}
  // Appends the children of the execution in the log, whose events from `first` on are new.
  void find(event_id first, const std::vector<unfinished>& ends, std::vector<reversal>& to);
  // Returns true iff event `e` precedes `a` in the child.
  bool precedes(const reversal& r, event_id e) const;
  // Sets to[t] to how many of the first events of each task t all traces have in common, and in the
  // same order, that the child and its descendants stand for. `to` has room for log.stride().
  void common(const reversal& r, tick* to) const;

 private:
  void find_conflicts(event_id a);
  void past_without(event_id e, event_id a, tick* into) const;
  void waits_of(const unfinished& u, std::int32_t chain, event_id past, event_id head,
                event_id end);
  bool overtakes(event_id e, event_id arrival) const;
  void arrives(event_id e, const unfinished& u, std::int32_t chain, event_id past, event_id head);
  void join_conflicts_before(event_id e, event_id a, tick* into) const;
  void stopped_by(event_id e, const unfinished& u);
  bool would_go(event_id e, const unfinished& u, const tick* past, tick* in_child);
  void could_precede(event_id e, const unfinished& u, const tick* past);
  template <class See>
  void each_past(std::size_t next, std::size_t frame, const See& see);
  bool is_admitted(event_id e, op_kind kind, std::int32_t chain, const tick* past) const;
  void keep(reversal r, const tick* past);
  void behind_others(const departure& d, event_id first);
  bool puts_off(const departure& d, const tick* past) const;
  bool lowest_beside(const departure& d, event_id f) const;
  bool in_conflict_beside(event_id f, event_id a) const;
  bool in_conflict(event_id f, event_id a) const;
  bool touches(event_id f, const word_access& x) const;
  void choices_of(event_id e);
  void note_conflict(event_id e, event_id a);
  bool plain_choice(event_id e) const;
  bool departures_precede(event_id e, const tick* past, event_id head) const;
  bool in_order(event_id e, task_id t, const tick* past) const;
  bool first_in_queue(event_id e, const tick* past) const;
  bool queues(event_id e, const tick* past) const;
  bool stops_reader(const departure& d) const;

  event_log& log_;
  const std::vector<unfinished>* ends_ = nullptr;
  std::vector<reversal>* to_ = nullptr;
  std::vector<event_id> in_conflict_, candidates_;
  std::vector<tick> past_, without_, frames_;
};

}  // namespace iorace
