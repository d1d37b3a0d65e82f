// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/conflicts.h"

#include <algorithm>

namespace iorace {

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

std::vector<std::string> touched(const recording::line& l) {
  return l.lists.empty() ? std::vector{l.place()} : l.lists;
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

}  // namespace iorace
