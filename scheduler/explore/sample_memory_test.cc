// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <gtest/gtest.h>

#include "scheduler/engine/memory_test.h"
#include "scheduler/explore/account_test.h"
#include "scheduler/explore/sample_state.h"

namespace iorace::this_file {
namespace {

#if defined(IORACE_ASAN) || defined(IORACE_TSAN)
constexpr std::uint64_t executions = 1'000'000;
#else
constexpr std::uint64_t executions = 10'000'000;
#endif

// What a run counts and learns is bounded, and it has most of it after a tenth.
TEST(slow_sample, leaves_memory_flat) {
  const program p = accounts({.cpus = 2, .payments = 2});
  sample_options o;
  o.keep_going = true;
  o.jobs = 2;
  o.executions_max = executions;
  std::size_t resident = 0;
  o.checkpoint = [&](const sample_state& s) {
    if (resident == 0 && s.result.executions >= executions / 10) resident = resident_kib();
  };
  const sample_result r = sample(p, o);
  EXPECT_EQ(r.executions, executions);
  EXPECT_LT(resident_kib(), resident + slack_kib + 8192) << "of " << resident << " KiB";
}

}  // namespace
}  // namespace iorace::this_file
