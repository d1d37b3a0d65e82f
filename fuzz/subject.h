// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a person points at: the name of a built-in scenario, a trace, a corpus file.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/trace_file.h"

namespace iorace {

struct subject {
  std::string name;  // of the scenario; of a file without its folder and ending
  // Of a corpus file: its program, the schedule that its bytes come to, and "none" as its verdict.
  trace_file trace;
  bool recorded = false;  // it says how it ran: a trace or corpus file, and no mere program
  bool small = false;     // the small version of a scenario
};

// Settings from outside. Those of `command` win over those of the file, which win over those of
// `environment`; a recorded trace ignores the environment, for all that influences it is in it.
struct outside_settings {
  program_data command;
  program_data environment;
};

// Of a built-in scenario: what it is, or its small version if it has one.
enum class scenario_size : std::uint8_t { whole, small };

// Returns the built-in scenario of that name. Errors: there is none; with the names there are.
tl::expected<subject, std::string> built_in(const std::string& name, const outside_settings& set,
                                            const schema& s,
                                            scenario_size size = scenario_size::whole);
// Returns what `content`, read from `path`, is: text or corpus bytes. Errors: one line that begins
// with the path: malformed text, bytes that are not canonical.
tl::expected<subject, std::string> subject_of(const std::string& path, const std::string& content,
                                              const outside_settings& set, const schema& s);

}  // namespace iorace
