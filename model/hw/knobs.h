// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in hw.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/mm/knobs.h"

namespace iorace::kern {

namespace knob {
enum hw_id : unsigned { hw_before = mm_count - 1, hw_count };
}  // namespace knob

namespace limit {
enum hw_id : unsigned { hw_before = mm_count - 1, hw_count };
}  // namespace limit

namespace probe {
enum hw_id : unsigned { hw_before = mm_count - 1, hw_count };
}  // namespace probe

}  // namespace iorace::kern
