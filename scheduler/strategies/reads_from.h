// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who reads what from whom, during an execution. A *site* is an operation as a person would point
// at it in the program: what it does to which place, after which other operations of its task.
// Tasks that run the same code have the same sites, and so do the rounds of a loop but the first. A
// *pair* is a site that reads and the site that wrote what it reads, or 0 for the initial value. To
// take a lock is to read it from who took it before, and to write it; to release it is neither.
// Where sites are told apart, each task has its own, and so have the first, the second ... the
// sixteenth round of a loop, the rounds up to the 32nd, the 64th ...
#pragma once

#include <array>
#include <cstdint>

#include "scheduler/strategies/places.h"
#include "scheduler/strategies/scratch_map.h"

namespace iorace {

struct site_event {
  std::uint64_t site = 0;
  std::uint64_t place = 0;  // 0: neither read nor written
  bool reads = false;
  bool writes = false;
};

struct site_pair {
  std::uint64_t reader = 0;
  std::uint64_t writer = 0;  // 0: the initial value
  std::uint64_t place = 0;
  bool operator==(const site_pair&) const = default;
};

class reads_from {
 public:
  explicit reads_from(bool apart = false) : apart_(apart) {}

  void begin();
  // Looks at the pending operations of who executed last and of tasks that have come up since: to
  // be called at every point, before the rest. Calls then(t) for each.
  template <class Then>
  void follow(const choice_view& view, Then then) {
    if (last_ != 0 && view.current != no_task) look(view, last_), then(last_);
    while (tasks_.known() < view.tasks) {
      const auto t = static_cast<task_id>(tasks_.known());
      look(view, t), then(t);
    }
  }
  void follow(const choice_view& view) {
    follow(view, [](task_id) {});
  }
  // The pending operation of `t`, which has just come to it. Requires: tasks come in the order of
  // ids when they come first.
  void look(const choice_view& view, task_id t);
  const site_event& pending(task_id t) const { return pending_[t]; }
  // `t` executes it. Returns the pair that this makes; its reader is 0 if it reads nothing.
  site_pair execute(task_id t);
  // The site that wrote last to a place; 0 if nobody did.
  std::uint64_t last_writer(std::uint64_t place) const { return writers_.get(place, 0); }

 private:
  const bool apart_;
  lineage tasks_;
  task_id last_ = 0;  // who executed last; 0: nobody
  std::array<site_event, 256> pending_{};
  std::array<std::uint64_t, 256> operation_{};  // hash of kind and place
  std::array<std::uint64_t, 256> history_{};    // of the different operations made so far
  scratch_map<std::uint32_t> made_{14};         // how often, by (task, operation)
  scratch_map<std::uint64_t> writers_{12};      // by place
};

}  // namespace iorace
