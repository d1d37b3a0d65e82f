// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that do not answer an invalidation: who waits for them goes on, and so does the queue.
#include "model/hw/time_out.h"

#include <gmock/gmock.h>

#include "model/hw/machine_test.h"
#include "model/iommufd/steps_test.h"
#include "scheduler/strategies/round_robin.h"

namespace iorace::kern::this_file {
namespace {

config with_timeouts() {
  config c = hw_config();
  c.limits[limit::device_timeouts] = 1;
  return c;
}

// A page of a device that does not answer: it is late, or it has gone.
body mapped(const char* why) {
  return [why](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "endpoint_add", {1, 0, 1});
    make_call(w, "paging_alloc", {1});
    make_call(w, "endpoint_attach", {2, 3});
    make_call(w, "page_map", {3, 0x1000});
    make_call(w, why, {2});
  };
}
void unmaps(world* w) { make_call(w, "page_unmap", {3, 0x1000}); }

// What the CPU does when its wait is aborted is done without the lock of the queue in one place
// only.
TEST(time_out, steps_of_a_submission) {
  expect_pairs({.pairs = 9,
                .unlocked = 3,
                .setup = mapped("endpoint_stall"),
                .cpu1 = unmaps,
                .steps = {{"L+", "spin_lock iommu#1.q_lock"},
                          {"queued", "device_submit hw#1", "iommu#1.q_lock"},
                          {"not done", "read_once iommu#1.ite", "iommu#1.q_lock"},
                          {"polls", "device_poll iommu#1.seen"},
                          {"L+", "spin_lock iommu#1.q_lock"},
                          {"time-out", "read_once iommu#1.ite", "iommu#1.q_lock"},
                          {"cleared", "write_once iommu#1.ite", "iommu#1.q_lock"},
                          {"aborted", "write_once commands#1.1.wait_status", "iommu#1.q_lock"},
                          {"L-", "spin_unlock iommu#1.q_lock", "iommu#1.q_lock"},
                          {"again", "device_submit hw#1"}},
                .c = with_timeouts()});
}

// Late once, a device is asked a second time; who is gone is not.
TEST(time_out, nobody_waits_for_ever) {
  engine e;
  const config c = with_timeouts();
  for (const char* why : {"endpoint_stall", "endpoint_unplug"}) {
    round_robin choose;
    u64 errors = 0;
    const auto counted = [&](world* w) {
      unmaps(w);
      const peek_scope looking;
      errors = part_of<hw_iommu>(1)->faults.errors.peek();
    };
    EXPECT_EQ(e.run(program_of(c, mapped(why), {counted}), choose, {}).how, ended::finished) << why;
    EXPECT_EQ(errors, 1u) << why;
  }
}

// A submission that does not wait is as wrong where devices may time out as elsewhere.
TEST(time_out, who_does_not_wait_returns_early) {
  for (const unsigned wait : {WAIT_POLLED, WAIT_NONE}) {
    config c = with_timeouts();
    c.knobs[knob::qi_submit_wait] = wait;
    EXPECT_EQ(verdict_of(title_alone(c, mapped("endpoint_stall"), unmaps)),
              wait == WAIT_NONE ? "wait-returned-early" : "");
  }
}

TEST(time_out, errors) {
  for (const char* flow : {"endpoint_unplug", "endpoint_stall"}) {
    std::vector<long> rc;
    const body calls = [&](world* w) {
      for (const u64 device : {2u, 9u, 2u}) rc.push_back(make_call(w, flow, {device}).rc);
    };
    EXPECT_EQ(title_alone(with_timeouts(), mapped(flow), calls), "");
    EXPECT_THAT(rc, testing::ElementsAre(0, -ENOENT, 0)) << flow;
    rc.clear();
    EXPECT_EQ(title_alone(hw_config(), mapped(flow), calls), "");
    EXPECT_THAT(rc, testing::ElementsAre(-EOPNOTSUPP, -ENOENT, -EOPNOTSUPP)) << flow;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
