// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in hw.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/mm/knobs.h"

namespace iorace::kern {

namespace knob {
enum hw_id : unsigned { hw_before = mm_count - 1, increase_address_space_seqcount, hw_count };
}  // namespace knob

// Values, one list per knob.
enum : unsigned { SEQCOUNT_WRITTEN, SEQCOUNT_NONE };

namespace limit {
enum hw_id : unsigned { hw_before = mm_count - 1, hw_count };
}  // namespace limit

namespace probe {
enum hw_id : unsigned {
  hw_before = mm_count - 1,
  dma_done,
  dma_faulted,
  dma_blocked,
  pgtable_grew,
  pgtable_grew_under_walk,
  hw_count
};
}  // namespace probe

}  // namespace iorace::kern
