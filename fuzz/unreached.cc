// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/unreached.h"

#include <fmt/format.h>

#include "fuzz/program_text.h"

namespace iorace {
namespace {

template <class Rows>
std::vector<std::string> names_without(const Rows& rows, const kern::row_set& set) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!kern::has_row(set, i)) names.push_back(rows[i].name);
  return names;
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
  never.knobs = names_without(s.knobs, reached.knobs);
  never.probes = names_without(kern::probes(), reached.probes);
  never.probes_reached = kern::probes().size() - never.probes.size();
  if (settled) never.calls = failing_calls(p, reached.calls);
  return never;
}

}  // namespace iorace
