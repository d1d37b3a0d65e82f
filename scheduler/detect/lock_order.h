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
  step_id add(std::uint32_t a, std::uint32_t b, step_id at);

 private:
  struct edge {
    std::uint32_t a, b;
    std::uint32_t seen;  // execution that last had it
    step_id at;          // the step that showed it first there
  };
  // The first edge of a path between two classes that are not one, or null.
  const edge* path(std::uint32_t from, std::uint32_t to, std::size_t depth,
                   bool this_execution) const;
  edge& find(std::uint32_t a, std::uint32_t b);

  std::vector<edge> edges_;                // every edge that this engine has met
  std::array<std::uint16_t, 256> hint_{};  // where find() looks first
  bool cyclic_ = false;  // all edges together; while they are not, no execution's are
  std::uint32_t execution_ = 1;
};

}  // namespace iorace
