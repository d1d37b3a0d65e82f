// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: a program under settings from outside, and which values are sound.
#pragma once

#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fuzz/settings.h"
#include "fuzz/trace_file.h"

namespace iorace {

// The program of `t` under `settings` ("profile=repaired,a=b"), which its own settings win over.
inline trace_file under(trace_file t, std::string_view settings) {
  program_data with;
  EXPECT_TRUE(set_list(with, settings, kernel_schema())) << settings;
  t.program.profile = with.profile;
  add_settings(t.program, with);
  return t;
}

// Calls see("knob=value", value) for each row of the knobs' tables.
template <class See>
void each_value(See see) {
  for (const kern::knob_info& k : kernel_schema().knobs)
    for (const kern::knob_value& v : k.values) see(fmt::format("{}={}", k.name, v.name), v);
}

inline bool is_sound(const kern::knob_value& v) { return std::string_view(v.expect) == "clean"; }

}  // namespace iorace
