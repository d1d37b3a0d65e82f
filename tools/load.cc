// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/load.h"

#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>

#include "fuzz/scenarios.h"
#include "tools/files.h"

namespace iorace::cli {

tl::unexpected<failure> file_failure(const std::string& path, const std::string& what) {
  const std::string place = path + ":";
  const bool located = what.size() > place.size() && what.starts_with(place) &&
                       what[place.size()] >= '0' && what[place.size()] <= '9';
  return located ? fail_at(what) : fail(what);
}

result<subject> load_file(const std::string& path, const outside_settings& with) {
  const auto content = read_input(path);
  if (!content) return tl::unexpected(content.error());
  auto found = subject_of(path, *content, with, kernel_schema());
  if (!found) return file_failure(path, found.error());
  return std::move(*found);
}

result<subject> load_scenario(const std::string& name, const outside_settings& with,
                              scenario_size size) {
  const auto all = scenario_texts();
  const bool known = std::any_of(all.begin(), all.end(), [&](auto& s) { return s.name == name; });
  const bool path = name.find_first_of("/.") != std::string::npos || name == "-" ||
                    ::access(name.c_str(), F_OK) == 0;
  if (path && !known) return load_file(name, with);
  auto found = built_in(name, with, kernel_schema(), size);
  if (!found) return fail(found.error());
  return std::move(*found);
}

void note(const std::string& text) { write_stderr(fmt::format("iorace: {}\n", text)); }

}  // namespace iorace::cli
