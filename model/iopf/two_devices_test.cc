// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two devices, not of one group, behind one IOMMU: one goes, the other one stays in the queue and
// is served.
#include "model/iommufd/steps_test.h"
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

constexpr std::uint64_t staying = 4;  // behind requester id b

// Both may request pages; the one that stays is bound.
void two_devices(world* w) {
  one_pdev(w);
  make_call(w, "pri_device_add", {first_prq, 1});
  for (const std::uint64_t pdev : {std::uint64_t{first_pdev}, staying})
    make_call(w, "iopf_enable", {pdev});
  make_call(w, "sva_bind", {staying, first_process});
}
body of_staying(std::uint64_t flags) {
  return [=](world* w) {
    make_call(w, "page_request", {staying, 1, 0, iopf::PAGE_WRITABLE, flags});
  };
}
const body goes = both(calls("iopf_disable", first_pdev), calls("pri_device_release", first_pdev));
const body asks_twice = both(of_staying(asks_first), of_staying(asks_last));

// The tutorial: what is requested meanwhile is answered, and another process can still be bound.
TEST(two_devices, the_other_one_is_served) {
  for (const config& c : {iopf_config(), of_iopf(upstream_config())}) {
    EXPECT_THAT(found_in(c, {}, two_devices, {goes, asks_twice, discards}, 0), IsEmpty());
    EXPECT_THAT(found_in(c, {}, two_devices, {goes, asks_twice, calls("sva_unbind", 5)}, 0),
                IsEmpty());
  }
  const auto alone = [](world* w) {
    goes(w);
    EXPECT_EQ(make_call(w, "page_request", {first_pdev, 1, 0, 0, asks_last}).rc, -EACCES);
    EXPECT_EQ(make_call(w, "page_request", {staying, 1, 0, 0, asks_last}).rc, 0);
    EXPECT_EQ(make_call(w, "sva_close", {5}).rc, 0);
  };
  EXPECT_EQ(title_alone(iopf_config(), two_devices, alone), "");
}

// The planted bug: the device that goes stays on the list. Near miss: it was never there.
TEST(two_devices, one_that_stays_listed) {
  const settings stays = {{"iopf_queue_remove_device.queue", "itself"}};
  EXPECT_THAT(
      found(stays, two_devices, {goes, discards}),
      testing::Contains(testing::StartsWith("use-after-free: iopf_queue_discard_partial v ")));
  EXPECT_THAT(found(stays, one_pdev, {discards, calls("pri_device_release", first_pdev)}),
              IsEmpty());
  EXPECT_THAT(found({}, two_devices, {goes, discards}), IsEmpty());
}

TEST(two_devices, steps) {
  const char* const features = "pdev#1.features";
  const char* const queue = "iopf_queue#1.lock";
  const char* const pointer = "dev_fault#1.lock";
  expect_pairs({.pairs = 12,
                .unlocked = 1,
                .setup = two_devices,
                .cpu1 = goes,
                .steps = {{"L+ features", "mutex_lock pdev#1.features"},
                          {"L+ queue", "mutex_lock iopf_queue#1.lock", features},
                          {"L+ pointer", "mutex_lock dev_fault#1.lock", queue},
                          {"list", "list_del fault_param#1.queue_list", pointer},
                          {"pointer", "store_release dev_fault#1.fault_param", pointer},
                          {"L- pointer", "mutex_unlock dev_fault#1.lock", pointer},
                          {"L- queue", "mutex_unlock iopf_queue#1.lock", queue},
                          {"PRI", "write_once pdev#1.pri", features},
                          {"L- features", "mutex_unlock pdev#1.features", features},
                          {"leaves group", "list_del pdev#1.group_item"},
                          {"L+ table", "mutex_lock prq#1.iopf_lock", features},
                          {"leaves table", "write prq#1.devices", "prq#1.iopf_lock"},
                          {"data", "kfree dev_fault#1", features}},
                .c = iopf_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
