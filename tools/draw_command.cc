// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace draw FILE.
#include <unistd.h>

#include "fuzz/trace_run.h"
#include "scheduler/record/columns.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/load.h"

namespace iorace::cli {

result<int> draw_command(const draw_request& o) {
  const auto found = load_scenario(o.file, o.with);
  if (!found) return tl::unexpected(found.error());
  engine e;
  const kept_execution kept = keep_trace(e, found->trace, kernel_schema());
  if (found->trace.verdict && found->trace.title != kept.what.title)
    note(o.file + ": this is not the execution that was recorded; see iorace replay");
  static constexpr std::string_view prefixes[] = {"iommufd_"};
  columns_options how;
  how.full = o.full;
  how.color = use_color(o.output.color, STDOUT_FILENO);
  how.prefixes = prefixes;
  if (const auto done = write_stdout(columns(kept.steps, how)); !done)
    return tl::unexpected(done.error());
  return exit_ok;
}

}  // namespace iorace::cli
