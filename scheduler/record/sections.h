// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The locks of a recording: who held which when. Used by relevance.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

// A writer has an rwsem from its arrival on: that is what keeps others out.
bool takes_lock(const recording::line& l);
bool drops_lock(const recording::line& l);
bool is_lock(const recording::line& l);  // these, and what else is done to a lock

// Lines are given by their index into recording::lines.
class lock_sections {
 public:
  explicit lock_sections(const recording& r);  // which must outlive it

  // All lines of each lock, by its place.
  const std::map<std::string, std::vector<std::size_t>>& locks() const { return locks_; }
  // Where the locks were taken that its task holds at line `i`, the latest last.
  const std::vector<std::size_t>& held(std::size_t i) const { return held_[i]; }
  // Where the lock that is taken at line `taken` is dropped; behind the last line if it is not.
  std::size_t end(std::size_t taken) const;
  // The last line that is before line `b` if line `a` is: if both are done under one lock, the end
  // of the section that `a` is in.
  std::size_t end_with(std::size_t a, std::size_t b) const;

 private:
  const recording& r_;
  std::map<std::string, std::vector<std::size_t>> locks_;
  std::vector<std::vector<std::size_t>> held_;
};

}  // namespace iorace
