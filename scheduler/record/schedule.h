// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A schedule as data and as text: who runs, until where, and what was chosen. Switches are anchored
// to places in the program (function, operation, object) and not to step numbers, so that an
// unrelated change of the program leaves the schedule meaningful.
//
//   cpu3 until iommufd_access_unpin_pages down_read ioas#1.iova_rwsem
//   cpu1 until iopt_unmap_iova_range read area#1.num_accesses #2
//   cpu3
//   choose cpu2:iopt_alloc_area:kmalloc#1 1
//
// How a schedule is followed is in strategies/replay.h, how one is made in strategies/recorder.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scheduler/engine/operation.h"
#include "scheduler/record/text_error.h"

namespace iorace {

// The name of a function where there is none: an operation outside every KFUNC().
inline constexpr std::string_view no_function = "-";

// A place in the life of a task: the moment when it is about to execute, inside `function`, an
// operation `kind` on `place`, for the `occurrence`th time since its start (counted from 1).
struct anchor {
  std::string function = std::string(no_function);
  op_kind kind = op_kind::read;
  std::string place;  // "ioas#1.iova_rwsem", "area#2.1"; empty: no object
  std::uint32_t occurrence = 1;
  bool operator==(const anchor&) const = default;
};

// A stretch of one task: it runs up to `until`, which it does not execute; without an anchor it
// runs until it blocks or has finished.
struct segment {
  std::string task;  // "cpu1", "kworker1"
  std::optional<anchor> until;
  bool operator==(const segment&) const = default;
};

// The answer to a choice event. Events that no choice names get 0, the dull answer.
// `site` is "TASK:FUNCTION:SITE#K": the Kth time that TASK chooses there (see choice_site).
struct choice {
  std::string site;
  std::uint32_t value = 0;
  bool operator==(const choice&) const = default;
};

// After its last segment a schedule goes on in the dullest way: the same task as long as it is
// enabled, then the enabled task with the lowest number. Headers say `struct`: the
// kernel's schedule() hides the plain name from those that wait.
struct schedule {
  std::vector<segment> segments;
  std::vector<choice> choices;
  // Returns how often it hands over from one task to another.
  std::size_t switches() const;
  bool operator==(const schedule&) const = default;
};

// Returns `what` as one word of a schedule or of a steps section: bytes that are not printable
// ASCII, and blanks, become '_'; nothing becomes "-".
std::string one_word(std::string_view what);
// Returns the name of a choice event: choice_site("cpu1", "f", "wake", 2) is "cpu1:f:wake#2".
std::string choice_site(std::string_view task, std::string_view function, std::string_view site,
                        std::uint32_t occurrence);
// The parts of such a name; views into it. Fails if it is not one.
struct choice_site_parts {
  std::string_view task, function, site;
  std::uint32_t occurrence;
};
std::optional<choice_site_parts> split_choice_site(std::string_view site);

// Returns the text: one line per segment, then one per choice, each ended by a newline.
std::string to_text(const struct schedule& s);
std::string to_text(const segment& s);  // one line, without its newline
std::string to_text(const anchor& a);   // "FUNCTION OPERATION PLACE #K", "#1" left out
// Returns the schedule that `text` holds, or the first thing that is wrong with it; the first line
// of `text` counts as `first_line`. Empty lines and comments ('#' and no digit) are skipped, "\r\n"
// ends a line as "\n" does. parse_schedule(to_text(s)) == s.
tl::expected<struct schedule, text_error> parse_schedule(std::string_view text,
                                                         unsigned first_line = 1);
// Adds what one line holds to `s`; a blank or comment line adds nothing.
tl::expected<void, text_error> parse_schedule_line(std::string_view line, unsigned number,
                                                   struct schedule& s);

}  // namespace iorace
