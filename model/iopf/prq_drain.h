// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What drains of one IOMMU exclude: they all wait for one completion, and each begins by taking
// back what it was completed with.
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

}  // namespace iorace::kern::iopf
