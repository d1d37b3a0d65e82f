// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Lock order, after the kernel's lockdep: classes of locks are "type.field"; taking b while a is
// held is an edge a -> b; a cycle among the edges of one execution is a finding even where nothing
// deadlocked. Judged per execution, so that a trace convicts alone. Trylocks make no edge to
// themselves; two locks of one class make none.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scheduler/engine/operation.h"

namespace iorace {

class lock_order {
 public:
  void reset();
  // Notes a -> b, taken at step `at`. If this execution's edges now contain a path b -> ... -> a,
  // returns the step of that path's first edge, else no_step.
  step_id add(std::uint16_t a, std::uint16_t b, step_id at) {
    const std::uint32_t both = std::uint32_t{a} << 16 | b;
    noted& n = noted_[(a * 31u + b) % noted_.size()];
    if (a == b || (n.both == both && n.execution == execution_)) return no_step;
    if (n.both != both) n = {.both = both, .execution = 0, .edge = find(a, b)};
    n.execution = execution_;
    return add_edge(n.edge, at);
  }

 private:
  // The classes of an edge, the execution that has noted it last, and where it is.
  struct noted {
    std::uint32_t both = 0, execution = 0, edge = 0;
  };
  struct edge {
    std::uint32_t a, b;
    std::uint32_t seen;  // execution that last had it
    step_id at;          // the step that showed it first there
  };
  // The first edge of a path between two classes that are not one, or null. If there are several
  // paths in this execution: the first edge that it met, whatever executions before have met.
  const edge* path(std::uint32_t from, std::uint32_t to, std::size_t depth,
                   bool this_execution) const;
  step_id add_edge(std::uint32_t index, step_id at);
  std::uint32_t find(std::uint32_t a, std::uint32_t b);

  std::vector<edge> edges_;         // every edge that this engine has met
  std::array<noted, 256> noted_{};  // by hash of the classes; the latest of those that share one
  bool cyclic_ = false;             // all edges together; while they are not, no execution's are
  std::uint32_t execution_ = 1;
};

}  // namespace iorace
