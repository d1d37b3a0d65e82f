// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/timer.h"

#include "scheduler/sync/kept.h"

namespace iorace {
namespace {

constexpr class_info timer_class = {"timer", "timer", sizeof(alarm), kept_fields, 1};

void call(engine& e, alarm& a) {
  auto* timer = static_cast<timer_list*>(a.item);
  e.touch(op_kind::timer_expire, &a.base, access_type::write);
  e.touch(op_kind::timer_expire, timer, access_type::read);
  a.set = false;
  a.running = true;
  e.commit(op_kind::timer_expire, &a.base, 1);
  e.changed(a.base);
  e.acquire(timer->base);
  e.hold(&a.base, op_kind::timer_expire);
  e.atomic_enter();
  timer->function(timer);
  e.atomic_leave();
  const task& self = e.task_at(e.self());
  if (self.held_count > 1)
    e.found(verdict::lock_held_at_exit, line(self.name) + " returns with " +
                                            e.name_of(self.held[self.held_count - 1].lock) +
                                            " held");
  e.begin(op_kind::timer_end, &a.base);
  a.running = false;
  e.commit(op_kind::timer_end, &a.base, 1);
  e.unhold(&a.base);
  e.release(a.base);
  e.changed(a.base);
}

constexpr alarm_role calls = {"timer", "call_timer_fn", call};

alarm& kept_of(engine& e, op_kind kind, const timer_list* timer) {
  e.check_live(timer, kind);
  if (timer->base.magic != sync_magic)
    e.found(verdict::kernel_warn,
            line(traits(kind).name) + " on " + e.name_of(timer) + ", which nobody has initialised");
  return *timer->kept;
}

int arm(timer_list* timer, unsigned long expires, bool only_new) {
  engine& e = engine::current();
  alarm& a = kept_of(e, op_kind::mod_timer, timer);
  e.begin(op_kind::mod_timer, &a.base);
  e.touch(op_kind::mod_timer, &a.base, access_type::write);
  e.touch(op_kind::mod_timer, timer, access_type::read);
  const bool was = a.set;
  e.commit(op_kind::mod_timer, &a.base, was);
  if (was && only_new)
    e.found(verdict::kernel_warn, "add_timer of " + e.name_of(timer) + ", which is armed already");
  if (a.shut) return 0;
  e.release(timer->base);
  if (!e.checking()) set_alarm(e, a, expires - jiffies);
  return was;
}

bool is_idle(const void* object, task_id) { return !static_cast<const alarm*>(object)->running; }

int disarm(timer_list* timer, op_kind kind, enabled_fn enabled, bool shut) {
  engine& e = engine::current();
  alarm& a = kept_of(e, kind, timer);
  e.begin(kind, &a.base, enabled);
  e.touch(kind, &a.base, access_type::write);
  e.touch(kind, timer, access_type::read);
  const bool was = a.set;
  a.shut = a.shut || shut;
  e.commit(kind, &a.base, was);
  unset_alarm(e, a);
  if (enabled != nullptr) e.acquire(a.base);
  return was;
}

}  // namespace

void timer_setup(timer_list* timer, void (*function)(timer_list*), unsigned) {
  engine& e = engine::current();
  e.check_live(timer, op_kind::mod_timer);
  const bool before = timer->base.magic == sync_magic;
  if (before && (timer->kept->set || timer->kept->running))
    e.found(verdict::kernel_warn, "timer_setup of " + e.name_of(timer) + ", which is in use");
  if (!before) timer->kept = make_alarm(e, timer_class, calls, timer);
  timer->base.magic = sync_magic;
  timer->function = function;
}

int mod_timer(timer_list* timer, unsigned long expires) { return arm(timer, expires, false); }
void add_timer(timer_list* timer, unsigned long expires) { arm(timer, expires, true); }
int timer_delete(timer_list* timer) { return disarm(timer, op_kind::timer_delete, nullptr, false); }
int timer_delete_sync(timer_list* timer) {
  return disarm(timer, op_kind::timer_delete_sync, is_idle, false);
}
int timer_shutdown_sync(timer_list* timer) {
  return disarm(timer, op_kind::timer_delete_sync, is_idle, true);
}

bool timer_peek_pending(const timer_list* timer) {
  return timer->kept != nullptr && timer->kept->set;
}

}  // namespace iorace
