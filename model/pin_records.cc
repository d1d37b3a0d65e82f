// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/pin_records.h"

#include "model/convict.h"
#include "model/mm/mm.h"
#include "model/world.h"

namespace iorace::kern::contract {

static u64 bit_of(unsigned long pfn) { return u64{1} << pfn % user_pages_max; }

void page_repinned(unsigned long pfn) {
  const peek_scope looking;
  this_world().repinned |= bit_of(pfn);
}

void pins_recorded() {
  const peek_scope looking;
  world& w = this_world();
  if (w.repinned == 0) return;
  pin_records records = {};
  if (w.ghost != nullptr) count_pins_of_iommufd(&records);
  if (w.vfio_type1 != nullptr) count_pins_of_type1(&records);
  if (records.half_way) return;
  for (unsigned long pfn = 0; pfn < w.limit[limit::user_pages]; ++pfn) {
    if ((w.repinned & bit_of(pfn)) == 0) continue;
    if (static_cast<unsigned>(atomic_peek(&pfn_to_page(pfn)->pincount)) != records.of[pfn])
      convict_here("pin-not-recorded", "a page is not pinned as often as that is recorded");
  }
  w.repinned = 0;
}

}  // namespace iorace::kern::contract
