// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: one process, whose pages nothing pins when all is over.
#include "model/mm/mm.h"

#include "model/mm/mm_tables.h"
#include "model/world.h"

namespace iorace::kern::mm_tables {

void make(world& w) { w.mm = make_mm(); }

static void judge_pages(const world& w) {
  for (u64 i = 0; i < w.limit[limit::user_pages]; ++i)
    if (atomic_peek(&w.pages[i].pincount) != 0)
      convict("pinned-at-end", {"finish_world", current_task()}, {nullptr, no_task},
              "a page is still pinned after everything has been released");
}

void finish(world& w) {
  judge_pages(w);
  free_mm(w.mm);
}

}  // namespace iorace::kern::mm_tables
