// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the programs of this folder are written with. Every access to a shared variable is a marked
// one, so that it is a point from the first execution on and no data race; `main` is a task like
// any other, which creates the others one after another.
#pragma once

#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/explore/program.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/mutex.h"

namespace iorace::bench {

template <class T>
T get(const shared<T>& x) {
  return READ_ONCE(x);
}
template <class T, class V>
void set(shared<T>& x, V v) {
  WRITE_ONCE(x, v);
}
// A read and then a write: two points, as `x += d` of a plain integer.
template <class T>
void add(shared<T>& x, T d) {
  const T v = get(x);
  set(x, v + d);
}

// The largest number of a family, and what a task of several that do the same is started with.
constexpr std::uint32_t numbers_max = 200;
template <class World>
struct numbered {
  World* world;
  std::uint32_t number;
};
template <class World>
void number_all(numbered<World> (&all)[numbers_max], World* w) {
  for (std::uint32_t i = 0; i < numbers_max; ++i) all[i] = {w, i};
}

// Creates a task that runs Body(w).
template <auto Body, class World>
task_id start(World* w) {
  return create_task(
      task_kind::cpu, nullptr, [](void* world) { Body(static_cast<World*>(world)); }, w);
}

// Creates a task for each body, in this order, and joins them.
template <auto... Bodies, class World>
void run_all(World* w) {
  const task_id tasks[] = {start<Bodies>(w)...};
  for (const task_id t : tasks) join_task(t);
}

// Creates n tasks, number i by start_one(i), in this order, and joins them.
template <class Start>
void run_each(std::uint32_t n, Start start_one) {
  task_id tasks[numbers_max];
  for (std::uint32_t i = 0; i < n; ++i) tasks[i] = start_one(i);
  for (std::uint32_t i = 0; i < n; ++i) join_task(tasks[i]);
}

// A program of one body, `main`. `init` fills the zeroed world.
template <class World, class Init, class Main>
program with_main(Init init, Main main) {
  program p;
  p.setup = [init] {
    World* w = make<World>();
    init(w);
    return static_cast<void*>(w);
  };
  p.bodies.push_back(
      {task_kind::cpu, "main", [main](void* world) { main(static_cast<World*>(world)); }});
  return p;
}

}  // namespace iorace::bench
