// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/workers.h"

#include <thread>
#include <vector>

namespace iorace {

void run_workers(unsigned jobs, const std::function<void(unsigned)>& work) {
  std::vector<std::jthread> others;
  for (unsigned i = 0; i + 1 < jobs; ++i) others.emplace_back([&work, i] { work(i); });
  work(jobs - 1);
}

}  // namespace iorace
