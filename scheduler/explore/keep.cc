// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/keep.h"

#include "scheduler/record/capture.h"
#include "scheduler/strategies/recorder.h"
#include "scheduler/strategies/replay.h"
#include "scheduler/strategies/script.h"

namespace iorace {

kept_execution keep(engine& e, const program& p, strategy& s, const execution_options& o,
                    const std::vector<std::string>& points) {
  const engine_names n(e);
  recorder r(s, n);
  e.promote(points);
  const execution_result result = e.run(p, r, o);
  return {result, e.last_finding(), r.recorded(), capture(e), points};
}

kept_execution keep(engine& e, const program& p, const sampled_finding& f) {
  const std::unique_ptr<strategy> s = make_strategy(f.strategy);
  s->recall(f.known.get());
  return keep(e, p, *s, f.options, f.points);
}

kept_execution keep(engine& e, const program& p, const verified_finding& f,
                    const execution_options& o) {
  script s(f.picks, f.numbers);
  return keep(e, p, s, o, f.points);
}

kept_execution keep(engine& e, const program& p, const schedule& s, const execution_options& o,
                    const std::vector<std::string>& points) {
  const engine_names n(e);
  replay r(s, n);
  e.promote(points);
  const execution_result result = e.run(p, r, o);
  return {result, e.last_finding(), r.followed(), capture(e), points};
}

}  // namespace iorace
