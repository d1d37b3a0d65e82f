// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the chapter's steps: the names of its locks, and how far a request has come.
#pragma once

#include "model/iommufd/steps_test.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern {

using namespace iopf;

inline constexpr const char* iopf_lock = "prq#1.iopf_lock";
inline constexpr const char* lists = "fault_param#1.lock";
inline constexpr const char* queue = "iopf_queue#1.lock";
inline constexpr const char* pointer = "dev_fault#1.lock";
inline constexpr const char* features = "pdev#1.features";
inline constexpr const char* driver = "pdev#1.driver";
inline constexpr const char* sva_lock = "iommu_sva#1.lock";
inline constexpr const char* pdev_group = "pgroup#1.mutex";
inline constexpr const char* process = "sva_process#1.lock";

constexpr const char* sending = "pdev#1.sending";

inline const page_request partial = request_of(1, 0, 1, asks_first);
inline const page_request last = request_of(1, 0, 2);
inline void has_partial(world* w) {
  one_bond(w);
  iommu_report_device_fault(the_pdev(), partial);
}
inline body then_queued(const body& setup, const page_request& request) {
  return [=](world* w) {
    setup(w);
    into_queue(request);
  };
}
// A group whose worker is CPU1.
inline void has_group(world* w) {
  has_partial(w);
  iommu_report_device_fault(the_pdev(), last);
}
inline iopf_group* the_group() {
  list_head* const head = &the_fault_param()->faults;
  return list_entry(const_cast<list_head*>(list_peek_next(head)), iopf_group, pending_node);
}

}  // namespace iorace::kern
