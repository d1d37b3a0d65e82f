// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two executions of one input, compared operation by operation: whatever the program takes from
// outside the engine (clocks, addresses, leftovers of the execution before) shows as a difference.
#pragma once

#include "scheduler/engine/engine.h"

namespace iorace {

// Runs `o` twice. If the two differ the result is `found` and `f` names the first difference with
// verdict::nondeterminism; else the result is that of either, and `f` is left alone. `e` holds the
// second execution.
execution_result run_twice(engine& e, const program& p, strategy& s, const execution_options& o,
                           finding& f);

}  // namespace iorace
