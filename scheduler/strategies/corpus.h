// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What feedback has learnt: which pairs are conceivable and which were seen, and the abstract
// schedules that showed new ones. See feedback.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "scheduler/record/ledger.h"
#include "scheduler/strategies/reads_from.h"
#include "scheduler/strategies/rng.h"
#include "scheduler/strategies/scratch_map.h"

namespace iorace {

// Some execution of the pair's reader is to read from its writer, or not to.
struct constraint {
  site_pair pair;
  bool positive = true;
  bool operator==(const constraint&) const = default;
};

struct abstract_schedule {
  static constexpr unsigned constraints_max = 6;
  std::array<constraint, constraints_max> constraints{};
  unsigned count = 0;
  std::uint64_t seed = 0;  // of all that the constraints leave open
};

// What one execution taught.
struct reads_from_lesson {
  bool any = false;
  std::uint32_t parent = 0;            // the schedule that its own was made from
  std::uint32_t aim = ~0u;             // the unseen pair that it tried to show
  std::uint64_t path = 0;              // hash of its set of pairs
  abstract_schedule plan = {};         // only if it showed anything new
  std::vector<site_event> sites = {};  // new ones
  std::vector<site_pair> pairs = {};   // new ones
};

class corpus {
 public:
  static constexpr std::uint32_t nothing = ~0u;

  struct proposal {
    abstract_schedule plan;
    std::uint32_t parent = nothing;
    std::uint32_t aim = nothing;
  };
  // Returns the next schedule to try: one that is kept, mutated.
  proposal propose(rng& random) const;

  bool is_new(const site_event& e) const;
  bool is_new(const site_pair& p) const;

  void learn(const reads_from_lesson& l);
  void merged();
  // What is read is what was written, as it was after the last merged().
  void write(ledger_writer& to) const;
  void read(ledger_reader& from);

  std::size_t pairs_seen() const { return seen_; }
  std::size_t schedules() const { return kept_.size(); }

 private:
  struct candidate {
    site_pair pair;
    bool seen = false;
    std::uint32_t tries = 0;
  };
  struct kept {
    abstract_schedule plan;
    std::uint64_t path = 0;
    std::uint32_t chosen = 0;
  };
  std::uint32_t find(const site_pair& p) const;
  void add_site(const site_event& e);
  void add_candidate(const site_pair& p);
  void keep(const reads_from_lesson& l);
  constraint fresh(rng& random, std::uint32_t& aim) const;
  void mutate(abstract_schedule& plan, rng& random, std::uint32_t& aim) const;

  std::vector<site_event> sites_;           // by site
  scratch_map<bool> known_sites_{12};       // the same
  std::vector<candidate> candidates_;       // in the order of their coming
  scratch_map<std::uint32_t> by_hash_{15};  // into candidates_, plus 1
  std::size_t seen_ = 0;
  std::vector<kept> kept_;
  std::size_t replaced_ = 0;
  std::map<std::uint64_t, std::uint32_t> paths_;  // how often each was taken
  std::uint64_t taken_ = 0;
  std::vector<std::uint32_t> energy_;  // of kept_, each with those before it
};

}  // namespace iorace
