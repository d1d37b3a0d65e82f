// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What strategies know places and tasks by, from one execution to the next: hashes of names and
// numbers, never of addresses.
#pragma once

#include <array>
#include <cstdint>

#include "scheduler/engine/mixed.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

// Returns the key of the word that `op` is about: who made the object, its class and number, and
// where in it. 0 if it is about none.
std::uint64_t place_key(const choice_view& view, const pending_op& op);

// The same for all elements of an array member, or of nothing but the member itself.
std::uint64_t member_key(const choice_view& view, const pending_op& op);

// Tasks by who created them, as which of his: independent of how unrelated tasks interleave.
// Invariant: entries of tasks below known() are set.
class lineage {
 public:
  void begin() { known_ = 1, children_[0] = 0, signature_[0] = 1; }
  unsigned known() const { return known_; }
  // Takes the next task that has come up; `creator` moved last (0: nobody, it is there from the
  // start). Returns its id.
  task_id meet(task_id creator) {
    const auto t = static_cast<task_id>(known_++);
    parent_[t] = creator;
    children_[t] = 0;
    signature_[t] = mixed(signature_[creator], ++children_[creator]);
    return t;
  }
  task_id parent(task_id t) const { return parent_[t]; }
  std::uint64_t signature(task_id t) const { return signature_[t]; }

 private:
  unsigned known_ = 1;
  std::array<task_id, 256> parent_{};
  std::array<std::uint16_t, 256> children_{};
  std::array<std::uint64_t, 256> signature_{};
};

}  // namespace iorace
