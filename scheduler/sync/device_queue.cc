// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A poll is an event that LASTS: that the status was high enough once does not go away, so it
// matters which write was the first to make it so.
#include "scheduler/sync/device_queue.h"

#include "scheduler/engine/heap.h"

namespace iorace {

struct device_status_write {
  std::uint64_t value;
  step_id at;
  device_status_write* before;
};

namespace {

constexpr class_info device_class = {"hw", "hw", sizeof(server), kept_fields, 1};

void execute(server*, job* j) {
  auto* const command = reinterpret_cast<device_command*>(j);
  command->execute(command);
}

constexpr server_role device_role = {task_kind::device,    "hw",   "device", op_kind::device_fetch,
                                     op_kind::device_done, execute};

// The first write that reached `wanted`, or null.
const device_status_write* first_reaching(const device_status& s, std::uint64_t wanted) {
  const device_status_write* first = nullptr;
  for (const device_status_write* w = s.writes; w != nullptr; w = w->before)
    if (w->value >= wanted) first = w;
  return first;
}

}  // namespace

void device_queue_init(device_queue* q) {
  engine& e = engine::current();
  q->device = make_server(e, device_class, device_role, e.self());
}

void device_status_init(device_status* s) { *s = {.base = {.magic = sync_magic}}; }

void device_submit(device_queue* q, device_command* command) {
  engine& e = engine::current();
  if (e.self() == 0) return command->execute(command);
  server& s = *q->device;
  e.begin(op_kind::device_submit, &s.base);
  touch_server(e, op_kind::device_submit, s, access_type::write);
  e.commit(op_kind::device_submit, &s.base, 1);
  command->queued.base.magic = sync_magic;
  e.release(command->queued.base);
  give(e, s, command->queued);
}

void device_status_set(device_status* s, std::uint64_t value) {
  engine& e = engine::current();
  e.begin(op_kind::device_status, &s->base);
  s->value = value;
  e.commit(value);
  const auto at = static_cast<step_id>(e.steps().size() - 1);
  s->writes =
      ::new (scratch(sizeof(device_status_write))) device_status_write{value, at, s->writes};
  e.release(s->base);
  for (awaited** a = &s->pollers; *a != nullptr;) {
    awaited& poller = **a;
    if (poller.until > value) {
      a = &poller.beside;
      continue;
    }
    *a = poller.beside;
    come_to_pass(e, poller);
  }
  e.changed(s->base);
}

void device_poll(device_status* s, std::uint64_t at_least) {
  engine& e = engine::current();
  awaited* list = nullptr;
  awaited& a = add_awaited(list, s->pollers, s->base, static_cast<std::uint32_t>(at_least));
  if (const device_status_write* const w = first_reaching(*s, at_least)) {
    s->pollers = a.beside;
    a.over = true;
    a.since = w->at;
    e.acquire(s->base);
  } else if (s->value >= at_least) {
    s->pollers = a.beside;
    a.over = true;
  }
  await(e, op_kind::device_poll, list);
}

std::uint64_t device_status_peek(const device_status* s) { return s->value; }

}  // namespace iorace
