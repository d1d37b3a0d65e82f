// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The orders that matter; explain.h says what that means.
#pragma once

#include <cstdint>

#include "scheduler/explore/attempts.h"
#include "scheduler/explore/timeline.h"

namespace iorace {

// Fills in the orders and calls of `to`, until `tries` has made `end` executions.
void find_orders(attempts& tries, const timeline& t, std::uint32_t end, explanation& to);

}  // namespace iorace
