// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the files of the chapter's invariants share: for contracts.cc and fault_contracts.cc only.
#pragma once

#include "model/convict.h"
#include "model/iopf/pri.h"

namespace iorace::kern::contract {

// Requires: inside a peek_scope. No request of the PASID is in the queue of the IOMMU.
void judge_ring(const iopf::pri_device* dev, unsigned pasid);
inline bool wants_answer(const iopf::page_request& request) {
  return is_last(request) && !is_stop_marker(request);
}

}  // namespace iorace::kern::contract
