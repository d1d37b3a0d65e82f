// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Wait queues in the kernel's three steps: prepare_to_wait (before the lock is dropped and the
// condition looked at for the last time), schedule, finish_wait. A wake-up between the first two is
// not lost: schedule then returns at once. Wake-ups have a state mask: one for interruptible
// sleepers does not wake an uninterruptible one.
//
// Time is no number here. A timeout shorter than long_timeout may end its sleep at any moment; a
// longer one only when nothing else in the system can move. A killable or interruptible sleep may
// be ended by a signal, see signal.h.
#pragma once

#include "scheduler/engine/sync_base.h"
#include "scheduler/sync/signal.h"

namespace iorace {

// Sleep states and wake-up masks, as the kernel composes them.
enum task_state : std::uint8_t {
  TASK_RUNNING = 0,  // awake, or woken and about to run
  TASK_INTERRUPTIBLE = 1,
  TASK_UNINTERRUPTIBLE = 2,
  TASK_NORMAL = 3,  // mask of wake_up
  TASK_WAKEKILL = 4,
  TASK_KILLABLE = 6,
  TASK_NOLOAD = 8,
  TASK_IDLE = 10,  // of a thread that has nothing to do
};

constexpr long HZ = 1000;
constexpr long long_timeout = HZ;
constexpr long MAX_SCHEDULE_TIMEOUT = 0x7fffffffffffffff;
constexpr int ERESTARTSYS = 512;

struct wait_queue_head;

// One sleeper in one queue; lives on the sleeper's stack. A function that returns while its entry
// is queued leaves a dangling link behind: list-corruption.
struct wait_queue_entry {
  wait_queue_entry();
  ~wait_queue_entry();
  wait_queue_entry(const wait_queue_entry&) = delete;
  wait_queue_entry& operator=(const wait_queue_entry&) = delete;

  wait_queue_entry* next;
  wait_queue_entry* prev;
  wait_queue_head* queue;  // the queue that it is in, or null
  task_id task;
  bool exclusive;
};
#define DEFINE_WAIT(name) ::iorace::wait_queue_entry name

struct wait_queue_head {
  sync_base base;
  wait_queue_entry* first = nullptr;
  wait_queue_entry* last = nullptr;
};
using wait_queue_head_t = wait_queue_head;

void init_waitqueue_head(wait_queue_head_t* wq);

// Queues the task, unless it is queued already, and sets its state. Blocks: a point.
void prepare_to_wait(wait_queue_head_t* wq, wait_queue_entry* entry, task_state state);
// The same at the end of the queue, and counted by wake_up. Blocks: a point.
void prepare_to_wait_exclusive(wait_queue_head_t* wq, wait_queue_entry* entry, task_state state);
// Blocks: until a wake-up that fits the state of the last prepare_to_wait.
void schedule();
// Returns 0 if the time ran out, else what is left of it (here: all). Blocks.
long schedule_timeout(long timeout);
// Takes the task off the queue. Blocks: a point.
void finish_wait(wait_queue_head_t* wq, wait_queue_entry* entry);

// Wake all sleepers that fit the mask and are not exclusive, and the first one that is exclusive.
// Blocks: a point.
void wake_up(wait_queue_head_t* wq);
void wake_up_interruptible(wait_queue_head_t* wq);
// Wake all sleepers that fit the mask. Blocks: a point.
void wake_up_all(wait_queue_head_t* wq);
void wake_up_interruptible_all(wait_queue_head_t* wq);
// Returns true iff somebody is queued. Unordered, as in the kernel. Blocks: a point.
bool waitqueue_active(const wait_queue_head_t* wq);

// While one lives the engine may ask `condition` of a task that sleeps for ever: if it holds, the
// verdict is lost-wakeup instead of deadlock.
class wait_condition {
 public:
  wait_condition(bool (*condition)(void*), void* argument);
  ~wait_condition();
  wait_condition(const wait_condition&) = delete;
  wait_condition& operator=(const wait_condition&) = delete;
};
// While one lives, a sleep that only the user can end is reported with what he has to do for that,
// as in "answers". A literal.
class user_action {
 public:
  explicit user_action(const char* what);
  ~user_action();
  user_action(const user_action&) = delete;
  user_action& operator=(const user_action&) = delete;
};
// The loop of all wait_event forms. Returns 0 if the time ran out, -ERESTARTSYS if the user ended
// the sleep, else what is left of `timeout`, at least 1.
template <class Condition>
long wait_event_state(wait_queue_head_t& wq, Condition& condition, task_state state, bool exclusive,
                      long timeout) {
  if (condition()) return timeout == 0 ? 1 : timeout;
  const wait_condition expected([](void* c) -> bool { return (*static_cast<Condition*>(c))(); },
                                &condition);
  DEFINE_WAIT(entry);
  long left = timeout;
  for (;;) {
    if (exclusive)
      prepare_to_wait_exclusive(&wq, &entry, state);
    else
      prepare_to_wait(&wq, &entry, state);
    if (condition()) {
      if (left == 0) left = 1;
      break;
    }
    if (left == 0) break;
    if (signal_pending_state(state)) {
      left = -ERESTARTSYS;
      break;
    }
    left = schedule_timeout(left);
  }
  finish_wait(&wq, &entry);
  return left;
}

// Block until `condition` holds; it is a callable, evaluated as often as the kernel's macro would.
template <class Condition>
void wait_event(wait_queue_head_t& wq, Condition condition) {
  wait_event_state(wq, condition, TASK_UNINTERRUPTIBLE, false, MAX_SCHEDULE_TIMEOUT);
}
// The same for a thread that may wait for ever.
template <class Condition>
void wait_event_idle(wait_queue_head_t& wq, Condition condition) {
  wait_event_state(wq, condition, TASK_IDLE, false, MAX_SCHEDULE_TIMEOUT);
}
// Returns 0 if the time ran out and the condition does not hold, else at least 1.
template <class Condition>
long wait_event_timeout(wait_queue_head_t& wq, Condition condition, long timeout) {
  return wait_event_state(wq, condition, TASK_UNINTERRUPTIBLE, false, timeout);
}
// Return 0, or -ERESTARTSYS if the user ended the sleep.
template <class Condition>
int wait_event_killable(wait_queue_head_t& wq, Condition condition) {
  return wait_event_state(wq, condition, TASK_KILLABLE, false, MAX_SCHEDULE_TIMEOUT) < 0
             ? -ERESTARTSYS
             : 0;
}
template <class Condition>
int wait_event_interruptible(wait_queue_head_t& wq, Condition condition) {
  return wait_event_state(wq, condition, TASK_INTERRUPTIBLE, false, MAX_SCHEDULE_TIMEOUT) < 0
             ? -ERESTARTSYS
             : 0;
}

}  // namespace iorace
