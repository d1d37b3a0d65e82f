// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/finding_files.h"

#include <unistd.h>

#include <fmt/format.h>
#include <xxhash.h>

#include "tools/files.h"

namespace iorace::cli {

result<void> finding_files::check(const std::string& out) {
  if (out == "-") return fail("-o: expected a file: standard output has the report");
  return out.empty() ? result<void>() : check_output(out);
}

result<std::string> finding_files::keep(const trace_file& t) {
  std::string& path = paths_[t.title];
  if (!path.empty() && ::access(path.c_str(), F_OK) == 0) return path;
  const std::string text = print_trace(t, kernel_schema());
  if (path.empty()) path = path_of(t, text);
  if (const auto done = write_output(path, text); !done) {
    path.clear();
    return tl::unexpected(done.error());
  }
  return path;
}

std::string finding_files::path_of(const trace_file& t, const std::string& text) const {
  if (out_.empty())
    return fmt::format("./{}-{}-{:08x}.trace", subject_, t.verdict->name,
                       XXH3_64bits(text.data(), text.size()) & 0xffffffff);
  std::string path = out_;
  const std::size_t stem = path.ends_with(".trace") ? path.size() - 6 : path.size();
  if (paths_.size() > 1 && !is_device(out_)) path.insert(stem, fmt::format("-{}", paths_.size()));
  return path;
}

}  // namespace iorace::cli
