// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Inputs and outputs as the command line names them: "-", folders, devices. What a file is and how
// it is written whole is fuzz/trace_file.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/failure.h"

namespace iorace::cli {

// Returns what the file holds; "-" is standard input. Errors: it is missing, a directory, not
// readable, too large.
result<std::string> read_input(const std::string& path);

// Returns `paths` with each folder replaced by the files below it, in the order of their names;
// hidden files and *.md are no inputs. Errors: a folder is not readable or has no inputs.
result<std::vector<std::string>> inputs_of(const std::vector<std::string>& paths);

// Writes the file, whole or not at all; "-" and devices are written directly. A file with the same
// content is left alone. Errors: a file with another content exists (none is ever overwritten); the
// folder is missing or not writable; the disk is full.
result<void> write_output(const std::string& path, std::string_view text);
// Whether write_output(path) could succeed, for failing before the work instead of after it.
// Errors: as write_output's; a file that exists counts as having another content.
result<void> check_output(const std::string& path);

// Returns true iff there is something of that name that is neither a file nor a directory.
bool is_device(const std::string& path);

// Writes to standard output. Errors: it is closed, or the disk is full.
result<void> write_stdout(std::string_view text);
// Writes to standard error, which may be closed or full: there is nobody left to tell.
void write_stderr(std::string_view text);

}  // namespace iorace::cli
