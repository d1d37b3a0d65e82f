// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/portfolio.h"

#include "scheduler/strategies/pct.h"
#include "scheduler/strategies/pos.h"
#include "scheduler/strategies/random.h"

namespace iorace {

portfolio::portfolio()
    : members_{std::make_unique<random_strategy>(), std::make_unique<pct>(3u),
               std::make_unique<pos>()} {}

void portfolio::begin(const execution_options& o) {
  static constexpr std::size_t rotation[] = {0, 2, 1, 2};
  now_ = members_[rotation[o.number % 4]].get();
  now_->begin(o);
}

}  // namespace iorace
