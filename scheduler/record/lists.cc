// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/lists.h"

namespace iorace {

std::uint64_t list_nodes::list_of(std::uint64_t node) const {
  const auto known = lists_.find(node);
  return known == lists_.end() ? node : known->second;
}

std::vector<std::uint64_t> list_nodes::concerned(op_kind kind, std::uint64_t place,
                                                 std::uint64_t entry) const {
  const std::uint64_t list = list_of(place);
  const std::uint64_t other = kind == op_kind::list_add   ? list_of(entry)
                              : kind == op_kind::list_del ? place
                                                          : list;
  return other == list ? std::vector{list} : std::vector{list, other};
}

void list_nodes::follow(op_kind kind, std::uint64_t place, std::uint64_t entry) {
  if (kind == op_kind::list_del || kind == op_kind::list_init) lists_.erase(place);
  if (kind != op_kind::list_add) return;
  const std::uint64_t to = list_of(place);
  bool is_head = false;
  for (auto& [node, list] : lists_)
    if (list == entry) list = to, is_head = true;
  if (!is_head) lists_[entry] = to;
}

}  // namespace iorace
