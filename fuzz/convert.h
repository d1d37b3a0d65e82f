// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// From a trace to a corpus file. The other way is subject.h: reading one.
#pragma once

#include <string>
#include <vector>

#include "fuzz/trace_file.h"

namespace iorace {

struct converted {
  std::string bytes;              // canonical
  std::vector<std::string> lost;  // what of the trace bytes cannot hold, one line each
};

// Returns the trace's program and schedule as bytes. Executes it: bytes tell the schedule
// otherwise. Errors: the bytes, under the trace's own settings, do not end as the trace says, for
// want of promoted points or of options.
tl::expected<converted, std::string> bytes_of(const trace_file& t, const schema& s);

}  // namespace iorace
