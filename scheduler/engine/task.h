// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the engine knows of one task of an execution. Slots are used again by the next one: a name
// that a slot often has is not made anew.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "scheduler/engine/fiber.h"
#include "scheduler/engine/sync_base.h"
#include "scheduler/engine/tasks.h"

namespace iorace {

inline constexpr unsigned held_max = 48;

struct held_lock {
  const void* lock;
  op_kind how;
  std::uint16_t lock_class;  // see lock_order
};

struct awaited;  // see sync/awaited.h
struct kthread;  // see sync/kthread.h

// What a slot begins each execution with, but for who the task is.
struct task_record {
  bool finished = false;
  task_kind kind = task_kind::cpu;
  std::uint8_t atomic_depth = 0;  // atomic contexts that it is in
  waits_for by = waits_for::kernel;
  std::uint16_t held_count = 0;
  task_id next_waiter = 0;  // in the list of the object that its pending operation waits on
  std::uint32_t frame = 0;  // innermost frame
  bool doubtful = false;    // something has been freed since it last made sure
  // Of wait queues and timed waits: the state it sleeps in (0: running), the one that it prepared
  // to sleep in, be it woken since or not, the queue that it named, whether its time ran out
  // (behind which step, if everybody had to wait for that), whether a signal is pending, and what
  // its wakers released.
  std::uint8_t sleep_state = 0;
  std::uint8_t prepared_state = 0;
  bool expired = false;
  bool signalled = false;
  // Tasks of primitives, see engine::attend(); `late`: its time ran out after the program's end.
  bool attends = false, late = false;
  step_id expired_at = no_step;
  const void* sleeps_on = nullptr;
  sync_base slept{.magic = sync_magic};
  enabled_fn enabled = nullptr;  // precondition of the pending operation
  // While asleep in wait_event: whether what it waits for holds. Called with peeking on.
  bool (*condition)(void*) = nullptr;
  void* condition_argument = nullptr;
  const char* user_action = nullptr;  // see user_action of sync/waitqueue.h
  kthread* thread = nullptr;          // that it is
  const awaited* awaits = nullptr;    // by its pending operation, if that is of a kind that LASTS
  const std::function<void(void*)>* body = nullptr;
  void (*function)(void*) = nullptr;  // of create_task()
  void* argument = nullptr;
  sync_base ended{.magic = sync_magic};  // its end, which a join waits for
};

struct task : task_record {
  fiber context;
  std::string asked;        // what it was to be called
  std::string name;         // one word that no other task of the execution has
  unsigned cpu_number = 0;  // of a task called cpuN; 0 otherwise
  held_lock held[held_max];
};

}  // namespace iorace
