// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/subject.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "fuzz/bind.h"
#include "fuzz/program_bytes.h"
#include "fuzz/scenarios.h"
#include "scheduler/explore/keep.h"

namespace iorace {
namespace {

void apply(program_data& p, const outside_settings& set, bool recorded) {
  if (!recorded) {
    add_settings(p, set.environment);
    if (!p.says_profile) p.profile = set.environment.profile;
  }
  program_data over = set.command;
  add_settings(over, p);
  p.knobs = std::move(over.knobs);
  p.limits = std::move(over.limits);
  if (set.command.says_profile) p.profile = set.command.profile;
}

std::string name_of_file(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  if (path.ends_with(".trace")) path.remove_suffix(6);
  return path == "-" || path.empty() ? "stdin" : std::string(path);
}

// The anchors of a corpus file's schedule are those of its execution.
trace_file trace_of_input(const fuzz_input& in, const schema& s) {
  trace_file t;
  t.program = in.program;
  engine e;
  const bound_program bound(in.program, s);
  bytes_strategy follow(in.schedule);
  t.options.faults = bytes_options().faults_max;
  t.schedule = keep(e, bound.runnable(), follow, bytes_options(), {}).plan;
  t.verdict = trace_verdict{"none", "", std::nullopt};
  return t;
}

}  // namespace

tl::expected<subject, std::string> built_in(const std::string& name, const outside_settings& set,
                                            const schema& s, scenario_size size) {
  std::vector<std::string_view> names;
  for (const scenario_text& one : scenario_texts()) {
    names.push_back(one.name);
    if (one.name != name) continue;
    const bool small = size == scenario_size::small && !one.small.empty();
    auto trace = parse_trace(small ? one.small : one.text, s);
    if (!trace) return tl::unexpected(trace.error().in(name + ".trace"));
    apply(trace->program, set, false);
    return subject{name, std::move(*trace), false, small};
  }
  return tl::unexpected(fmt::format("unknown scenario {}, expected a file or {}",
                                    iorace::quoted(name),
                                    expected_one_of(name, names).substr(sizeof "expected")));
}

tl::expected<subject, std::string> subject_of(const std::string& path, const std::string& content,
                                              const outside_settings& set, const schema& s) {
  subject found{.name = name_of_file(path), .trace = {}, .recorded = true};
  if (is_trace_text(path, content)) {
    auto trace = parse_trace(content, s);
    if (!trace) return tl::unexpected(trace.error().in(path));
    found.trace = std::move(*trace);
    found.recorded = found.trace.schedule || found.trace.verdict;
    apply(found.trace.program, set, found.recorded);
    return found;
  }
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  if (!is_canonical(bytes, s))
    return tl::unexpected(path +
                          ": neither a trace nor a corpus file, expected text that begins with "
                          "'iorace-trace 1' or the bytes that a fuzz target writes");
  fuzz_input in = decode_input(bytes, s);
  apply(in.program, set, false);
  found.trace = trace_of_input(in, s);
  return found;
}

}  // namespace iorace
