// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The locks of a recording: who held which when. Used by relevance.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

bool takes_lock(const recording::line& l);
// It takes a lock, or is a writer that arrives: that is what keeps others out.
bool opens_section(const recording::line& l);
bool is_lock(const recording::line& l);  // whatever is done to a lock

// Lines are given by their index into recording::lines.
class lock_sections {
 public:
  explicit lock_sections(const recording& r);  // which must outlive it

  // All lines of each lock, by its place.
  const std::map<std::string, std::vector<std::size_t>>& locks() const { return locks_; }
  // Where the sections were opened that line `i` is in, the latest last.
  const std::vector<std::size_t>& around(std::size_t i) const { return around_[i]; }
  // How the lock of a section is held before line `i`, which is in it: by the kind of the event
  // that took it, or downgrade_write. Nothing if its task waits for it.
  std::optional<op_kind> held(std::size_t opened, std::size_t i) const;
  // Where the section that is opened at line `opened` ends; behind the last line if it does not.
  std::size_t end(std::size_t opened) const;
  // The last line that is before line `b` if line `a` is: if both are done under one lock, the end
  // of the section that `a` is in.
  std::size_t end_with(std::size_t a, std::size_t b) const;

 private:
  // Whether one task did both lines, to one lock.
  bool same_lock(std::size_t a, std::size_t b) const {
    return r_.lines[a].task == r_.lines[b].task && r_.lines[a].place() == r_.lines[b].place();
  }

  const recording& r_;
  std::map<std::string, std::vector<std::size_t>> locks_;
  std::vector<std::vector<std::size_t>> around_;
};

}  // namespace iorace
