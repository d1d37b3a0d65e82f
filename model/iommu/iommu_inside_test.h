// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of this chapter.
#pragma once

#include "model/iommu/iommu_world.h"
#include "model/test_calls.h"
#include "model/world.h"

namespace iorace::kern {

inline config of_iommu(config c) {
  c.chapters = chapter_bit(chapter::hw) | chapter_bit(chapter::iommu);
  return c;
}

}  // namespace iorace::kern
