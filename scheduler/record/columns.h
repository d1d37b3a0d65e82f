// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The drawing: a recording in columns, one per task, as kernel developers put a race into a mail.
//
//  step CPU1                     CPU2
//  ---- ----                     ----
//       iopt_unmap_iova_range()
//    1   down_write(iova_rwsem)
//    2   num_accesses = 1
//                                access_unpin_pages()
//    3                            down_read(iova_rwsem)
//
// A function's operations stand one blank in from it. Only the outermost function of each call is
// shown, and inner ones that the title names or without which two operations would look the same;
// a heading holds until its function is left. A member stands without its object unless several
// objects have one of that name. Operations that do not matter (record/relevance.h) are one row
// that says how many they are, unless all of them fit on a screen; tasks that did nothing are left
// out. Where a task stops in the middle, "(waits: ...)" says what another one keeps it from, and
// "(next: ...)" what it would have done when a finding ended everything. The last line says how it
// ended.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "scheduler/record/recording.h"

namespace iorace {

struct columns_options {
  bool full = false;    // all operations, functions, objects, prefixes and calls
  unsigned width = 80;  // characters; more than three tasks need 25 each
  bool color = false;   // emphasise the two sides and the verdict
  std::span<const std::string_view> prefixes = {};  // of functions, left out where nothing is lost
};

// Returns the drawing, printable ASCII, each line ended by a newline and without blanks at its end.
std::string columns(const recording& r, const columns_options& o = {});

// The last line without its stars: "use-after-free: area#1, freed by CPU2 (19), read by CPU1 (20)".
std::string verdict_line(const recording& r);
// What stands behind the verdict's name in a trace: "area#1 step=20 cpu=1 freed-at=19 freed-by=2".
std::string verdict_words(const recording& r);

}  // namespace iorace
