// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The only place where OS threads are made: explorations that share nothing but numbers.
#pragma once

#include <functional>

namespace iorace {

// Calls work(0) .. work(jobs - 1), each on an OS thread of its own (the last on the caller's), and
// returns when all have returned.
void run_workers(unsigned jobs, const std::function<void(unsigned)>& work);

}  // namespace iorace
