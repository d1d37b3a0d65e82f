// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// From what was typed to what is meant.
#pragma once

#include <string>

#include "fuzz/subject.h"
#include "tools/failure.h"

namespace iorace::cli {

// Reads a trace or corpus file; "-" is standard input. Errors: as read_input's and subject_of's.
result<subject> load_file(const std::string& path, const outside_settings& with);
// The same, or a built-in scenario of that size. A built-in name wins over a file of that name,
// which can be written ./name.
result<subject> load_scenario(const std::string& name, const outside_settings& with,
                              scenario_size size = scenario_size::whole);

// What subject_of() said of a file, as a failure: with its place, or about the whole of it.
tl::unexpected<failure> file_failure(const std::string& path, const std::string& what);

// Writes a message to stderr: the result's place is stdout.
void note(const std::string& text);

}  // namespace iorace::cli
