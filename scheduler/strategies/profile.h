// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How many operations each task makes, and how many of them at each place: what urw and surw need
// to know beforehand. Averages over the executions that were counted and in which the task came to
// its end, recent ones weighing more; of a task that never did, the most that was seen. A task
// stands for itself and for the tasks that it has yet to create.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/record/ledger.h"
#include "scheduler/strategies/places.h"
#include "scheduler/strategies/scratch_map.h"

namespace iorace {

// Operations of a task (by signature) at a place; place 0 stands for all its operations.
struct event_count {
  std::uint64_t task = 0;
  std::uint64_t parent = 0;  // signature of its creator
  std::uint64_t place = 0;
  std::uint32_t count = 0;
  bool writes = false;
  std::uint64_t role = 0;  // hash of what the task did: equal for tasks that are alike
  bool member = false;     // the place is a whole member, see member_key()
  bool lock = false;       // the place is a lock
  bool sync = false;       // an operation acquires or releases
  bool bare = false;       // an operation was made while no lock was held
  bool finished = false;   // whether the task came to its end
};

class profile {
 public:
  // Weights are numbers of operations times `unit`.
  static constexpr std::uint32_t unit = 64;

  // Adds the counts of one execution.
  void add(std::span<const event_count> execution);
  // To be called after add() and before the rest.
  void summarize();
  // What is read is what was written, as it was after the last summarize().
  void write(ledger_writer& to) const;
  void read(ledger_reader& from);

  // Returns the weight of a task, with descendants, at `place` (0: anywhere); 0 if it is unknown.
  std::uint32_t weight(std::uint64_t task, std::uint64_t place) const;
  // Places that more than one task goes to, one of them to write, in a stable order. The telling
  // ones are locks of tasks that are not all alike, and what is ever touched without a lock.
  std::span<const std::uint64_t> contested(bool telling) const { return contested_[telling]; }
  // Members among them; only those that tasks synchronise by, if there are two of that kind.
  std::span<const std::uint64_t> members() const {
    return members_[1].size() > 1 ? members_[1] : members_[0];
  }

 private:
  struct known_task {
    std::uint64_t task = 0;
    std::uint64_t parent = 0;
    std::uint32_t executions = 0;  // in which it came to its end
  };
  struct share {
    std::uint64_t place = 0;
    std::uint64_t task = 0;
    std::uint32_t weight = 0;
  };
  known_task& task_of(const event_count& e);
  void count_task(const event_count& e);
  const known_task* find(std::uint64_t task) const;
  void fade();
  void derive();
  std::uint64_t usual_count() const;
  void share_out(const event_count& sum, std::uint64_t usual);
  void find_contested();

  std::vector<event_count> sums_;  // over executions; by (place, task)
  std::vector<known_task> tasks_;  // by task
  std::vector<share> shares_;      // by (place, task)
  std::vector<std::uint64_t> contested_[2], members_[2];
};

// Counts one execution for a profile.
class event_counter {
 public:
  void begin(bool on) {
    on_ = on;
    if (!on) return;
    counts_.clear();
    index_.clear();
    finished_.clear();
    held_.fill(0);
    role_.fill(0);
  }
  bool on() const { return on_; }
  void count(const lineage& tasks, task_id t, const choice_view& view);
  // Counts the operation once more, for executions that are alike in that `set` is looked at:
  // weight(in_set(signature, set), set) is how many operations at it a task makes in these.
  void count_in(std::uint64_t set, const lineage& tasks, task_id t, bool at_it);
  static std::uint64_t in_set(std::uint64_t signature, std::uint64_t set) {
    return set == 0 ? signature : mixed(signature, set);
  }
  void finished(const lineage& tasks, task_id t, std::uint64_t set = 0) {
    finished_[in_set(tasks.signature(t), set)] = true;
  }
  // Appends the counts to `to`. `all`: every task came to its end.
  void report(bool all, std::vector<event_count>& to) const;

 private:
  event_count* entry(const lineage& tasks, task_id t, std::uint64_t place, std::uint64_t set = 0);
  void count_at(const lineage& tasks, task_id t, std::uint64_t place, op_kind kind, bool member);

  bool on_ = false;
  std::vector<event_count> counts_;
  scratch_map<std::uint32_t> index_{13};  // into counts_, plus 1
  scratch_map<bool> finished_{9};         // by signature
  std::array<std::uint8_t, 256> held_{};  // locks
  std::array<std::uint64_t, 256> role_{};
};

}  // namespace iorace
