// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// ThreadSanitizer reports the data races of the committed traces, too: the same tasks in the same
// functions.
#include <gmock/gmock.h>

#include "fuzz/repro_test.h"
#include "scheduler/detect/tsan_report_test.h"

namespace iorace {
namespace {

#ifdef IORACE_TSAN

using testing::Contains;

TEST(tsan_traces, both_report_the_same_races) {
  unsigned count = 0;
  for (const std::string folder : {"wrong", "upstream"})
    for (const committed_trace& t : committed_traces(folder)) {
      if (!t.trace.title.starts_with("data-race")) continue;
      ++count;
      const ran r =
          run_beside("tsan_trace " IORACE_SOURCE_DIR "/repro/" + folder + '/' + t.name + ".trace");
      EXPECT_EQ(r.status, 66) << t.name << '\n' << r.output;
      EXPECT_EQ(our_sides(r.output).size(), 2u) << t.name;
      EXPECT_THAT(reported_sides(r.output), Contains(our_sides(r.output))) << t.name << '\n'
                                                                           << r.output;
    }
  EXPECT_GE(count, 10u);
}

#endif

}  // namespace
}  // namespace iorace
