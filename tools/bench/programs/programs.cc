// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/bench/programs/programs.h"

#include <charconv>

#include "tools/bench/programs/kit.h"

namespace iorace::bench {
namespace {

constexpr program_info infos[] = {
    {"account", 0, account, "a deposit and a withdrawal, and a check that knows only one order"},
    {"bluetooth_driver", 0, bluetooth_driver, "a driver that stops while a request comes in"},
    {"deadlock01", 0, deadlock01, "two locks, two orders"},
    {"reorder_", 2, reorder, "n - 1 tasks set two variables, one sees only the first"},
    {"twostage", 0, twostage, "twostage_2"},
    {"twostage_", 2, twostage, "n - 1 tasks write two variables under a lock each, one reads both"},
    {"wronglock", 0, wronglock, "wronglock_8"},
    {"wronglock_", 2, wronglock, "one task adds under a lock, n - 1 under another"},
    {"safestack", 0, safestack, "three tasks on a lock-free stack of three cells, after Vyukov"},
    {"aba_", 2, aba, "n tasks borrow from a lock-free stack of three, and bring back"},
    {"carter01", 0, carter01, "a lock that is taken by whoever comes first, and again"},
    {"chain_", 1, chain, "one task counts to n, another must not see every number"},
    {"circular_buffer_", 1, circular_buffer, "n numbers through a ring without a lock"},
    {"lazy01", 0, lazy01, "three tasks add under a lock, and one expects to come before the last"},
    {"lockstep_", 1, lockstep,
     "one task counts in two variables, another looks between any two writes"},
    {"order_", 2, order, "n tasks, created last first, each goes if the one before it has gone"},
    {"philosophers_", 2, philosophers, "n philosophers, each takes the left fork first"},
    {"stack_", 2, stack, "n pushes and n pops, which look at the top without the lock"},
    {"token_ring", 0, token_ring,
     "four tasks copy from one to the next, and expect to be in order"},
    {"turns_", 2, turns, "n tasks count by turns, four times each, and must not all be lucky"},
};

}  // namespace

std::span<const program_info> programs() { return infos; }

std::optional<known_bug> make_program(std::string_view name) {
  for (const program_info& p : infos) {
    if (p.size == 0 && name == p.name) return p.make(0);
    if (p.size == 0 || !name.starts_with(p.name)) continue;
    const std::string_view digits = name.substr(std::string_view(p.name).size());
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error == std::errc{} && end == digits.data() + digits.size() && n >= p.size &&
        n <= numbers_max)
      return p.make(n);
  }
  return std::nullopt;
}

}  // namespace iorace::bench
