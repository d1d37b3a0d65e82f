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
    case op_kind::up_read:
      return meets_as::reader_leaves;
    case op_kind::down_read:  // by the writer itself: that ends it
    case op_kind::down_read_trylock:
      return failed ? meets_as::reader_fails : meets_as::reader_enters;
    case op_kind::down_write_arrive:
      return meets_as::writer_arrives;
    case op_kind::down_write:
      return meets_as::writer_enters;
    case op_kind::up_write:
    case op_kind::downgrade_write:
      return meets_as::writer_leaves;
    case op_kind::down_write_trylock:
      return failed ? meets_as::writer_fails : meets_as::write;
    default:
      break;
  }
  const op_traits& row = traits(kind);
  if (row.access == access_type::none) return meets_as::nothing;
  return row.access == access_type::read || (is_try(kind) && failed) ? meets_as::look
                                                                     : meets_as::write;
}

}  // namespace iorace
