// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Programs with one known bug each, by which strategies are compared: those of SCTBench (Thomson,
// Donaldson and Betts, PPoPP 2014), whose numbers are published, written anew with the scheduler's
// own operations. Every shared access, lock operation, create and join is one point.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "scheduler/explore/program.h"

namespace iorace::bench {

struct known_bug {
  program runnable;
  const char* verdict;  // what the bug is convicted of: "kernel-bug", "deadlock"
};

struct program_info {
  const char* name;    // a family's ends in "_", and a number follows: "reorder_"
  std::uint32_t size;  // the least number of a family; 0: no family
  known_bug (*make)(std::uint32_t n);
  const char* summary;
};
std::span<const program_info> programs();

// Returns the program called "account" or "reorder_100", if there is one.
std::optional<known_bug> make_program(std::string_view name);

// One function per program or family; `n` counts tasks besides main.
known_bug aba(std::uint32_t n);
known_bug account(std::uint32_t);
known_bug bluetooth_driver(std::uint32_t);
known_bug carter01(std::uint32_t);
known_bug chain(std::uint32_t n);
known_bug circular_buffer(std::uint32_t n);
known_bug deadlock01(std::uint32_t);
known_bug lazy01(std::uint32_t);
known_bug lockstep(std::uint32_t n);
known_bug order(std::uint32_t n);
known_bug philosophers(std::uint32_t n);
known_bug reorder(std::uint32_t n);
known_bug safestack(std::uint32_t);
known_bug stack(std::uint32_t n);
known_bug token_ring(std::uint32_t);
known_bug turns(std::uint32_t n);
known_bug twostage(std::uint32_t n);
known_bug wronglock(std::uint32_t n);

}  // namespace iorace::bench
