// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which operations of a recording a reader has to see to understand the race. Used by columns,
// which says how many it left out, and where.
#pragma once

#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

// Returns, by line, whether its order matters: whether a call of another task that overlaps with
// its own touches the same place, and one of the two writes; the freeing of an object touches all
// its members. What always matters: the two sides of the verdict, choices that are not the dull
// one, user copies that fail.
std::vector<bool> relevant_lines(const recording& r);

}  // namespace iorace
