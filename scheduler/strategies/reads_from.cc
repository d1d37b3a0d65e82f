// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/reads_from.h"

#include <bit>

namespace iorace {
namespace {

constexpr bool is_release(const op_traits& row) {
  return (row.flags & op_release) != 0 && (row.flags & (op_acquire | op_marked)) == 0;
}

// Writes whatever was there before.
constexpr bool overwrites(op_kind kind) {
  switch (kind) {
    case op_kind::write:
    case op_kind::write_once:
    case op_kind::store_release:
    case op_kind::refcount_set:
    case op_kind::reinit_completion:
    case op_kind::list_init:
    case op_kind::kfree:
      return true;
    default:
      return false;
  }
}

// Which of the rounds that are told apart one is that has `made` before it: each of the first
// sixteen, then the powers of two.
std::uint32_t round_of(std::uint32_t made) {
  return made < 16 ? made : 16 + static_cast<std::uint32_t>(std::bit_width(made));
}

}  // namespace

void reads_from::begin() {
  tasks_.begin();
  last_ = 0;
  history_.fill(0);
  made_.clear();
  writers_.clear();
}

void reads_from::look(const choice_view& view, task_id t) {
  if (tasks_.known() == t) tasks_.meet(last_);
  const pending_op& op = view.pending[t];
  const op_traits& row = traits(op.kind);
  const std::uint64_t place = place_key(view, op);
  operation_[t] = mixed(place, static_cast<std::uint64_t>(op.kind));
  site_event& e = pending_[t];
  e.site = mixed(history_[t], operation_[t]);
  if (apart_) {
    const std::uint32_t round = round_of(made_.get(mixed(operation_[t], t), 0));
    e.site = mixed(mixed(e.site, tasks_.signature(t)), round);
  }
  e.place = row.access == access_type::none || is_release(row) ? 0 : place;
  e.writes = e.place != 0 && row.access == access_type::write;
  e.reads = e.place != 0 && !overwrites(op.kind);
}

site_pair reads_from::execute(task_id t) {
  last_ = t;
  const site_event& e = pending_[t];
  site_pair pair;
  if (e.reads) pair = {e.site, last_writer(e.place), e.place};
  if (e.writes) writers_[e.place] = e.site;
  const bool first = made_[mixed(operation_[t], t)]++ == 0;
  history_[t] += first ? mixed(operation_[t], 0) : 0;
  return pair;
}

}  // namespace iorace
