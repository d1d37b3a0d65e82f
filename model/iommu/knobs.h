// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in iommu.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/hw/knobs.h"

namespace iorace::kern {

namespace knob {
enum iommu_id : unsigned { iommu_before = hw_count - 1, iommu_count };
}  // namespace knob

namespace limit {
enum iommu_id : unsigned { iommu_before = hw_count - 1, iommu_count };
}  // namespace limit

namespace probe {
enum iommu_id : unsigned { iommu_before = hw_count - 1, iommu_count };
}  // namespace probe

}  // namespace iorace::kern
