// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Objects that primitives keep for themselves (engine::keep), and what the tasks are called that
// serve them. Not for programs.
#pragma once

#include <cstdio>
#include <cstring>

#include "scheduler/engine/points.h"

namespace iorace {

// Fields of their classes: the place of their events is the object as a whole.
inline constexpr field_info kept_fields[] = {
    {"", 0, sizeof(sync_base), nullptr, sizeof(sync_base), 0}};

// "kworker2", "kworker1.2", "kworker-irq1.2": for the second object of its class that the setup,
// cpu1, irq1 made. Like the object's, a name that does not depend on how others interleave.
struct kept_name {
  char text[96];
  kept_name(const engine& e, const void* object, const char* role) {
    const object_entry& o = e.objects[e.memory.object_at(e.memory.word_of(object))];
    const char* maker = o.maker == 0 ? "" : e.task_name(o.maker).c_str();
    const bool cpu = std::strncmp(maker, "cpu", 3) == 0;
    std::snprintf(text, sizeof text, "%s%s%s%s%u", role, cpu || *maker == 0 ? "" : "-",
                  cpu ? maker + 3 : maker, *maker == 0 ? "" : ".", o.number);
  }
};

}  // namespace iorace
