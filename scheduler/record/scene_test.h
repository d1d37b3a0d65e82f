// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

// Recordings written by hand: calls and operations of one task after the other.
class scene {
 public:
  scene() {
    r.frames.push_back({});
    r.tasks = {"setup", "cpu1", "cpu2", "cpu3"};
    inside.resize(r.tasks.size(), 0);
  }
  scene& call(task_id t, const std::string& function, bool label = false) {
    r.frames.push_back({function, inside[t], label});
    inside[t] = static_cast<std::uint32_t>(r.frames.size() - 1);
    return *this;
  }
  scene& leave(task_id t) {
    inside[t] = r.frames[inside[t]].parent;
    return *this;
  }
  scene& op(task_id t, op_kind kind, const std::string& place, const std::string& value = "",
            const std::string& before = "") {
    const std::size_t dot = place.find('.');
    r.lines.push_back({.number = static_cast<std::uint32_t>(r.lines.size() + 1),
                       .task = t,
                       .kind = kind,
                       .frame = inside[t],
                       .object = place.substr(0, dot),
                       .field = dot == place.npos ? "" : place.substr(dot + 1),
                       .value = value,
                       .before = before});
    return *this;
  }
  // The lists that the last operation concerns.
  scene& lists(std::vector<std::string> all) {
    r.lines.back().lists = std::move(all);
    return *this;
  }
  // The check that was the last operation has failed.
  scene& failed() {
    r.end = {.name = "kernel-warn",
             .title = "kernel-warn in g",
             .detail = "",
             .at = 0,
             .other = 0,
             .task = r.tasks[r.lines.back().task],
             .other_task = ""};
    return *this;
  }

  recording r;
  std::vector<std::uint32_t> inside;
};

}  // namespace iorace
