// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in mm.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/iommufd/knobs.h"

namespace iorace::kern {

namespace knob {
enum mm_id : unsigned { mm_before = iommufd_count - 1, mm_count };
}  // namespace knob

namespace limit {
enum mm_id : unsigned { mm_before = iommufd_count - 1, mm_count };
}  // namespace limit

namespace probe {
enum mm_id : unsigned { mm_before = iommufd_count - 1, mm_count };
}  // namespace probe

}  // namespace iorace::kern
