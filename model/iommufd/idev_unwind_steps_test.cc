// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of what devices reserve and give up, because the domain is of another IOMMU, what the
// user has mapped is in the way, or there is no memory: under the lock of the IOVA, for one device
// after the other, and under the group's lock all together.
#include "model/iommu/vfio_group.h"
#include "model/iommufd/idev_steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* iova_rwsem = "ioas#1.iova_rwsem";

// Two devices of one group and one behind another IOMMU. All have a page that nobody may map.
void three_cdevs(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_alloc");
  const std::uint64_t iommu = make_call(w, "iommu_add").out;
  const std::uint64_t other = make_call(w, "iommu_add").out;
  make_call(w, "device_add", {iommu, 0, 0, DEVICE_RESERVED});
  make_call(w, "device_add", {iommu, 1, 0, DEVICE_RESERVED});
  make_call(w, "device_add", {other, 0, 1, DEVICE_RESERVED});
  for (const std::uint64_t device : {1u, 2u, 3u}) {
    make_call(w, "device_probe", {device});
    make_call(w, "vfio_device_bind", {device});
    make_call(w, "vfio_cdev_bind", {device});
  }
}
void with_the_page_mapped(world* w) {
  three_cdevs(w);
  make_call(w, "ioas_map", {1, platform_iova, 0x1000});
}

// What a device reserves, from the lock to the last step under it.
std::vector<flow_step> reserving(const char* reserved) {
  return {{"L+", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
          {"mapped?", "itree_find ioas#1.area_itree", iova_rwsem},
          {"region", reserved, iova_rwsem},
          {"reserve", "itree_insert ioas#1.reserved_itree", iova_rwsem},
          {"L-", "up_write ioas#1.iova_rwsem", iova_rwsem}};
}
// And gives up again.
std::vector<flow_step> giving_up(const char* freed) {
  return {{"undo L+", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
          {"whose?", "itree_find ioas#1.reserved_itree", iova_rwsem},
          {"give up", "itree_remove ioas#1.reserved_itree", iova_rwsem},
          {"free", freed, iova_rwsem},
          {"undo L-", "up_write ioas#1.iova_rwsem", iova_rwsem}};
}
// The core refuses a domain of another IOMMU.
const std::vector<flow_step> refused = {
    {"attach", "mutex_lock group#1.mutex", idev_igroup_lock},
    {"whose domain?", "read dom#7.iommu", idev_core_mutex},
    {"not ours", "mutex_unlock group#1.mutex", idev_core_mutex}};
const std::vector<flow_step> begun = {{"M+", "mutex_lock ioas#1.mutex"},
                                      {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex}};
const std::vector<flow_step> settled = {{"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock}};

std::vector<flow_step> joined(std::initializer_list<std::vector<flow_step>> parts) {
  std::vector<flow_step> steps;
  for (const std::vector<flow_step>& part : parts)
    steps.insert(steps.end(), part.begin(), part.end());
  return steps;
}

TEST(idev_steps, attach_to_the_domain_of_another_iommu) {
  expect_pairs({.pairs = 17,
                .unlocked = 0,
                .setup = in_order({three_cdevs, attaching(3, 1)}),
                .cpu1 = attaching(1, 1),
                .steps = joined({begun,
                                 reserving("kmalloc reserved#1.1"),
                                 refused,
                                 giving_up("kfree reserved#1.1"),
                                 settled,
                                 {{"put it", "refcount_dec hwpt#1.users", idev_ioas_mutex},
                                  {"a new one", "kmalloc hwpt#1.1", idev_ioas_mutex}}}),
                .c = stepped_idev()});
}

// Nothing has been reserved when the user's page is found.
TEST(idev_steps, attach_where_the_page_is_mapped) {
  expect_pairs({.pairs = 10,
                .unlocked = 1,
                .setup = with_the_page_mapped,
                .cpu1 = attaching(1, 1),
                .steps = joined({begun,
                                 {{"L+", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
                                  {"mapped?", "itree_find ioas#1.area_itree", iova_rwsem},
                                  {"whose?", "itree_find ioas#1.reserved_itree", iova_rwsem},
                                  {"L-", "up_write ioas#1.iova_rwsem", iova_rwsem}},
                                 settled,
                                 {{"no domain", "kfree dom#1.1", idev_ioas_mutex},
                                  {"no page table", "kfree hwpt#1.1", idev_ioas_mutex},
                                  {"M-", "mutex_unlock ioas#1.mutex", idev_ioas_mutex},
                                  {"put ioas", "refcount_dec ioas#1.users"}}}),
                .c = stepped_idev()});
}

// All devices of the group reserve theirs, and all give them up.
TEST(idev_steps, replace_by_the_domain_of_another_iommu) {
  expect_pairs({.pairs = 26,
                .unlocked = 0,
                .setup = in_order({three_cdevs, attaching(3, 1), attaching(1, 2), attaching(2, 2)}),
                .cpu1 = attaching(1, 1),
                .steps = joined({begun,
                                 reserving("kmalloc reserved#1.1"),
                                 reserving("kmalloc reserved#1.2"),
                                 refused,
                                 giving_up("kfree reserved#1.1"),
                                 giving_up("kfree reserved#1.2"),
                                 settled,
                                 {{"a new one", "kmalloc hwpt#1.1", idev_ioas_mutex}}}),
                .c = stepped_idev()});
}

// The first device has reserved its page; the second one has nothing to give up.
TEST(idev_steps, replace_without_memory_for_the_second_device) {
  expect_pairs(
      {.pairs = 17,
       .unlocked = 0,
       .setup = in_order({three_cdevs, attaching(1, 2), attaching(2, 2)}),
       .cpu1 = attaching(1, 1),
       .steps = joined({begun,
                        reserving("kmalloc reserved#1.2"),
                        {{"second L+", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
                         {"no memory", "kmalloc", iova_rwsem},
                         {"second L-", "up_write ioas#1.iova_rwsem", iova_rwsem}},
                        giving_up("kfree reserved#1.2"),
                        {{"none L+", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
                         {"none L-", "up_write ioas#1.iova_rwsem", iova_rwsem}},
                        settled}),
       .c = stepped_idev(),
       .fault = "kmalloc",
       .draw = 7});
}

}  // namespace
}  // namespace iorace::kern::this_file
