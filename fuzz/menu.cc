// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/menu.h"

#include <algorithm>

#include "fuzz/mutate.h"

namespace iorace {
namespace {

using items = std::vector<const menu_item*>;

items draw_items(const menu_data& menu, dice& d) {
  items chosen;
  for (const menu_item& item : menu.items)
    if (d.one_in(2)) chosen.push_back(&item);
  if (chosen.empty()) chosen.push_back(&d.of(menu.items));
  return chosen;
}

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
  const items chosen = menu.items.empty() ? items{} : draw_items(menu, d);
  // CPUs come before agents.
  const auto first_agent =
      std::find_if(drawn.tasks.begin(), drawn.tasks.end(),
                   [](const task_data& t) { return t.kind != task_kind::cpu; });
  const auto first = static_cast<unsigned>(first_agent - drawn.tasks.begin());
  drawn.tasks.insert(first_agent, menu.tasks, task_data{});
  for (unsigned i = 0; i < menu.calls && !chosen.empty(); ++i)
    for (unsigned t = first + 1; t <= first + menu.tasks; ++t) {
      call c = draw_item(drawn, t, *d.of(chosen), menu, s, d);
      if (c.flow == nullptr) continue;
      if (makes_variable(*c.flow)) c.result = next_number(drawn, c.flow->result, t);
      drawn.calls_of(t).push_back(std::move(c));
    }
  return drawn;
}

}  // namespace iorace
