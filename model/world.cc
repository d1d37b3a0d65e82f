// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/world.h"

#include <new>

#include "model/chapters.h"

namespace iorace::kern {

UNSEEN world& this_world() { return *static_cast<world*>(specimen()); }

UNSEEN task_local& this_task() {
  task_local*& mine = this_world().task[current_task()];
  if (mine == nullptr) mine = ::new (scratch(sizeof(task_local))) task_local{};
  return *mine;
}

// By hand, because a function of the library is instrumented wherever it is not inline.
UNSEEN static void add_row(row_set& rows, unsigned row) {
  reinterpret_cast<u64*>(&rows)[row / 64] |= u64{1} << row % 64;
}

UNSEEN unsigned chosen(unsigned k) {
  world& w = this_world();
  add_row(w.consulted, k);
  return w.knob[k];
}

UNSEEN void probe_reached(unsigned p) { add_row(this_world().reached, p); }

void cut_if_below_kernel(unsigned l) {
  if (limit_value(l) < limits()[l].value) cut(limits()[l].name);
}

UNSEEN row_set knobs_consulted(const world& w) { return w.consulted; }
UNSEEN row_set probes_reached(const world& w) { return w.reached; }

static bool has(const world& w, chapter c) { return (w.chapters & chapter_bit(c)) != 0; }
static const chapter_info& row_of(chapter c) { return all_chapters()[static_cast<unsigned>(c)]; }

world* make_world(const config& c) {
  auto* const w = ::new (scratch(sizeof(world))) world{};
  for (unsigned i = 0; i < knob::idev_count; ++i) w->knob[i] = static_cast<u8>(c.knobs[i]);
  for (unsigned i = 0; i < limit::idev_count; ++i) w->limit[i] = c.limits[i];
  w->chapters = c.chapters;
  specimen() = w;
  for (const chapter used : from_the_bottom())
    if (has(*w, used)) row_of(used).make(*w);
  return w;
}

void finish_world(world& w) {
  const std::span<const chapter> order = from_the_bottom();
  for (std::size_t i = order.size(); i-- > 0;)
    if (has(w, order[i])) row_of(order[i]).finish(w);
  check_leaks();
}

}  // namespace iorace::kern
