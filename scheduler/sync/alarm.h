// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An alarm: a task of a primitive's own that does something when a time has run out. Timers and
// delayed work are alarms. Time is no number: an alarm of less than long_timeout may go off at any
// moment, a longer one only when nothing else can move. One that is set by what an alarm or a
// worker runs, alarm_rounds times in a row, is taken for periodic and counts as long from then on:
// otherwise executions would have no end. When everything else is over each alarm that is set goes
// off once more. Not for programs.
#pragma once

#include "scheduler/engine/points.h"

namespace iorace {

inline constexpr std::uint8_t alarm_rounds = 2;

struct alarm;

struct alarm_role {
  const char* name;                     // of the tasks
  const char* function;                 // in which it goes off
  void (*go_off)(engine& e, alarm& a);  // commits the timer_expire that has begun
};

struct server;

// Never freed, so that what it does may free what it is a part of.
struct alarm {
  sync_base base;
  const alarm_role* role = nullptr;
  void* item = nullptr;      // for primitives
  server* worker = nullptr;  // the same
  task_id task = 0;          // 0 until it has begun
  bool set = false;
  bool soon = false;  // may go off at any moment
  bool running = false;
  bool shut = false;   // cannot be set any more
  bool rests = false;  // its task waits for it to go off
  bool started = false;
  std::uint8_t rounds = 0;
};

// It is set, and nothing else could move at the step `by` or before.
bool has_expired(const engine& e, const alarm& a, step_id by);
// Makes an alarm for the running task. No operation.
alarm* make_alarm(engine& e, const class_info& cls, const alarm_role& role, void* item);
// To be called after the commit() of an event that writes to the alarm.
void set_alarm(engine& e, alarm& a, unsigned long delay);
void unset_alarm(engine& e, alarm& a);

}  // namespace iorace
