// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace convert FILE: text becomes bytes, bytes become text.
#include <fmt/format.h>

#include "fuzz/convert.h"
#include "fuzz/trace_run.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/load.h"

namespace iorace::cli {

result<int> convert_command(const convert_request& o) {
  const auto content = read_input(o.file);
  if (!content) return tl::unexpected(content.error());
  auto found = subject_of(o.file, *content, o.with, kernel_schema());
  if (!found) return file_failure(o.file, found.error());
  std::string out;
  if (is_trace_text(o.file, *content)) {
    if (is_trace_text(o.out, {}))
      return fail(o.out +
                  ": a trace becomes bytes, which would be read as text by this name, "
                  "expected one without .trace");
    auto bytes = bytes_of(found->trace, kernel_schema());
    if (!bytes) return fail(o.file + ": " + bytes.error());
    for (const std::string& lost : bytes->lost) note(o.file + ": " + lost);
    out = std::move(bytes->bytes);
  } else {
    found->trace.verdict.reset();
    engine e;
    const kept_execution kept = keep_trace(e, found->trace, kernel_schema());
    out = print_trace(trace_of(found->trace, kept), kernel_schema());
  }
  if (const auto done = write_output(o.out.empty() ? "-" : o.out, out); !done)
    return tl::unexpected(done.error());
  return exit_ok;
}

}  // namespace iorace::cli
