// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What every report says of the program that was explored: its settings, what no execution reached,
// and how to type the command again.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fuzz/unreached.h"
#include "tools/terminal.h"

namespace iorace::cli {

using json = nlohmann::ordered_json;

// The text of a report. Names of files need not be UTF-8: bytes that are not are replaced.
std::string json_text(const json& report);

// The words `words` as a shell takes them back.
std::string shell_line(const std::vector<std::string>& words);
// The command that replays a file, whatever it is called.
std::string replay_line(const std::string& path);
// Appends the options that set the profile, the knobs and the limits of `p`: what is not the
// default, and what the command says itself, which may be the default and another than the file's
// or IORACE_WITH's.
void add_settings_words(std::vector<std::string>& words, const program_data& p,
                        const program_data& command);

// "profile" and "knobs", each knob with its value.
json settings_json(const program_data& p);
// "knobs_unused", "probes_unreached", "calls_never_ok".
json never_json(const unreached& never);
// The same in lines, of which those that may fool somebody come first.
std::string never_text(const program_data& p, const unreached& never, const paint& colors);
// The warning of a search whose executions were all one.
std::string single_trace_text(const paint& colors);

// "verdict", "title", "execution", "trace", which is null where the trace could not be written.
json finding_json(const finding& what, const std::string& path);
// A finding: where, what, its title, and the command that replays it, if its trace was written.
std::string finding_text(const finding& what, const std::string& path, const paint& colors);

}  // namespace iorace::cli
