// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the chapter's knobs: programs, and what they find under settings.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern {

using settings = std::vector<std::pair<const char*, const char*>>;
inline constexpr std::uint64_t variant_executions = 2'500;
inline constexpr std::uint64_t find_within = 20'000;

inline body both(const body& first, const body& second) {
  return [=](world* w) {
    first(w);
    second(w);
  };
}
inline const body unbinds = calls("sva_unbind", first_bond);
inline const body closes = calls("sva_close", first_bond);
inline const body discards = calls("iopf_discard_partial", first_prq);
inline const body asks_group = both(asks(asks_first), asks(asks_last));
inline const body asks_group_of_other = both(asks(asks_first, 2), asks(asks_last, 2));

inline config under(const settings& s, config c = iopf_config()) {
  for (const auto& one : s) c = with(c, {one});
  return c;
}
inline std::vector<std::string> found_in(const config& base, const settings& s, const body& setup,
                                         const std::vector<body>& cpus, std::uint32_t faults) {
  const config c = under(s, base);
  return titles(program_of(c, setup, cpus), "portfolio", variant_executions, 1, faults);
}
inline bool convicted_in(const config& base, const settings& s, const body& setup,
                         const std::vector<body>& cpus, const char* title,
                         std::uint32_t faults = 0) {
  const config c = under(s, base);
  return convicts(program_of(c, setup, cpus), "portfolio", find_within, title, faults);
}
// By the faulty values, and not at all if the first of them, which is the knob's, is repaired.
inline void expect_variant_in(const config& base, const settings& faulty, const body& setup,
                              const std::vector<body>& cpus, const char* title,
                              std::uint32_t faults) {
  EXPECT_TRUE(convicted_in(base, faulty, setup, cpus, title, faults)) << title;
  const settings repaired(faulty.begin() + 1, faulty.end());
  EXPECT_THAT(found_in(base, repaired, setup, cpus, faults), testing::IsEmpty()) << title;
}

inline std::vector<std::string> found(const settings& s, const body& setup,
                                      const std::vector<body>& cpus, std::uint32_t faults = 0) {
  return found_in(iopf_config(), s, setup, cpus, faults);
}
inline void expect_variant(const settings& faulty, const body& setup, const std::vector<body>& cpus,
                           const char* title, std::uint32_t faults = 0) {
  expect_variant_in(iopf_config(), faulty, setup, cpus, title, faults);
}

}  // namespace iorace::kern
