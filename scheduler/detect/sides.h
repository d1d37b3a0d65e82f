// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How titles name the tasks that a verdict concerns; not for programs.
#pragma once

#include <string>
#include <vector>

#include "scheduler/engine/operation.h"

namespace iorace {

class engine;

// The innermost function of a task, or its name outside of all functions.
std::string side_of(const engine& e, task_id t);
// " in f" or ": f v g", in alphabetical order: a title does not depend on who came last.
std::string in_sides(std::vector<std::string> sides);

}  // namespace iorace
