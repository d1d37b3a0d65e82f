// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which operations of a recording conflict: they are of two tasks and touch the same place, and one
// of them writes. References that come and go commute, unless somebody asks whether it was the
// last. Used by relevance and by explanations.
#pragma once

#include <string>
#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

bool writes(const recording::line& l);
// A reference more or less. Dropping one by dec_and_test asks for the others.
bool counts(const recording::line& l);
// Whether two operations on one place do the same in either order.
bool commute(const recording::line& a, const recording::line& b);
// Whether two operations on one place conflict.
bool conflict(const recording::line& a, const recording::line& b);
// What an operation touches: its place, or the lists that it concerns.
std::vector<std::string> touched(const recording::line& l);
// Whether one of them is the same.
bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace iorace
