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

// Nodes are given by their identity (see engine::identity()). A list goes by its head; a node in no
// list is one of its own.
class list_nodes {
 public:
  // Returns the lists that an operation on `place` concerns: the one that `place` is in, and the
  // one that `entry`, where it is added to that, comes from, or that `place`, where it is taken
  // out, makes.
  std::vector<std::uint64_t> concerned(op_kind kind, std::uint64_t place,
                                       std::uint64_t entry) const;
  // The operation was executed. What is added is a node, or all of the list of which it is the
  // head.
  void follow(op_kind kind, std::uint64_t place, std::uint64_t entry);

 private:
  std::uint64_t list_of(std::uint64_t node) const;

  std::map<std::uint64_t, std::uint64_t> lists_;  // by node: those in the list of another
};

}  // namespace iorace
