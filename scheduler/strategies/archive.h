// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What frontier has learnt: the shortest known way to each pair of reads_from.h, sites told apart.
// See frontier.h.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/record/ledger.h"
#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/scratch_map.h"

namespace iorace {

// The beginning of an execution: who was picked, and the seed of all that was drawn.
struct way {
  std::vector<std::uint8_t> picks;
  std::uint64_t draws = 0;
};

// A pair, by its hash, was there after so many picks.
struct discovery {
  std::uint64_t pair = 0;
  std::uint32_t length = 0;
};

// What one execution taught.
struct way_lesson {
  bool any = false;
  std::uint32_t followed = ~0u;       // the way that it set out on
  way gone = {};                      // from its beginning on; only if there were discoveries
  std::vector<discovery> found = {};  // pairs that are new, or reached sooner than ever
};

class archive {
 public:
  static constexpr std::size_t ways_max = 1024, length_max = 1024;

  bool is_new(const discovery& d) const;
  std::uint32_t ways() const { return static_cast<std::uint32_t>(kept_.size()); }
  // Returns one that few have set out on. Requires: there is one.
  std::uint32_t propose(rng& random) const;
  const way& at(std::uint32_t number) const { return kept_[number].path; }

  void learn(const way_lesson& l);
  // What is read is what was written.
  void write(ledger_writer& to) const;
  void read(ledger_reader& from);

 private:
  struct kept {
    std::uint64_t pair = 0;
    std::uint32_t chosen = 0;
    way path;
  };
  void keep(const discovery& d, const way& gone);

  std::vector<kept> kept_;                  // in the order of their coming
  scratch_map<std::uint32_t> by_pair_{11};  // into kept_, plus 1
};

}  // namespace iorace
