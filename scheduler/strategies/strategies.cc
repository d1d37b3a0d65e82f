// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The table of strategies that can be named.
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scheduler/record/scanner.h"
#include "scheduler/strategies/feedback.h"
#include "scheduler/strategies/frontier.h"
#include "scheduler/strategies/pct.h"
#include "scheduler/strategies/portfolio.h"
#include "scheduler/strategies/pos.h"
#include "scheduler/strategies/preemption_bounded.h"
#include "scheduler/strategies/random.h"
#include "scheduler/strategies/round_robin.h"
#include "scheduler/strategies/strategy.h"
#include "scheduler/strategies/surw.h"
#include "scheduler/strategies/urw.h"

namespace iorace {
namespace {

constexpr unsigned preemptions = 2;

constexpr strategy_info infos[] = {
    {"portfolio", "",
     "the default: a rotation of surw, frontier, feedback, pos, pct:3, random and urw"},
    {"round-robin", "", "tasks take turns of equal length; nothing is drawn"},
    {"random", "", "a uniform choice among the enabled tasks at every point"},
    {"pct", "depth", "priorities with depth - 1 random change points (depth 1 to 16, default 3)"},
    {"pct-fair", "depth", "the same, but who runs for 50 points in a row falls behind"},
    {"pb", "preemptions",
     "tasks run on but for at most that many preemptions (1 to 16, default 2)"},
    {"pos", "", "a random priority for every pending operation, redrawn on conflict"},
    {"urw", "", "in proportion to the operations left: uniform over interleavings"},
    {"surw", "", "the same for the operations at one place, drawn anew for each execution"},
    {"feedback", "", "pos under constraints on who reads from whom, learnt and mutated"},
    {"frontier", "", "back to where something new was read, and on from there"},
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

std::string strategy_error(std::string_view text) {
  std::vector<std::string> names;
  for (const strategy_info& s : strategies()) {
    const bool plain = *s.argument == '\0';
    names.push_back(plain ? s.name : fmt::format("{}:{}", s.name, s.argument));
    if (!plain && text.starts_with(std::string(s.name) + ':'))
      return fmt::format("{} is out of range, expected {}: {}", quoted(text), names.back(),
                         s.summary);
  }
  return fmt::format("unknown strategy {}, expected one of {}", quoted(text),
                     fmt::join(names, ", "));
}

std::unique_ptr<strategy> make_strategy(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto argument = [&](unsigned usual, unsigned max) {
    return colon == text.npos ? usual : number(text.substr(colon + 1), max);
  };
  if (name == "pct" || name == "pct-fair") {
    const unsigned depth = argument(pct::depth_usual, pct::depth_max);
    if (depth == 0) return nullptr;
    return std::make_unique<pct>(depth, name == "pct" ? pct::patient : pct::fair);
  }
  if (name == "pb") {
    const unsigned bound = argument(preemptions, preemption_bounded::bound_max);
    return bound == 0 ? nullptr : std::make_unique<preemption_bounded>(bound);
  }
  if (colon != text.npos) return nullptr;
  if (name == "portfolio") return std::make_unique<portfolio>();
  if (name == "random") return std::make_unique<random_strategy>();
  if (name == "round-robin") return std::make_unique<round_robin>();
  if (name == "pos") return std::make_unique<pos>();
  if (name == "urw") return std::make_unique<urw>();
  if (name == "surw") return std::make_unique<surw>();
  if (name == "feedback") return std::make_unique<feedback>();
  if (name == "frontier") return std::make_unique<frontier>();
  return nullptr;
}

}  // namespace iorace
