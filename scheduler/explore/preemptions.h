// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How many preemptions a part of a trace needs, however it is linearised: a lower bound for every
// trace that begins with it. A part is the first so many events of each task, and with an event all
// that happens before it.
//
// Restricted to the part, a linearisation of such a trace is one of the part. Where it leaves a
// task, the task's next event comes later in the trace, too, if it belongs to the part or is in
// conflict with an event of the part that is still to come. If it could have moved, that was a
// preemption; events outside the part do not decide it, for what is in conflict with an event of
// the part and precedes it belongs to the part. Where the log does not tell whether a waiting event
// could have passed, the switch counts as free.
//
// The cheapest linearisation runs each task as far as it gets: an event that is brought forward
// costs nothing, unless it lets somebody pass who would have waited, or time pass. Before such an
// event it may be cheaper to stop. The search for it has a limit, behind which nothing is proven.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/explore/reversals.h"

namespace iorace {

class preemption_bound {
 public:
  using tick = event_log::tick;
  explicit preemption_bound(const event_log& log) : log_(log) {}

  // The execution in the log is the one to judge, `ends` as in reversal_finder::find(). Both must
  // not change until the next call.
  void look_at(const std::vector<unfinished>& ends);
  // Returns true iff it is proven that every trace that begins with the first part[t] events of
  // each task t needs more than `most` preemptions.
  bool exceeded(const tick* part, unsigned most);
  // The same of the trace in the log.
  bool exceeded(unsigned most) { return exceeded(whole_.data(), most); }

 private:
  void lets_time_pass(event_id barrier);
  bool fits(task_id current, unsigned used);
  bool leave(task_id current, unsigned used);
  bool any_fits(unsigned used);
  bool runs_out(task_id t) const;
  void run_out();
  bool is_complete() const;
  bool is_ready(task_id t, event_id e) const;
  bool could_move(task_id t) const;
  bool could_end(task_id t) const;
  bool admitted(op_kind kind, std::uint32_t word) const;
  bool is_taken(event_id e) const { return log_.knows(at_.data(), e); }
  bool left_behind(task_id t) const;
  void look_behind(task_id t);
  void note_behind(task_id t, op_kind kind, std::uint32_t word);
  bool seen(unsigned used);
  event_id next_of(task_id t) const {
    return at_[t] < events_[t].size() ? events_[t][at_[t]] : no_event;
  }

  const event_log& log_;
  unsigned tasks_ = 0, most_ = 0;
  std::vector<std::vector<event_id>> events_;  // by task
  std::vector<unfinished> ends_;               // by task
  std::vector<event_id> dead_;
  std::vector<bool> opens_;  // by event: may let somebody pass
  std::vector<tick> whole_;  // by task: its events
  const tick* part_ = nullptr;
  std::vector<tick> at_;      // by task: those that are taken
  std::vector<tick> behind_;  // by two tasks: what the first does behind its part comes behind this
                              // one of the second
  std::vector<tick> saved_;
  // States that were left with `used` preemptions, by hash; `states_` holds what was taken in each.
  struct slot {
    std::uint32_t round = 0, state = 0, used = 0;
  };
  std::vector<slot> slots_;
  std::vector<tick> states_;
  std::uint32_t round_ = 0, states_count_ = 0;
  bool given_up_ = false;
};

}  // namespace iorace
