// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/lists.h"

namespace iorace {

std::uint64_t list_nodes::list_of(std::uint64_t node) const {
  const auto known = nodes_.find(node);
  return known == nodes_.end() ? node : known->second.list;
}

std::vector<std::uint64_t> list_nodes::concerned(op_kind kind, std::uint64_t place,
                                                 std::uint64_t entry) const {
  const std::uint64_t list = list_of(place);
  const std::uint64_t from = kind == op_kind::list_add ? list_of(entry) : list;
  return from == list ? std::vector{list} : std::vector{list, from};
}

void list_nodes::follow(op_kind kind, std::uint64_t place, std::uint64_t entry) {
  const auto known = nodes_.find(kind == op_kind::list_add ? entry : place);
  if (kind == op_kind::list_del && known != nodes_.end()) known->second.linked = false;
  if (kind == op_kind::list_init) nodes_.erase(place);
  if (kind != op_kind::list_add) return;
  const std::uint64_t to = list_of(place);
  if (known == nodes_.end() || !known->second.linked) {
    nodes_.insert_or_assign(entry, membership{to, true});
    return;
  }
  // A first entry that is linked already: all of its list comes along.
  const std::uint64_t from = known->second.list;
  for (auto& [node, in] : nodes_)
    if (in.linked && in.list == from) in.list = to;
}

}  // namespace iorace
