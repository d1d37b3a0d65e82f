// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// tsan_trace FILE: the data race of a trace, for tsan_traces_test.cc. First with our detector,
// whose word is printed; then the same schedule without it, so that the second access is made and
// ThreadSanitizer reports it. It remembers four accesses to a word; which one it forgets for a
// fifth depends on all that its threads have done, so that one execution may not be enough.
#include <cstdio>

#include "fuzz/bind.h"
#include "fuzz/trace_run.h"

namespace iorace {
namespace {

// As ThreadSanitizer calls a task.
std::string side_at(const engine& e, step_id at) {
  const std::string task = e.task_name(e.steps()[at].task);
  const bool cpu = task.starts_with("cpu");
  return (cpu ? "CPU" + task.substr(3) : task) + ' ' + e.function_of(e.frame_of(at));
}

int run(const char* file) {
  const auto trace = load_trace(file, kernel_schema());
  if (!trace) return 2;
  const bound_program bound(trace->program, kernel_schema());
  replay_input in = input_of(*trace);
  engine e;
  keep(e, bound.runnable(), in.plan, in.options, in.points);
  const finding f = e.last_finding();
  if (f.kind != verdict::data_race) return 1;
  std::printf("side: %s\nside: %s\n", side_at(e, f.at).c_str(), side_at(e, f.other).c_str());
  std::fflush(stdout);
  in.options.detect_races = false;
  for (int i = 0; i < 16; ++i) keep(e, bound.runnable(), in.plan, in.options, in.points);
  return 0;
}

}  // namespace
}  // namespace iorace

int main(int argc, char** argv) { return argc == 2 ? iorace::run(argv[1]) : 2; }
