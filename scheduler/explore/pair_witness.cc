// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/pair_witness.h"

namespace iorace {

void pair_witness::begin(const execution_options& o) {
  inner_.begin(o);
  reads_.begin();
}

task_id pair_witness::pick(const choice_view& view) {
  reads_.follow(view);
  const task_id picked = inner_.pick(view);
  const site_pair p = reads_.execute(picked);
  const std::uint64_t hash = mixed(p.reader, p.writer);
  if (seen_.full()) seen_.clear();
  if (p.reader != 0 && seen_.insert(hash)) fresh_.push_back(hash);
  return picked;
}

}  // namespace iorace
