// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Lookup; the table of texts is generated.
#include "fuzz/scenarios.h"

#include "scheduler/engine/check.h"

namespace iorace {

std::optional<trace_file> scenario(std::string_view name, const schema& s) {
  for (const scenario_text& t : scenario_texts()) {
    if (t.name != name) continue;
    auto trace = parse_trace(t.text, s);
    CHECK(trace.has_value(), "a built-in scenario cannot be read; fuzz_tests say where");
    return std::move(*trace);
  }
  return std::nullopt;
}

std::string summary_of(const scenario_text& scenario) {
  std::string_view text = scenario.text;
  while (text.starts_with('#')) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(std::min<std::size_t>(2, line.size()));
    if (!line.starts_with("SPDX-")) return std::string(line);
  }
  return {};
}

}  // namespace iorace
