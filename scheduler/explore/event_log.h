// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The execution at hand as an exhaustive search sees it: its events (what a task does between two
// points, named by the operation that it stopped before), the words that each accesses, and what
// happens before what. Flat arrays; nothing is allocated once they have grown to what a program
// needs. A prefix that the next execution shares stays where it is; what is cut off behind it can
// be stashed and brought back.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/engine/lanes.h"
#include "scheduler/sync/admission.h"

namespace iorace {

using event_id = std::int32_t;  // index into the log; no_event if there is none
inline constexpr event_id no_event = -1;

inline constexpr std::uint32_t no_word = 0xffffffff;

// An access of an event to a word; chains lead to the accesses before it.
struct word_access {
  std::uint32_t word = 0;  // no_word: the whole object
  object_id object = 0;
  event_id by = no_event;
  std::int32_t previous = -1;        // access of the same word
  std::int32_t previous_write = -1;  // of the same word
  std::int32_t same_object = -1;     // access of the same object
  std::int32_t freed = -1;           // kfree of the same object
  meets_as how = meets_as::look;
};
// What a task that has not ended was about to do.
struct unfinished {
  task_id task = no_task;
  op_kind kind = op_kind::read;
  std::uint32_t word = no_word;  // no_word if it concerns no word
  object_id object = 0;
  meets_as how = meets_as::nothing;
  bool waits = false;
  bool whole = false;  // kfree: it concerns the object
  bool held = false;   // the task holds what it waits for, and goes on: into the verdict
  bool meets(const word_access& x) const {
    if (whole || x.word == no_word) return object != 0 && x.object == object;
    return word != no_word && x.word == word && conflict(how, x.how);
  }
};

struct event {
  task_id task = 0;
  std::uint16_t position = 0;  // within its task, from 1
  op_kind kind = op_kind::read;
  bool waits = false;      // it had a precondition that others decide
  bool scheduled = false;  // placed by a reversal, not by the policy
  bool drawn = false;      // drew something else than 0
  bool dead = false;       // ended the execution: its task is taken to stop there, see reversals.h
  std::uint8_t admits_before = 0, admits_after = 0;  // see sync/admission.h
  attendance there_before = 0, there_after = 0;
  event_id before = no_event;   // the task's previous event, or the one that created it
  event_id enabler = no_event;  // who woke it, or the last one of the task that it joins
  step_id first_step = 0;       // the steps before it
  event_id barrier = 0;         // every event below happens before it: time had to pass
  std::uint32_t accesses = 0;   // index of the first one
  std::uint32_t draws = 0;      // index of the first one
};

struct drawn_number {
  event_id by;  // no_event: before the first event
  std::uint32_t value;
  std::uint32_t of;
};

// A place where the execution departs from what the policy would have done: the last event of a
// reversal, which begins at `start` and puts events before the next one of task `against`; or
// (against == no_task) an event that drew something else than 0.
struct departure {
  event_id at;
  event_id start;
  task_id against;
  bool waited = false;  // `at` waits, and had not been in front of that one
};

class event_log {
 public:
  using tick = std::uint16_t;

  event_id size() const { return static_cast<event_id>(events.size()); }
  // Happened-before: clock(e)[t] is the position of the last event of task t that happens before or
  // is `e`.
  const tick* clock(event_id e) const {
    return clocks_.data() + static_cast<std::size_t>(e) * stride_;
  }
  tick* clock(event_id e) { return clocks_.data() + static_cast<std::size_t>(e) * stride_; }
  bool knows(const tick* c, event_id e) const {
    return c[events[at(e)].task] >= events[at(e)].position;
  }
  bool ordered(event_id e, event_id f) const { return knows(clock(f), e); }
  // Eight at a time; clocks are as long as a multiple of that.
  void join(tick* into, const tick* from) const { raise_to<tick>(into, from, stride_); }
  unsigned stride() const { return stride_; }
  event_id last_of(task_id t) const { return t < last_of_.size() ? last_of_[t] : no_event; }
  // What the past of `e` consists of besides conflicts.
  void past_of(event_id e, tick* into) const;
  // The same for what a task will do next.
  void past_of_next(task_id t, tick* into) const;
  event_id previous_of_next(task_id t) const {
    return last_of_[t] != no_event ? last_of_[t] : creator_[t];
  }
  unsigned tasks() const { return static_cast<unsigned>(last_of_.size()); }

