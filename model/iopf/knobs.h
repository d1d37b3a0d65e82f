// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in iopf.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/vfio/type1/knobs.h"

namespace iorace::kern {

namespace knob {
enum iopf_id : unsigned { iopf_before = vfio_type1_count - 1, iopf_count };
}  // namespace knob

namespace limit {
enum iopf_id : unsigned { iopf_before = vfio_type1_count - 1, iopf_count };
}  // namespace limit

namespace probe {
enum iopf_id : unsigned { iopf_before = vfio_type1_count - 1, iopf_count };
}  // namespace probe

}  // namespace iorace::kern
