// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/alarm.h"

#include <algorithm>

#include "scheduler/sync/kept.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace {
namespace {

bool may_go_off(const void* object, task_id) {
  const alarm& a = *static_cast<const alarm*>(object);
  return (a.set && a.soon) || has_expired(engine::current(), a, no_step);
}

waits_for waits_by(const alarm& a) { return a.set && !a.soon ? waits_for::alarm : waits_for::work; }

// The state has changed: so has what its task waits for.
void tell(engine& e, alarm& a) {
  if (a.rests) {
    e.task_at(a.task).by = waits_by(a);
    e.task_at(a.task).expired = false;
  }
  e.changed(a.base);
}

void watch(void* argument) {
  engine& e = engine::current();
  alarm& a = *static_cast<alarm*>(argument);
  a.task = e.self();
  for (;;) {
    e.frame_enter(a.role->function, false);
    a.rests = true;
    e.begin(op_kind::timer_expire, &a.base, may_go_off, waits_by(a));
    a.rests = false;
    a.role->go_off(e, a);
    e.frame_leave();
  }
}

}  // namespace

bool has_expired(const engine& e, const alarm& a, step_id by) {
  const task& t = e.task_at(a.task);
  return a.set && t.expired && t.expired_at <= by;
}

alarm* make_alarm(engine& e, const class_info& cls, const alarm_role& role, void* item) {
  auto* a = ::new (e.keep(cls, sizeof(alarm), e.self())) alarm;
  a->base.magic = sync_magic;
  a->role = &role;
  a->item = item;
  return a;
}

void set_alarm(engine& e, alarm& a, unsigned long delay) {
  const bool again = e.task_at(e.self()).attends;
  a.rounds = again ? static_cast<std::uint8_t>(std::min(a.rounds + 1, alarm_rounds + 1)) : 0;
  a.set = true;
  a.soon = delay < static_cast<unsigned long>(long_timeout) && a.rounds <= alarm_rounds;
  if (!a.started) {
    a.started = true;
    e.attend(task_kind::timer, kept_name(e, &a, a.role->name).text, watch, &a);
  }
  tell(e, a);
}

void unset_alarm(engine& e, alarm& a) {
  a.set = false;
  tell(e, a);
}

}  // namespace iorace