  // Accesses of `e` are [first, last).
  std::uint32_t first_access(event_id e) const { return events[at(e)].accesses; }
  std::uint32_t last_access(event_id e) const {
    return e + 1 < size() ? events[at(e + 1)].accesses
                          : static_cast<std::uint32_t>(accesses.size());
  }
  // Draws of `e` are [first, last).
  std::uint32_t first_draw(event_id e) const { return events[at(e)].draws; }
  std::uint32_t last_draw(event_id e) const {
    return e + 1 < size() ? events[at(e + 1)].draws : static_cast<std::uint32_t>(draws.size());
  }
  bool meets(const unfinished& u, event_id e) const {
    for (std::uint32_t i = first_access(e); i < last_access(e); ++i)
      if (u.meets(accesses[i])) return true;
    return false;
  }
  std::int32_t last_access_of_word(std::uint32_t word) const {
    return word < words_.size() ? words_[word].last : -1;
  }

  // Adds the next event; its accesses and its clock follow by add_access() and close().
  event& open(task_id t);
  void add_access(std::uint32_t word, object_id object, meets_as how);
  // Calls visit(event) for every event that conflicts with access `i` and is not covered by
  // another; newest first, an event possibly more than once.
  template <class Visit>
  void each_conflict(std::uint32_t i, Visit visit) const {
    const word_access& a = accesses[i];
    if (a.freed >= 0) visit(accesses[at(a.freed)].by);
    if (a.word == no_word) {
      for (std::int32_t p = a.same_object; p >= 0; p = accesses[at(p)].same_object)
        visit(accesses[at(p)].by);
    } else if (a.how == meets_as::look) {
      if (a.previous_write >= 0) visit(accesses[at(a.previous_write)].by);
    } else {
      for (std::int32_t p = a.previous; p >= 0; p = accesses[at(p)].previous) {
        if (conflict(a.how, accesses[at(p)].how)) visit(accesses[at(p)].by);
        if (covers(accesses[at(p)].how, a.how)) break;
      }
    }
  }
  void close();
  void set_creator(task_id t, event_id e);
  void set_tasks(unsigned n);

  void cut(event_id n);
  // Cuts an execution that is to begin once more: departures, which are planned before it, stay.
  void rewind(event_id n);
  // Cuts, and remembers what was cut off; unstash() brings back what was stashed last, cutting off
  // what has come in its place.
  void stash(event_id n);
  void unstash();
  // Makes room for another execution, but for what is drawn before the first event; then brings
  // everything back. Not to be nested.
  void put_away();
  void bring_back();
  void clear();
  // Keeps a copy of a clock, and returns its number; those from `n` on can be dropped again.
  std::size_t keep(const tick* clock);
  const tick* kept(std::size_t number) const { return kept_.data() + number * stride_; }
  std::size_t kept() const { return kept_.size() / stride_; }
  void drop_kept(std::size_t n) { kept_.resize(n * stride_); }
  std::size_t entries() const { return events.size() + stash_.events.size(); }

  static std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

  std::vector<event> events;
  std::vector<word_access> accesses;
  std::vector<drawn_number> draws;
  std::vector<departure> departures;

 private:
  struct word_state {
    std::int32_t last = -1, last_write = -1;
  };
  struct stashed_frame {
    std::size_t events, accesses, draws, departures;  // sizes of the stash before
    event_id from;
  };
  void link(std::int32_t access);

  unsigned stride_ = 8;
  std::vector<tick> clocks_, kept_;
  std::vector<word_state> words_;
  struct object_chain {
    std::int32_t last = -1, freed = -1;
  };
  std::vector<object_chain> objects_;
  std::vector<event_id> last_of_, creator_;
  struct {
    std::vector<event> events;
    std::vector<word_access> accesses;
    std::vector<drawn_number> draws;
    std::vector<departure> departures;
    std::vector<tick> clocks;
    std::vector<stashed_frame> frames;
    std::vector<event_id> creators;
  } stash_;
};

}  // namespace iorace
