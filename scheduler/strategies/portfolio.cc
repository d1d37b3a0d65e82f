// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/portfolio.h"

#include <iterator>

namespace iorace {
namespace {

enum : std::uint8_t { by_surw, by_feedback, by_frontier, by_pos, by_pct, by_random, by_urw };
constexpr const char* member_names[] = {"surw",  "feedback", "frontier", "pos",
                                        "pct:3", "random",   "urw"};
static_assert(std::size(member_names) == portfolio::members);

std::uint8_t member_of(std::uint64_t number) {
  static constexpr std::uint8_t first[] = {by_surw, by_feedback};
  static constexpr std::uint8_t rotation[] = {
      by_frontier, by_surw, by_feedback, by_random, by_frontier, by_pos, by_pct, by_surw, by_urw};
  return number < 16 ? first[number % 2] : rotation[number % std::size(rotation)];
}

}  // namespace

portfolio::portfolio() {
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i] = make_strategy(member_names[i]);
}

const char* portfolio::member(std::uint64_t number) { return member_names[member_of(number)]; }

void portfolio::recall(const knowledge* known) {
  for (const auto& member : members_) member->recall(known);
}

void portfolio::begin(const execution_options& o) {
  now_ = members_[member_of(o.number)].get();
  now_->begin(o);
}

}  // namespace iorace
