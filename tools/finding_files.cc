// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/finding_files.h"

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
  if (!path.empty()) return path;
  const std::string text = print_trace(t, kernel_schema());
  if (out_.empty()) {
    path = fmt::format("./{}-{}-{:08x}.trace", subject_, t.verdict->name,
                       XXH3_64bits(text.data(), text.size()) & 0xffffffff);
  } else {
    path = out_;
    if (paths_.size() > 1 && !is_device(out_)) {
      const std::size_t stem = path.ends_with(".trace") ? path.size() - 6 : path.size();
      path.insert(stem, fmt::format("-{}", paths_.size()));
    }
  }
  if (const auto done = write_output(path, text); !done) {
    path.clear();
    return tl::unexpected(done.error());
  }
  return path;
}

}  // namespace iorace::cli
