// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/operation.h"

namespace iorace {
op_kind op_kind_by_name(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(op_kind::count_); ++i)
    if (name == event_table::rows[i].name) return static_cast<op_kind>(i);
  return op_kind::count_;
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
