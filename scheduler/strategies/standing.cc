// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/standing.h"

namespace iorace {

void standing_places::begin() {
  standing_.assign(1, {});
  seen_.clear();
}

void standing_places::arrive(const choice_view& view, task_id t) {
  char buffer[place_size];
  const pending_op& op = view.pending[t];
  const std::string_view place = names_.place(op, buffer);
  anchor& a = standing_[t];
  a = {one_word(names_.function(t)), op.kind, place.empty() ? "" : one_word(place), 1};
  a.occurrence = ++seen_[one_word(names_.task(t)) + ' ' + to_text(a)];
}

void standing_places::look(const choice_view& view) {
  if (view.current != no_task && view.current < standing_.size()) arrive(view, view.current);
  while (standing_.size() < view.tasks) {
    standing_.emplace_back();
    arrive(view, static_cast<task_id>(standing_.size() - 1));
  }
}

}  // namespace iorace
