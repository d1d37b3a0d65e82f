// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/operation.h"

namespace iorace {
op_kind op_kind_by_name(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(op_kind::count_); ++i)
    if (name == event_table::rows[i].name) return static_cast<op_kind>(i);
  return op_kind::count_;
}

meets_as meeting(op_kind kind, bool failed) {
  switch (kind) {
    case op_kind::down_read:
    case op_kind::up_read:
      return meets_as::share;
    case op_kind::down_read_trylock:
      return failed ? meets_as::look : meets_as::share;
    case op_kind::down_write_trylock:
      return failed ? meets_as::count : meets_as::write;
    default:
      break;
  }
  const op_traits& row = traits(kind);
  if (row.access == access_type::none) return meets_as::nothing;
  return row.access == access_type::read || ((row.flags & op_try) != 0 && failed) ? meets_as::look
                                                                                  : meets_as::write;
}

bool dependent(const pending_op& a, const pending_op& b) {
  if (a.place == nullptr || b.place == nullptr) return false;
  const bool frees = a.kind == op_kind::kfree || b.kind == op_kind::kfree;
  if (frees ? a.object != b.object : a.place != b.place) return false;
  const access_type x = traits(a.kind).access;
  const access_type y = traits(b.kind).access;
  if (x == access_type::none || y == access_type::none) return false;
  return x == access_type::write || y == access_type::write;
}

}  // namespace iorace
