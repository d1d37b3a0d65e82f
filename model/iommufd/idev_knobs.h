// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the knobs and probes of devices that iommufd has; their numbers go on where the chapter
// before ends. The tables with their words are in idev.chapter.cc, in the same order; value 0 of a
// knob is what 6.12.117 does.
#pragma once

#include "model/iopf/knobs.h"

namespace iorace::kern {

namespace knob {
enum idev_id : unsigned {
  idev_before = iopf_count - 1,
  hw_pagetable_detach_read,
  auto_domain_publish,
  device_replace_unwind,
  idev_count
};
}  // namespace knob

enum : unsigned { DETACH_READS_UNLOCKED, DETACH_READS_LOCKED };
enum : unsigned { UNWIND_DROPS_ALL, UNWIND_DROPS_NEW };
enum : unsigned { AUTO_AFTER_ATTACH, AUTO_MARKED_FIRST, AUTO_BEFORE_ATTACH };

namespace limit {
enum idev_id : unsigned { idev_before = iopf_count - 1, idev_count };
}  // namespace limit

namespace probe {
enum idev_id : unsigned {
  idev_before = iopf_count - 1,
  igroup_shared,
  auto_domain_shared,
  auto_domain_made,
  auto_domain_gone,
  idev_replaced,
  reserved_in_use,
  reserved_undone,
  firmware_gave_way,
  idev_count
};
}  // namespace probe

}  // namespace iorace::kern
