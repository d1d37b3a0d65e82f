// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What drains of one IOMMU share: they all wait for one completion, and each begins by taking back
// what it was completed with.
#pragma once

#include "model/critical_section.h"
#include "model/iopf/pri.h"
#include "model/world.h"

namespace iorace::kern::iopf {

enum drain_site { drain_begins, drain_ends };
inline constexpr cs_row drain_lock_rows[] = {
    {lock_kind::none, on(), on()},                         // DRAINS_TOGETHER
    {lock_kind::mutex, on(drain_begins), on(drain_ends)},  // DRAINS_ONE_AT_A_TIME
};

inline critical_section drain_section(pri_iommu* iommu) {
  return {drain_lock_rows[chosen(knob::prq_drain_lock)], {.sleeping = &iommu->drains}};
}

// Waits until the interrupt's thread has been through all requests in the queue for which
// awaits(request). What is read of the tail first may be behind the head: then all slots are looked
// at, old requests too, as in the kernel. What has been done for requests before the head is done:
// accesses of registers are ordered. Requires: the completion has been taken back.
template <class Awaits>
void wait_for_entries(pri_iommu* iommu, Awaits awaits) {
  const auto any = [=] {
    const u64 tail = READ_ONCE(iommu->tail);
    for (u64 head = smp_load_acquire(iommu->head); head != tail; head = next_slot(head))
      if (awaits(to_request(READ_ONCE(iommu->ring[head])))) return true;
    return false;
  };
  while (any()) {
    PROBE(drain_waited);
    wait_for_completion(&iommu->prq_complete);
    reinit_completion(&iommu->prq_complete);
  }
}

}  // namespace iorace::kern::iopf
