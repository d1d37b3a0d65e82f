// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the tests of fault objects share: devices, a fault object and page tables, by the numbers
// that programs know them by.
#pragma once

#include "model/iopf/fault.h"
#include "model/test_calls.h"
#include "model/world.h"

namespace iorace::kern {

inline config fault_config(config c = repaired_config()) {
  c.chapters = chapter_bit(chapter::mm) | chapter_bit(chapter::hw) | chapter_bit(chapter::iommufd) |
               chapter_bit(chapter::iopf);
  return c;
}

enum fault_part : std::uint64_t {
  requester = 2,  // behind an IOMMU that reports its requests
  mock_requester,
  virtual_requester,
  no_requester = 60,
  // Objects of iommufd.
  fault_id = 1,
  fault_page_table,
  blank_page_table,
  other_page_table,  // of the fault object
  no_object = 60,
  // What programs know of the fault object, and of the next one.
  the_fault = fault_id | std::uint64_t{3} << 32,
  next_fault = 5 | std::uint64_t{4} << 32,
};

inline void fault_machine(world* w) {
  make_call(w, "prq_add", {iopf::PRI_GENERIC});
  make_call(w, "pri_device_add", {1});
  make_call(w, "pri_device_add", {1, 1, iopf::PRI_MOCK});
  make_call(w, "pri_device_add", {1, 2, iopf::PRI_VIRTFN});
  make_call(w, "fault_alloc");
  make_call(w, "fault_hwpt_alloc", {the_fault});
  make_call(w, "blank_hwpt_alloc");
  make_call(w, "fault_hwpt_alloc", {the_fault});
}

}  // namespace iorace::kern
