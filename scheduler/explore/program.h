// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A program: what one execution runs. Setup and check run alone, before and after; the bodies are
// interleaved. Everything that several bodies share must come from make<T>() in setup; what they
// capture from outside must not change between executions; that it does is noticed only where a
// task is not there or not enabled that was. Nothing of a program may throw past its own functions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scheduler/engine/tasks.h"

namespace iorace {

struct program {
  struct body {
    task_kind kind = task_kind::cpu;
    // Empty: cpu1, cpu2, ... in order. Traces know tasks by their names: one is made a word, and
    // the second task of the same name is NAME-2, the third NAME-3.
    std::string name;
    std::function<void(void* world)> run;
  };
  std::function<void*()> setup = [] { return static_cast<void*>(nullptr); };
  // Setup does the same every time and writes to nothing but what it makes in the execution
  // (make<T>(), scratch()): it need not run for each one of a long search.
  bool same_setup = false;
  std::vector<body> bodies;
  std::function<void(void* world)> check;  // may be empty

  // Adds a simulated CPU.
  program& cpu(std::function<void(void* world)> run) {
    bodies.push_back({task_kind::cpu, {}, std::move(run)});
    return *this;
  }
};

}  // namespace iorace
