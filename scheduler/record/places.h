// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The places that a task came to, as anchors: what may stand behind "until".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/record/recording.h"
#include "scheduler/record/schedule.h"

namespace iorace {

// Returns an anchor for each operation that the task called `task` executed in `r`, in order. Those
// of plain accesses that are no points name places where nothing can stop.
std::vector<anchor> places_of(const recording& r, std::string_view task);
// For each of them: how natural it is to stop there. 0 is the first operation of a call, 1 the
// first one of a function or the taking of a lock, 2 anything else.
std::vector<unsigned> naturalness_of(const recording& r, std::string_view task);
// Whether a task can stop at `a` while `points` ("class.field") are promoted.
bool can_stop_at(const anchor& a, std::span<const std::string> points);

// One of a program's calls: the nth of its task, from 0, that has the label.
struct call_place {
  std::string_view task, label;
  std::size_t nth = 0;
};
// Returns `s` as it is to be followed when the call is made no longer; `r` is what came of `s`
// while it was. A stop inside the call is one at the beginning of the next, and none if there is no
// next; stops behind it are counted without what it did. Choices stay as they are.
struct schedule without_call(const struct schedule& s, const recording& r, const call_place& call);

}  // namespace iorace
