// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The table of strategies that can be named.
#include <charconv>

#include "scheduler/strategies/pct.h"
#include "scheduler/strategies/portfolio.h"
#include "scheduler/strategies/pos.h"
#include "scheduler/strategies/random.h"
#include "scheduler/strategies/round_robin.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {
namespace {

constexpr unsigned pct_depth = 3;

constexpr strategy_info infos[] = {
    {"portfolio", "", "the default: of four executions one random, one pct:3 and two pos"},
    {"round-robin", "", "tasks take turns of equal length; nothing is drawn"},
    {"random", "", "a uniform choice among the enabled tasks at every point"},
    {"pct", "depth", "priorities with depth - 1 random change points (default depth 3)"},
    {"pos", "", "a random priority for every pending operation, redrawn on conflict"},
};

// Returns the number in [1, max] that all of `text` spells, or 0.
unsigned number(std::string_view text, unsigned max) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && n <= max ? n : 0;
}

}  // namespace

strategy::~strategy() = default;

std::span<const strategy_info> strategies() { return infos; }

std::unique_ptr<strategy> make_strategy(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name == "pct") {
    const unsigned depth =
        colon == text.npos ? pct_depth : number(text.substr(colon + 1), pct::depth_max);
    return depth == 0 ? nullptr : std::make_unique<pct>(depth);
  }
  if (colon != text.npos) return nullptr;
  if (name == "portfolio") return std::make_unique<portfolio>();
  if (name == "random") return std::make_unique<random_strategy>();
  if (name == "round-robin") return std::make_unique<round_robin>();
  if (name == "pos") return std::make_unique<pos>();
  return nullptr;
}

}  // namespace iorace
