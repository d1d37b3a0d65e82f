// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which list each node is in while an execution goes by. An operation on a list names one node, and
// two operations on one list may name two: that they conflict shows in the list.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "scheduler/engine/operation.h"

namespace iorace {

// Nodes are given by their identity (see engine::identity()). A list goes by the name of its head.
class list_nodes {
 public:
  // Returns the lists that an operation on `place` concerns: the one that `place` is in, or was in
  // last, and, if it puts `entry` into that one, the one where `entry` was before.
  std::vector<std::uint64_t> concerned(op_kind kind, std::uint64_t place,
                                       std::uint64_t entry) const;
  // The operation was executed.
  void follow(op_kind kind, std::uint64_t place, std::uint64_t entry);

 private:
  struct membership {
    std::uint64_t list;
    bool linked;  // or it was the last one
  };
  std::uint64_t list_of(std::uint64_t node) const;

  std::map<std::uint64_t, membership> nodes_;  // but those that were never in the list of another
};

}  // namespace iorace
