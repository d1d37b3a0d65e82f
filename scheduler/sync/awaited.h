// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Things that come to pass once and for all: the end of a read section, of the jobs that a server
// had. Who waits for several waits for one after the other. An exhaustive search is told which step
// brought each about (`since`), because the task need not have been waiting then. Not for programs.
#pragma once

#include "scheduler/engine/heap.h"
#include "scheduler/engine/points.h"

namespace iorace {

struct awaited {
  sync_base* where = nullptr;  // whose events bring it about
  sync_base* also = nullptr;   // a place that is touched as well
  std::uint32_t until = 0;     // for primitives
  bool over = false;
  step_id since = no_step;    // the step that made it so
  sync_base ended;            // released by then
  awaited* beside = nullptr;  // at the same place
  awaited* next = nullptr;    // to be waited for after this one
};

// Something to wait for at `where`, linked in front of `beside` and behind the list `first`.
inline awaited& add_awaited(awaited*& first, awaited*& beside, sync_base& where,
                            std::uint32_t until) {
  auto* a = ::new (scratch(sizeof(awaited))) awaited;
  a->where = &where;
  a->until = until;
  a->beside = beside;
  beside = a;
  awaited** end = &first;
  while (*end != nullptr) end = &(*end)->next;
  *end = a;
  return *a;
}

// It has come to pass in the event that has just been committed; changed() of its place follows.
inline void come_to_pass(engine& e, awaited& a) {
  a.over = true;
  a.since = static_cast<step_id>(e.steps().size() - 1);
  e.release(a.ended);
}

// Blocks: until all of the list have come to pass. `kind` has the flag LASTS.
inline void await(engine& e, op_kind kind, awaited* first) {
  for (awaited* a = first; a != nullptr; a = a->next) {
    e.task_at(e.self()).awaits = a;
    e.begin(kind, a->where,
            [](const void*, task_id t) { return engine::current().task_at(t).awaits->over; });
    if (a->also != nullptr) {
      e.touch(kind, a->where, access_type::read);
      e.touch(kind, a->also, access_type::read);
    }
    e.commit(kind, a->where, 1);
    e.acquire(a->ended);
  }
}

}  // namespace iorace
