// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which operations of a recording conflict: they are of two tasks and touch the same place, and one
// of them writes. References that come and go commute, unless somebody asks whether it was the
// last. Used by relevance and by explanations.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/record/recording.h"
#include "scheduler/record/sections.h"

namespace iorace {

bool is_list(op_kind k);
bool writes(const recording::line& l);
// A reference more or less. Dropping one by dec_and_test asks for the others.
bool counts(const recording::line& l);
// Whether two operations on one place do the same in either order.
bool commute(const recording::line& a, const recording::line& b);
// Whether two operations on one place conflict.
bool conflict(const recording::line& a, const recording::line& b);
// What line `i` touches: list operations under one lock are taken for operations on one list.
std::string touched_place(const recording& r, const lock_sections& sections, std::size_t i);

}  // namespace iorace
