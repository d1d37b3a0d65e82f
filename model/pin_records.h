// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// H11: a page is pinned as often as it is recorded, by an index of iopt_pages, a mapping of a
// container or a page that a driver has pinned there. Judged when the lock of a record is about to
// be dropped, nobody else holds such a lock and no copy has a pin beside all accounting; only for
// pages that were pinned or unpinned since: else it is the test of a mask.
#pragma once

#include "model/iommufd/knobs.h"
#include "model/kernel.h"

namespace iorace::kern {

// What a chapter says of its records.
struct pin_records {
  unsigned of[user_pages_max];
  bool half_way;  // somebody else is
};

namespace contract {

// A pin of the page has been taken or dropped.
void page_repinned(unsigned long pfn);
// The lock of a record is about to be dropped.
void pins_recorded();

// Each chapter's part of it. Requires: a peek_scope.
void count_pins_of_iommufd(pin_records* records);
void count_pins_of_type1(pin_records* records);

}  // namespace contract
}  // namespace iorace::kern
