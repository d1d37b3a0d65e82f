// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/twice.h"

#include <algorithm>
#include <cstring>

namespace iorace {

execution_result run_twice(engine& e, const program& p, strategy& s, const execution_options& o,
                           finding& f) {
  const execution_result once = e.run(p, s, o);
  const std::vector<step> first(e.steps().begin(), e.steps().end());
  const std::string title = e.last_finding().title;
  execution_result again = e.run(p, s, o);
  if (once.digest == again.digest && once.how == again.how && title == e.last_finding().title)
    return again;

  const std::span<const step> second = e.steps();
  std::size_t at = 0;
  while (at < first.size() && at < second.size() &&
         std::memcmp(&first[at], &second[at], sizeof(step)) == 0)
    ++at;
  f = {};
  f.kind = verdict::nondeterminism;
  f.name = "nondeterminism";
  f.execution = o.number;
  f.at = static_cast<step_id>(at);
  if (at < second.size()) {
    const step& differs = second[at];
    const char* function = e.function_of(e.frame_of(f.at));
    f.task = differs.task;
    f.title =
        std::string("nondeterminism in ") + (*function != '\0' ? function : e.task_name(f.task));
    f.detail = "step " + std::to_string(at + 1) + ": " + traits(differs.kind).name + " " +
               e.place_name(differs.object, differs.field) + " differs from the first time";
  } else {
    f.title = "nondeterminism";
    f.detail = "the second execution ends after " + std::to_string(at) + " steps";
  }
  again.how = ended::found;
  return again;
}

}  // namespace iorace
