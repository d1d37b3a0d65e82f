// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/convert.h"

#include "fuzz/program_bytes.h"
#include "fuzz/settings.h"
#include "fuzz/trace_run.h"
#include "scheduler/record/capture.h"
#include "scheduler/strategies/bytes.h"
#include "scheduler/strategies/replay.h"

namespace iorace {

converted bytes_of(const trace_file& t, const schema& s) {
  converted out;
  const std::string settings = settings_text(t.program, s);
  if (!settings.empty()) out.lost.push_back("bytes hold no settings; use IORACE_WITH=" + settings);
  if (t.program.menu) out.lost.push_back("bytes hold no menu");
  if (t.options != trace_options{}) out.lost.push_back("bytes hold no options");

  engine e;
  const engine_names names(e);
  const bound_program bound(t.program, s);
  const replay_input in = input_of(t);
  replay follow(in.plan, names);
  bytes_recorder recorder(follow);
  const execution_result r = e.run(bound.runnable(), recorder, in.options);
  // Without promoted fields the execution may be another one.
  if (t.verdict && t.verdict->digest && *t.verdict->digest != r.digest)
    out.lost.push_back("bytes hold no promoted points; their execution is another one");

  const std::vector<std::uint8_t> bytes = encode_input({latest_program(), recorder.schedule()});
  out.bytes.assign(bytes.begin(), bytes.end());
  return out;
}

}  // namespace iorace
