// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a verification came to, for people and for scripts.
#pragma once

#include <string>
#include <vector>

#include "fuzz/verify_program.h"
#include "tools/command.h"
#include "tools/program_report.h"

namespace iorace::cli {

struct verify_report {
  double seconds = 0;
  program_verification all;
  std::vector<std::string> paths;  // where the traces of the findings are; empty: not written
};

// What is printed before the search: the command that repeats it, with everything that is not the
// default and without -o; and what it is about if that is not what the name stands for elsewhere.
std::string head_text(const verify_request& o, const subject& s);
json verify_json(const verify_request& o, const subject& s, const verify_report& r);
std::string verify_text(const verify_request& o, const program_data& p, const verify_report& r,
                        const paint& colors);

}  // namespace iorace::cli
