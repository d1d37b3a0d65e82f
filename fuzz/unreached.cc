// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/unreached.h"

#include <bit>

#include <fmt/format.h>

#include "fuzz/program_text.h"

namespace iorace {
namespace {

// Of the rows that are in `expected`, those that are not in `reached`.
template <class Rows>
std::vector<std::string> names_missing(const Rows& rows, const kern::row_set& expected,
                                       const kern::row_set& reached) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (kern::has_row(expected, i) && !kern::has_row(reached, i)) names.push_back(rows[i].name);
  return names;
}

// What was set says something even if the program has nothing to do with it: that it is in vain.
kern::row_set knobs_expected(const program_data& p) {
  kern::row_set rows = kern::knobs_of(chapters_of(p));
  for (const knob_setting& k : p.knobs) rows[k.knob / 64] |= std::uint64_t{1} << k.knob % 64;
  return rows;
}

std::vector<std::string> failing_calls(const program_data& p, const std::vector<bool>& succeeded) {
  std::vector<std::string> calls;
  std::size_t index = 0;
  for (unsigned task = 0; task <= p.task_count(); ++task)
    for (const call& c : p.calls_of(task)) {
      if (index < succeeded.size() && !succeeded[index] && c.expected.value_or(0) == 0)
        calls.push_back(fmt::format("{}: {}", task_title(p, task), call_label(c)));
      ++index;
    }
  return calls;
}

}  // namespace

unreached unreached_by(const program_data& p, const reached_rows& reached, const schema& s,
                       bool settled) {
  unreached never;
  never.knobs = names_missing(s.knobs, knobs_expected(p), reached.knobs);
  never.probes = names_missing(kern::probes(), kern::probes_of(chapters_of(p)), reached.probes);
  for (const std::uint64_t word : reached.probes)
    never.probes_reached += static_cast<std::size_t>(std::popcount(word));
  if (settled) never.calls = failing_calls(p, reached.calls);
  return never;
}

}  // namespace iorace
