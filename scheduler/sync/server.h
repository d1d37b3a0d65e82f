// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A server: a task of a primitive's own that does the jobs it is given, one after the other, in the
// order in which they came. Workers of workqueues and callers of RCU callbacks are servers. Not for
// programs.
//
// A server is known by who asked for it and as his how many-th of its kind, like an object: its
// name does not depend on how others interleave. It rests while it has nothing to do, and then does
// not keep an execution from ending. Its state is an object of the execution that is never freed,
// so that a job may free what it is a part of.
#pragma once

#include "scheduler/engine/points.h"
#include "scheduler/sync/awaited.h"
#include "scheduler/sync/kept.h"

namespace iorace {

struct job {
  sync_base base;            // released by whoever gives it to a server
  job* next = nullptr;       // in its server's queue
  std::uint32_t ticket = 0;  // 0: in no queue
};

struct server;

struct server_role {
  task_kind kind;
  const char* name;      // of the tasks
  const char* function;  // in which they do their jobs
  op_kind start, end;
  void (*run)(server* s, job* j);  // does the job; it may be gone afterwards
};

struct server {
  sync_base base;
  const server_role* role = nullptr;
  job* first = nullptr;
  job* last = nullptr;
  std::uint32_t given = 0;    // tickets so far
  std::uint32_t running = 0;  // ticket of the job at hand, 0 if there is none
  const job* current = nullptr;
  std::uint32_t first_ticket = 0;  // of the first in the queue, 0 if there is none
  step_id ended_at = no_step;      // the step that ended a job last
  awaited* barriers = nullptr;     // for all jobs up to a ticket
  const void* owner = nullptr;     // for primitives
  server* item_at = nullptr;       // of an item's own server: the one that it was given to last
  // A place that all events at the server touch as well: an exhaustive search looks for what an
  // event that has not happened depends on at one place only.
  sync_base* beside = nullptr;
  server* next = nullptr;  // among all of them, in the order of their names
  task_id maker = 0;
  bool started = false;
};

// Makes a server for the task `maker`. No operation.
server* make_server(engine& e, const class_info& cls, const server_role& role, task_id maker);
// All servers of the execution.
inline server* servers(engine& e) { return static_cast<server*>(e.servers); }

// An event of `kind` touches the server.
inline void touch_server(engine& e, op_kind kind, const server& s, access_type how) {
  e.touch(kind, &s.base, how);
  if (s.beside != nullptr) e.touch(kind, s.beside, how);
}
// True iff the server has a job. Precondition of its role's start.
bool has_job(const void* object, task_id task);
// Queues a job / takes it out of the queue. To be called after the commit() of an event that writes
// to the server; changed() is called.
void give(engine& e, server& s, job& j);
void take_back(engine& e, server& s, job& j);
// True iff jobs with tickets up to `until` are queued or running.
inline bool is_busy(const server& s, std::uint32_t until) {
  return (s.running != 0 && s.running <= until) || (s.first_ticket != 0 && s.first_ticket <= until);
}
// Adds the end of all jobs up to `until` to what somebody waits for, even if they have ended: what
// an event touches and how many follow it must not depend on what it has no conflict with.
void await_jobs(server& s, std::uint32_t until, awaited*& list);

}  // namespace iorace
