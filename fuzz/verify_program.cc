// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/verify_program.h"

#include "fuzz/bind.h"
#include "fuzz/minimize.h"
#include "fuzz/trace_run.h"
#include "scheduler/explore/keep.h"

namespace iorace {

tl::expected<void, std::string> check_verifiable(const trace_file& t) {
  if (t.program.menu)
    return tl::unexpected<std::string>(
        "a menu draws another program for each execution, expected a program with calls");
  if (t.options.fair)
    return tl::unexpected<std::string>(
        "fair=1 hands locks over in one order only, expected a program without it");
  return {};
}

tl::expected<program_verification, std::string> verify_program(const trace_file& t,
                                                               const verify_options& o,
                                                               const schema& s) {
  if (const auto possible = check_verifiable(t); !possible) return tl::unexpected(possible.error());
  bound_program bound(t.program, s);
  verify_options options = o;
  options.each = execution_of(t);
  options.points = t.points;

  program_verification all;
  all.verified = verify(bound.runnable(), options);
  engine e;
  minimize_options shrink;
  const verify_result& done = all.verified;
  shrink.stop = [&] {
    return o.stop({done.earlier + done.executions, done.points, done.findings.size()});
  };
  for (const verified_finding& f : all.verified.findings) {
    trace_file found = trace_of(t, keep(e, bound.runnable(), f, options.each));
    bound.count_latest();
    found.seed.reset();
    found.strategy.clear();
    auto small = minimize(found, s, shrink);
    all.minimal &= small && small->minimal;
    if (small) found = std::move(small->trace);
    all.traces.push_back(std::move(found));
  }
  all.never = unreached_by(t.program, bound.reached(), s,
                           all.verified.complete || all.verified.findings.empty());
  return all;
}

}  // namespace iorace
