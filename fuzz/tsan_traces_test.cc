// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// ThreadSanitizer reports the data races of page requests, too, of their lists and of a device that
// is released: the same tasks in the same functions.
#include <gmock/gmock.h>

#include "scheduler/detect/tsan_report_test.h"

namespace iorace::this_file {
namespace {

#ifdef IORACE_TSAN

TEST(tsan_traces, both_report_the_races_of_page_requests) {
  for (const std::string name :
       {"iopf.locking-three_locks", "iopf.locking-asserts", "prq_event_thread.lock-alone"}) {
    const ran r = run_beside("tsan_trace " IORACE_SOURCE_DIR "/repro/wrong/" + name + ".trace");
    EXPECT_EQ(r.status, 66) << name << '\n' << r.output;
    EXPECT_EQ(our_sides(r.output).size(), 2u) << name << '\n' << r.output;
    EXPECT_THAT(reported_sides(r.output), testing::Contains(our_sides(r.output))) << name << '\n'
                                                                                  << r.output;
  }
}

#endif

}  // namespace
}  // namespace iorace::this_file
