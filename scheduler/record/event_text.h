// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The words of the drawing: how one operation, one task and the verdict are put. Used by columns.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/record/recording.h"

namespace iorace {

// Returns "num_accesses 0 -> 1", "down_read(iova_rwsem)", "kfree(area#1)": the operation on
// `place`.
std::string event_text(const recording::line& line, std::string_view place);
// Returns "CPU2" for "cpu2"; other names as they are.
std::string column_name(std::string_view task);
// Returns "freed by CPU2 (19)".
std::string side_text(const recording& r, const recording::line& line);

}  // namespace iorace
