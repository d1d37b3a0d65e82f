// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/bind.h"

namespace iorace {

// What no execution of a run did, so that nothing vacuous passes for a result. Knobs and probes are
// those of the chapters that the program needs; of others, the knobs that were set.
struct unreached {
  std::vector<std::string> knobs;   // never consulted
  std::vector<std::string> probes;  // never passed
  std::size_t probes_reached = 0;
  // Calls that never succeeded though the program does not expect an error: "cpu2:
  // ioas_unmap(...)". Empty if too few executions came to their end to tell.
  std::vector<std::string> calls;
};

// Returns what is missing in what executions of `p` reached. `settled`: so many of them came to
// their end that a call which never succeeded says something.
unreached unreached_by(const program_data& p, const reached_rows& reached, const schema& s,
                       bool settled);

}  // namespace iorace
