// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Profile, knobs and limits by name: what `--with`, `--limit`, IORACE_WITH and the header of a
// trace say. Errors are one line: what is wrong and what was expected.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "fuzz/program.h"

namespace iorace {

using set_result = tl::expected<void, std::string>;

// Sets "knob=value", or "profile=repaired". A second value for the same name is an error.
set_result set_knob(program_data& p, std::string_view setting, const schema& s);
// Sets "name=number".
set_result set_limit(program_data& p, std::string_view setting, const schema& s);
// Sets a list "a=b,c=d" as IORACE_WITH has it: knobs, the profile and limits. Empty is nothing.
set_result set_list(program_data& p, std::string_view list, const schema& s);

// "selftest_access.lock=spin notify.lock_obj=excluded", separated by `between`; likewise limits.
std::string knobs_text(const program_data& p, const schema& s, std::string_view between = " ");
std::string limits_text(const program_data& p, const schema& s, std::string_view between = " ");
// Everything that is not the default or that `said` sets, too, as a list for IORACE_WITH; empty if
// nothing is.
std::string settings_text(const program_data& p, const schema& s, const program_data& said = {});

const char* profile_name(base_profile profile);

}  // namespace iorace
