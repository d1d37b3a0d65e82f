// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/archive.h"

namespace iorace {
namespace {

constexpr unsigned candidates = 3;

}  // namespace

bool archive::is_new(const discovery& d) const {
  if (d.length > length_max) return false;
  const std::uint32_t* const at = by_pair_.find(d.pair);
  return at == nullptr ? kept_.size() < ways_max : d.length < kept_[*at - 1].path.picks.size();
}

// Of a few the one that was chosen least, the latest of such.
std::uint32_t archive::propose(rng& random) const {
  std::uint32_t best = random.below(ways());
  for (unsigned i = 1; i < candidates; ++i) {
    const std::uint32_t next = random.below(ways());
    const std::uint32_t a = kept_[next].chosen, b = kept_[best].chosen;
    if (a < b || (a == b && next > best)) best = next;
  }
  return best;
}

void archive::keep(const discovery& d, const way& gone) {
  std::uint32_t& at = by_pair_[d.pair];
  if (at == 0) {
    kept_.emplace_back().pair = d.pair;
    at = ways();
  }
  kept& k = kept_[at - 1];
  k.chosen = 0;
  k.path.picks.assign(gone.picks.begin(), gone.picks.begin() + d.length);
  k.path.draws = gone.draws;
}

void archive::learn(const way_lesson& l) {
  if (!l.any) return;
  if (l.followed < kept_.size()) ++kept_[l.followed].chosen;
  for (const discovery& d : l.found)
    if (is_new(d)) keep(d, l.gone);
}

void archive::write(ledger_writer& to) const {
  to.line("ways").count(kept_.size());
  for (const kept& k : kept_) {
    to.line("").hash(k.pair).count(k.chosen).hash(k.path.draws).count(k.path.picks.size());
    for (const std::uint8_t task : k.path.picks) to.count(task);
  }
}

void archive::read(ledger_reader& from) {
  *this = {};
  for (auto n = from.line("ways").count(ways_max); n != 0 && from.ok(); --n) {
    kept& k = kept_.emplace_back();
    k.pair = from.line("").hash();
    by_pair_[k.pair] = ways();
    k.chosen = static_cast<std::uint32_t>(from.count(~0u));
    k.path.draws = from.hash();
    k.path.picks.resize(from.count(length_max));
    for (std::uint8_t& task : k.path.picks) task = static_cast<std::uint8_t>(from.count(255));
  }
}

}  // namespace iorace
