// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/server.h"

#include <cstring>

#include "scheduler/engine/heap.h"

namespace iorace {
namespace {

// Tells those whose jobs have all ended. The event has been committed.
void settle(engine& e, server& s) {
  s.ended_at = static_cast<step_id>(e.steps().size() - 1);
  for (awaited** at = &s.barriers; *at != nullptr;) {
    awaited& a = **at;
    if (is_busy(s, a.until)) {
      at = &a.beside;
      continue;
    }
    *at = a.beside;
    come_to_pass(e, a);
  }
  e.changed(s.base);
}

void unlink(engine& e, server& s, job& j) {
  job** at = &s.first;
  job* before = nullptr;
  while (*at != &j) {
    e.check_live(*at, s.role->start, true);
    before = *at;
    at = &before->next;
  }
  *at = j.next;
  if (s.last == &j) s.last = before;
  if (s.first != nullptr) e.check_live(s.first, s.role->start, true);
  s.first_ticket = s.first == nullptr ? 0 : s.first->ticket;
  j.next = nullptr;
}

void serve_one(engine& e, server& s) {
  const server_role& role = *s.role;
  e.frame_enter(role.function, false);
  e.begin(role.start, &s.base, has_job, waits_for::work);
  job& j = *s.first;
  touch_server(e, role.start, s, access_type::write);
  e.touch(role.start, &j, access_type::read);
  unlink(e, s, j);
  s.running = j.ticket;
  s.current = &j;
  j.ticket = 0;
  e.commit(role.start, &s.base, 1);
  e.acquire(j.base);
  e.hold(&s.base, role.start);
  role.run(&s, &j);
  const task& self = e.task_at(e.self());
  if (self.held_count > 1)
    e.found(verdict::lock_held_at_exit, line(self.name) + " returns with " +
                                            e.name_of(self.held[self.held_count - 1].lock) +
                                            " held");
  e.begin(role.end, &s.base);
  touch_server(e, role.end, s, access_type::write);
  s.running = 0;
  s.current = nullptr;
  e.commit(role.end, &s.base, 1);
  e.release(s.base);
  e.unhold(&s.base);
  settle(e, s);
  e.frame_leave();
}

void serve(void* s) {
  for (;;) serve_one(engine::current(), *static_cast<server*>(s));
}

}  // namespace

bool has_job(const void* object, task_id) {
  return static_cast<const server*>(object)->first != nullptr;
}

server* make_server(engine& e, const class_info& cls, const server_role& role, task_id maker) {
  auto* s = ::new (e.keep(cls, sizeof(server), maker)) server;
  s->base.magic = sync_magic;
  s->role = &role;
  s->maker = maker;
  const kept_name name(e, s, role.name);
  auto* first = static_cast<server*>(e.servers);
  server** at = &first;
  while (*at != nullptr && std::strcmp(kept_name(e, *at, (*at)->role->name).text, name.text) < 0)
    at = &(*at)->next;
  s->next = *at;
  *at = s;
  e.servers = first;
  return s;
}

void give(engine& e, server& s, job& j) {
  if (s.last != nullptr) e.check_live(s.last, s.role->start, true);
  j.ticket = ++s.given;
  j.next = nullptr;
  (s.last == nullptr ? s.first : s.last->next) = &j;
  s.last = &j;
  if (s.first_ticket == 0) s.first_ticket = j.ticket;
  if (!s.started) {
    s.started = true;
    e.attend(s.role->kind, kept_name(e, &s, s.role->name).text, serve, &s);
  }
  e.changed(s.base);
}

void await_jobs(server& s, std::uint32_t until, awaited*& list) {
  awaited& a = add_awaited(list, s.barriers, s.base, until);
  a.also = s.beside;
  if (is_busy(s, until)) return;
  s.barriers = a.beside;
  a.over = true;
  a.since = s.ended_at;
  engine::current().acquire(s.base);
}

void take_back(engine& e, server& s, job& j) {
  unlink(e, s, j);
  j.ticket = 0;
  settle(e, s);
}

}  // namespace iorace
