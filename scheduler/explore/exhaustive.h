// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The strategy of an exhaustive search: repeats a prefix and a plan, then follows the policy, and
// writes the log of events on the way. The policy: after a reversal the task that was put off, if
// it is enabled; else the task that moved last, if it is enabled and has not moved on and on, as
// who waits for others by looking would; else the next enabled task. Of writers that wait for one
// semaphore the one that arrived first goes first. It depends on the sequence of events alone, as
// reversals.h requires.
#pragma once

#include <span>
#include <vector>

#include "scheduler/engine/engine.h"
#include "scheduler/explore/reversals.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class exhaustive final : public strategy {
 public:
  exhaustive(const engine& e, event_log& log) : engine_(e), log_(log) {}

  // The next execution keeps the log's events, goes on with `tasks`, who draw `numbers` (by index
  // of the event) and then 0, and afterwards prefers `against`.
  struct plan {
    std::vector<task_id> tasks;
    std::vector<drawn_number> numbers;
    task_id against = no_task;
    // Adds what event `e` of the log did. The plan begins at event `first`.
    void add(const event_log& log, event_id e, event_id first);
  };
  plan next;
  bool head_scheduled = true;  // false: the last of `tasks` is the policy's choice, and draws anew

  // To be called before the first execution of a search.
  void restart() {
    next = {};
    deaths_ = false;
  }
  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

  // The plan for an execution on its own: of what `tasks`, by the engine's numbers, did in the
  // latest one, and what precedes that; what only `last` needs comes last. Requires: the log is of
  // the latest execution.
  plan alone(std::span<const task_id> tasks, task_id last) const;

  // To be called when the tasks have ended, before the program's check changes what they left.
  void settle();
  // To be called after an execution: closes the log and tells what the tasks would have done that
  // have not ended. Returns false if some of them could go on without the one that ended it: then
  // another execution, with an empty plan, is to follow.
  bool finish(const execution_result& r, std::vector<unfinished>& ends);
  // Of the latest execution: its plan could not be followed. What has been executed up to a finding
  // hides what it would have met, so that a plan around it may be none.
  bool lost() const { return lost_; }
  // Of the latest execution: who moved at each point, and what was drawn, in order.
  const std::vector<task_id>& picks() const { return picks_; }
  const std::vector<std::uint32_t>& numbers() const { return numbers_; }

 private:
  task_id move(const choice_view& view);
  std::uint32_t answer(std::uint32_t n);
  task_id choose(const choice_view& view);
  task_id next_behind(const choice_view& view, task_id t) const;
  task_id first_arrived(const choice_view& view, task_id t) const;
  bool may_move(task_id t) const;
  bool waits(task_id t) const;
  unfinished next_of(task_id t) const;
  bool is_dead(task_id t) const;
  task_id give_up(const choice_view& view);
  void open(const choice_view& view, task_id t);
  void close();
  void follow_sleepers();
  void follow_time(const choice_view& view);
  event_id event_of(step_id s) const;
  std::uint8_t admitted(step_id behind) const;
  attendance there_now() const;
  void add_accesses(event& v, std::size_t first, std::size_t end);

  const engine& engine_;
  event_log& log_;
  std::vector<task_id> picks_;
  std::vector<std::uint32_t> numbers_;
  event_id at_ = 0;             // the next event
  event_id keep_ = 0;           // events below are the same as in the execution before
  bool begun_ = false;          // the execution has not been finished
  event_id newest_ = no_event;  // the last one that was executed
  bool over_ = false;           // only dead tasks are left
  bool lost_ = false;
  bool deaths_ = false;   // there has been a finding
  bool settled_ = false;  // the newest event is closed
  std::vector<event_id> dead_;
  std::size_t drawn_ = 0, number_ = 0;
  unsigned known_ = 0;       // tasks
  task_id mover_ = no_task;  // who moved last, by our number, and how often in a row
  std::uint32_t moves_ = 0, moves_max_ = 0;
  pending_op op_;  // of the newest event
  std::size_t first_step_ = 0, touched_ = 0;
  // Tasks are numbered by order of creation, which depends on the schedule; here a task that a task
  // creates is known by its creator and by which of his children it is.
  struct birth {
    task_id creator;
    unsigned child;
    bool operator==(const birth&) const = default;
  };
  void meet(const choice_view& view);
  task_id number_of(const birth& b);
  std::vector<birth> births_;           // by number of ours; of all executions
  std::vector<task_id> ours_, theirs_;  // our numbers by the engine's, and the other way round
  std::vector<unsigned> children_;      // by our number
  struct sleeper {
    bool asleep = false;
    event_id waker = no_event, barrier = 0;
    step_id expired_at = no_step;
  };
  std::vector<sleeper> sleepers_;
};

}  // namespace iorace
