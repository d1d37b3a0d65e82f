// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Memory as devices see it.
#pragma once

#include "model/kernel.h"

namespace iorace::kern {

// What a leaf of a mock domain maps: half of a page.
inline constexpr unsigned long MOCK_IO_PAGE_SIZE = PAGE_SIZE / 2;

// What one leaf of an I/O page table maps, the target of DMA.
struct dma_page {
  shared<u64> data;
};
IORACE_DESCRIBE(dma_page, "buffer", data);

}  // namespace iorace::kern
