// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the steps of devices that iommufd has: the locks that they lie under, and what has
// been mapped before.
#pragma once

#include "model/iommufd/idev_machine_test.h"
#include "model/iommufd/steps_test.h"

namespace iorace::kern {

inline constexpr const char* idev_groups_lock = "ctx#1.groups";
inline constexpr const char* idev_objects_lock = "ctx#1.objects";
inline constexpr const char* idev_ioas_mutex = "ioas#1.mutex";
inline constexpr const char* idev_igroup_lock = "igroup#1.lock";
inline constexpr const char* idev_vgroup_lock = "vgroup#1.group_lock";
inline constexpr const char* idev_core_mutex = "group#1.mutex";

inline config stepped_idev(const char* publish = "before_attach") {
  return with(of_idev(repaired_config()), {{"auto_domain.publish", publish}});
}
inline body with_a_page(std::uint64_t second_slot) {
  return in_order({both_cdevs_bound(second_slot), [](world* w) {
                     make_call(w, "ioas_map", {1, idev_iova, 0x1000});
                   }});
}

}  // namespace iorace::kern
