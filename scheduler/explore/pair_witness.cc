// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/pair_witness.h"

namespace iorace {

void pair_witness::begin(const execution_options& o) {
  inner_.begin(o);
  reads_.begin();
  last_ = no_task;
  met_ = 1;
}

task_id pair_witness::pick(const choice_view& view) {
  if (last_ != no_task && view.current != no_task) reads_.look(view, last_);
  for (; met_ < view.tasks; ++met_) reads_.look(view, static_cast<task_id>(met_));
  last_ = inner_.pick(view);
  const site_pair p = reads_.execute(last_);
  const std::uint64_t hash = mixed(p.reader, p.writer);
  if (seen_.full()) seen_.clear();
  if (p.reader != 0 && seen_.insert(hash)) fresh_.push_back(hash);
  return last_;
}

}  // namespace iorace
