// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/places.h"

#include "scheduler/engine/objects.h"

namespace iorace {

namespace {

std::uint64_t key(const choice_view& view, const pending_op& op, bool whole_member) {
  if (op.place == nullptr) return 0;
  if (view.objects == nullptr) return mixed(op.object, op.field) + whole_member;
  if (op.object == 0) return 0;
  const object_entry& o = (*view.objects)[op.object];
  const auto word = static_cast<std::uint64_t>(static_cast<const char*>(op.place) - o.base) / 8;
  return whole_member && op.field != 0 ? mixed(o.name, ~std::uint64_t{op.field})
                                       : mixed(o.name + whole_member, word);
}

}  // namespace

std::uint64_t place_key(const choice_view& view, const pending_op& op) {
  return key(view, op, false);
}
std::uint64_t member_key(const choice_view& view, const pending_op& op) {
  return key(view, op, true);
}

}  // namespace iorace
