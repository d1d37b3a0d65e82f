// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The array of pages that a caller of iommufd_access_pin_pages() brings along. It is the caller's
// own, so filling and reading it are no operations.
#pragma once

#include "model/kernel.h"

namespace iorace::kern {

struct page_slot {
  shared<u32> pfn;
};
IORACE_DESCRIBE(page_slot, "page_array", pfn);

}  // namespace iorace::kern
