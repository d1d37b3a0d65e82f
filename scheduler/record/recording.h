// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A recording: what an execution did, as plain data with names instead of identities. It outlives
// the execution; the steps section and the columns are made of it. See capture.h for making one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/engine/operation.h"

namespace iorace {

struct recording {
  // A function call, or (call) the label of a program's call. Frame 0 is outside everything.
  struct frame {
    std::string function;
    std::uint32_t parent = 0;
    bool call = false;
  };
  // An executed operation.
  struct line {
    std::uint32_t number = 0;  // as printed: 1 is the first one after the setup
    task_id task = 0;          // index into tasks
    op_kind kind = op_kind::read;
    std::uint32_t frame = 0;  // innermost frame, an index into frames
    std::string object;       // "area#2.1", "table#1[3]"; empty if the operation has none
    std::string field;        // "num_accesses", "tag[2]"; empty if it concerns the whole object
    std::string value;        // as printed; empty if it says nothing
    std::string before;       // of a write: the value it replaces, if that is known
    std::vector<std::string> lists = {};  // of an operation on a list: those it concerns

    std::string place() const { return field.empty() ? object : object + '.' + field; }
  };
  // How it ended. All empty, and the numbers 0, when nothing was found.
  struct ending {
    std::string name;  // "use-after-free"
    std::string title;
    std::string detail;
    std::uint32_t at = 0;     // number of the line that convicts, 0 if there is none
    std::uint32_t other = 0;  // of the other side
    std::string task;         // who is convicted: "cpu1"
    std::string other_task;   // the other side; empty if there is none
  };

  std::vector<std::string> tasks;  // "setup", "cpu1", ...
  std::vector<frame> frames;
  std::vector<line> lines;
  std::vector<line> pending;  // what unfinished tasks would have done next; numbers are 0
  ending end;

  // Returns the outermost frame around `at`, a call of the program or of the task's body.
  std::uint32_t call_of(std::uint32_t at) const {
    while (at != 0 && frames[at].parent != 0) at = frames[at].parent;
    return at;
  }
  // Returns the innermost function at frame `at`; empty outside all functions.
  std::string_view function(std::uint32_t at) const {
    while (at != 0 && frames[at].call) at = frames[at].parent;
    return at == 0 ? std::string_view() : std::string_view(frames[at].function);
  }
};

}  // namespace iorace
