// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/convert.h"

#include <fmt/format.h>

#include "fuzz/program_bytes.h"
#include "fuzz/settings.h"
#include "fuzz/trace_run.h"
#include "scheduler/record/capture.h"
#include "scheduler/strategies/bytes.h"
#include "scheduler/strategies/replay.h"

namespace iorace {

tl::expected<converted, std::string> bytes_of(const trace_file& t, const schema& s) {
  converted out;
  const std::string settings = settings_text(t.program, s);
  if (!settings.empty()) out.lost.push_back("bytes hold no settings; use IORACE_WITH=" + settings);
  if (t.program.menu) out.lost.push_back("bytes hold no menu");

  engine e;
  const engine_names names(e);
  const bound_program bound(t.program, s);
  const replay_input in = input_of(t);
  replay follow(in.plan, names);
  bytes_recorder recorder(follow);
  execution_options o = bytes_options();
  o.seed = in.options.seed;  // a menu draws from it
  e.run(bound.runnable(), recorder, o);
  const program_data made = latest_program();

  const bound_program drawn(made, s);
  bytes_strategy again(recorder.schedule());
  e.run(drawn.runnable(), again, bytes_options());
  const finding& f = e.last_finding();
  const std::string got = f.kind == verdict::none ? "none" : f.name;
  if (t.verdict && (t.verdict->name != got || t.title != f.title))
    return tl::unexpected(fmt::format(
        "bytes hold no promoted points and no options but one fault; without them the execution "
        "ends with {}, expected {}",
        got, t.verdict->name));

  const std::vector<std::uint8_t> bytes = encode_input({made, recorder.schedule()});
  out.bytes.assign(bytes.begin(), bytes.end());
  return out;
}

}  // namespace iorace
