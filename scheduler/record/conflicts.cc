// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/conflicts.h"

namespace iorace {

bool is_list(op_kind k) {
  return k == op_kind::list_add || k == op_kind::list_del || k == op_kind::list_next ||
         k == op_kind::list_empty;
}

bool writes(const recording::line& l) { return traits(l.kind).access == access_type::write; }

bool counts(const recording::line& l) {
  return l.kind == op_kind::refcount_inc || l.kind == op_kind::refcount_dec ||
         (l.kind == op_kind::refcount_inc_not_zero && l.value != "0");
}

bool commute(const recording::line& a, const recording::line& b) {
  return (!writes(a) && !writes(b)) || (counts(a) && counts(b));
}

bool conflict(const recording::line& a, const recording::line& b) {
  return a.task != b.task && !commute(a, b);
}

std::string touched_place(const recording& r, const lock_sections& sections, std::size_t i) {
  const recording::line& l = r.lines[i];
  if (!is_list(l.kind) || sections.around(i).empty()) return l.place();
  return "list under " + r.lines[sections.around(i).back()].place();
}

}  // namespace iorace
