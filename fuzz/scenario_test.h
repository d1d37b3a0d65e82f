// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the built-in scenarios: each under settings, executed so many times.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fuzz/bind.h"
#include "fuzz/scenarios.h"
#include "fuzz/trace_run.h"
#include "fuzz/under_test.h"
#include "scheduler/engine/this_build_test.h"

namespace iorace {

// The program of a scenario under `settings` ("a=b,c=d").
inline trace_file scenario_under(std::string_view name, std::string_view settings) {
  auto t = scenario(name, kernel_schema());
  EXPECT_TRUE(t) << "no scenario " << name;
  return t ? under(std::move(*t), settings) : trace_file{};
}

// One task without faults has nothing to choose: its executions are all the same.
inline bool has_choices(const trace_file& t) {
  return t.program.menu || t.program.task_count() > 1 || execution_of(t).faults_max != 0;
}
inline std::uint64_t executions_for(const trace_file& t, std::uint64_t executions) {
  if (!has_choices(t)) executions /= 100;
  return in_this_build(executions, std::max(executions / 50, std::uint64_t{1}));
}

// One test for each scenario, called after it.
inline std::string name_of_scenario(const testing::TestParamInfo<std::string_view>& info) {
  return std::string(info.param);
}

}  // namespace iorace
