// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One test per knob: what each faulty value shows where a group moves to another IO address space
// while one of its devices is detached, and that the sound value shows nothing. Every strategy sees
// more than that schedule: devices come and go on both CPUs.
#include <gmock/gmock.h>

#include "model/iommufd/idev_machine_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

config idev_variant(const char* knob, const char* value) {
  return with(of_idev(repaired_config()), {{knob, value}});
}
// Two devices of one group, attached to ioas 1.
const body group_attached =
    in_order({both_cdevs_bound(one_group), attaching(1, 1), attaching(2, 1)});
const std::vector<body> detach_and_replace = {attaching(1, 2), calling("vfio_cdev_detach", 2)};
const std::vector<body> close_and_replace = {attaching(1, 2), calling("vfio_cdev_close", 2)};

void expect_faulty_idev(const char* knob, const char* value, const char* title) {
  const config c = idev_variant(knob, value);
  for (const std::vector<body>& cpus : {detach_and_replace, close_and_replace})
    EXPECT_TRUE(convicts(program_of(c, group_attached, cpus), "portfolio", 2'000, title)) << value;
  // Nobody moves the group: whatever is read, and when, is the same.
  const std::vector<body> without_replace = {calling("vfio_cdev_detach", 1),
                                             calling("vfio_cdev_detach", 2)};
  EXPECT_THAT(titles(program_of(c, group_attached, without_replace), "portfolio", 2'000), IsEmpty())
      << value;
}

void expect_sound_idev(const char* knob, const char* value) {
  const config c = idev_variant(knob, value);
  const std::vector<body> attach_anew = {
      in_order({calling("vfio_cdev_detach", 1), attaching(1, 2)}),
      in_order({calling("vfio_cdev_detach", 2), attaching(2, 2)})};
  const std::vector<body> replace_both = {attaching(1, 2), attaching(2, 2)};
  for (const std::vector<body>& cpus :
       {detach_and_replace, close_and_replace, attach_anew, replace_both})
    for (const char* s : {"random", "pct:3", "pos"})
      EXPECT_THAT(titles(program_of(c, group_attached, cpus), s, in_this_build(1'000ul, 150ul)),
                  IsEmpty())
          << s;
}

TEST(knob_idev, hw_pagetable_detach_read) {
  expect_faulty_idev("hw_pagetable_detach.read", "unlocked",
                     "data-race: iommufd_device_do_replace v iommufd_hw_pagetable_detach");
  expect_sound_idev("hw_pagetable_detach.read", "locked");
}

TEST(knob_idev, auto_domain_publish) {
  expect_faulty_idev("auto_domain.publish", "after_attach",
                     "data-race: iommufd_device_auto_get_domain v iommufd_hw_pagetable_put");
  expect_faulty_idev("auto_domain.publish", "marked_first",
                     "out-of-bounds in iommufd_object_remove");
  expect_sound_idev("auto_domain.publish", "before_attach");
}

}  // namespace
}  // namespace iorace::kern::this_file
