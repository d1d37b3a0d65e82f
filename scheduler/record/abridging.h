// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which operations have a row of their own in the drawing, and which are put together or left out.
// Used by columns.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

enum class drawn_as : std::uint8_t {
  row,
  run,      // one row for all of them in a row that have the same headings
  nothing,  // checks that hold, between rows; an arrival that waits for nobody
};

// Returns, by line, how it is drawn: what matters (relevance.h) as a row of its own, the rest in
// runs of at least two. In the full drawing, and in one that fits on a screen anyway, everything
// has its row.
std::vector<drawn_as> abridged(const recording& r, bool full);

// Returns true iff two lines have the same headings in any drawing.
bool together(const recording& r, std::size_t a, std::size_t b);

}  // namespace iorace
