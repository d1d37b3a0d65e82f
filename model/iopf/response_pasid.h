// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What becomes of devices that want no PASID in responses: what enables page requests refuses them,
// or what answers them leaves it out.
#pragma once

#include "model/iopf/pri.h"
#include "model/world.h"

namespace iorace::kern::iopf {

struct response_pasid {
  bool refused, left_out;
};
inline constexpr response_pasid pasid_rows[] = {
    {true, false},   // PASID_REFUSED
    {false, true},   // PASID_AS_REQUIRED
    {false, false},  // PASID_AS_REQUESTED
};
inline bool wants_no_pasid(const pri_device* dev) {
  return (dev->flags.peek() & PRI_NO_PASID_IN_RESPONSE) != 0;
}

}  // namespace iorace::kern::iopf
