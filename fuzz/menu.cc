// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/menu.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fuzz/mutate.h"

namespace iorace {
namespace {

// A part of a menu.
class selection {
 public:
  // Any size is equally likely, and any part of that size. Weights are 1, 2, 4 and 8.
  selection(const menu_data& menu, dice& d) {
    for (const menu_item& item : menu.items) items_.push_back(&item);
    const std::size_t size = items_.empty() ? 0 : 1 + d.below(items_.size());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      std::swap(items_[i], items_[i + d.below(items_.size() - i)]);
      up_to_.push_back(sum += 1u << d.below(4));
    }
  }
  bool empty() const { return up_to_.empty(); }
  // Requires: not empty.
  const menu_item& draw(dice& d) const {
    const std::uint32_t drawn = d.below(up_to_.back());
    const auto at = std::upper_bound(up_to_.begin(), up_to_.end(), drawn);
    return *items_[static_cast<std::size_t>(at - up_to_.begin())];
  }

 private:
  std::vector<const menu_item*> items_;  // those that are chosen come first
  std::vector<std::uint32_t> up_to_;     // the weight of each with those before it
};

// A call as the item says; null flow if it lacks an object that the menu cannot make.
call draw_item(const program_data& p, unsigned task, const menu_item& item, const menu_data& menu,
               const schema& s, dice& d) {
  const std::size_t place = p.calls_of(task).size();
  call c = draw_call(p, task, place, *item.flow, s, d);
  const menu_item* from = &item;
  if (c.flow != nullptr && c.flow != item.flow) {
    const auto maker = std::find_if(menu.items.begin(), menu.items.end(),
                                    [&](const menu_item& m) { return m.flow == c.flow; });
    if (maker == menu.items.end()) return {};
    from = &*maker;
  }
  for (std::size_t a = 0; c.flow != nullptr && a < arg_count(c); ++a)
    c.args[a] = from->args[a].value_or(c.args[a]);
  return c;
}

}  // namespace

program_data draw_menu(const program_data& p, std::uint64_t seed, std::uint64_t number,
                       const schema& s) {
  dice mixed(seed);
  dice d(mixed.next() ^ number);
  program_data drawn = p;
  drawn.menu.reset();
  const menu_data& menu = *p.menu;
  const selection chosen(menu, d);
  // CPUs come before agents.
  const auto first_agent =
      std::find_if(drawn.tasks.begin(), drawn.tasks.end(),
                   [](const task_data& t) { return t.kind != task_kind::cpu; });
  const auto first = static_cast<unsigned>(first_agent - drawn.tasks.begin());
  drawn.tasks.insert(first_agent, menu.tasks, task_data{});
  for (unsigned i = 0; i < menu.calls && !chosen.empty(); ++i)
    for (unsigned t = first + 1; t <= first + menu.tasks; ++t) {
      call c = draw_item(drawn, t, chosen.draw(d), menu, s, d);
      if (c.flow == nullptr) continue;
      if (makes_variable(*c.flow)) c.result = next_number(drawn, c.flow->result, t);
      drawn.calls_of(t).push_back(std::move(c));
    }
  return drawn;
}

}  // namespace iorace
