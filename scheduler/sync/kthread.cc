// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The flag is the place. Whether a thread sleeps, and where, is what a stop asks, too: whatever
// changes that writes to a place for it (waitqueue.cc).
#include "scheduler/sync/kthread.h"

#include "scheduler/engine/heap.h"
#include "scheduler/engine/points.h"
#include "scheduler/sync/kept.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace {
namespace {

constexpr int not_begun = -4;  // -EINTR

// The setup would wait for a thread that begins when the setup is over.
bool begins_after_setup(const void*, task_id) { return false; }

void run(void* data) {
  engine& e = engine::current();
  auto* const k = static_cast<kthread*>(data);
  k->task = e.self();
  e.task_at(e.self()).thread = k;
  e.frame_enter("kthread", false);
  k->result = not_begun;
  if (!kthread_should_stop()) k->result = k->threadfn(k->data);
  e.frame_leave();
}

void set_and_wake(engine& e, kthread* k) {
  task& t = e.task_at(k->task);
  const bool asleep = (t.sleep_state & TASK_NORMAL) != 0;
  e.touch(op_kind::kthread_stop, &k->base, access_type::write);
  e.touch(op_kind::kthread_stop, &k->sleep, access_type::write);
  if (asleep) e.touch(op_kind::kthread_stop, t.sleeps_on, access_type::write);
  e.commit(op_kind::kthread_stop, &k->base, asleep);
  k->should_stop = true;
  if (!asleep) return;
  t.sleep_state = TASK_RUNNING;
  e.release(t.slept);
  e.changed(t.slept);
}

}  // namespace

kthread* kthread_run(int (*threadfn)(void*), void* data) {
  engine& e = engine::current();
  auto* const k = kzalloc<kthread>();
  if (k == nullptr) return nullptr;
  k->base.magic = sync_magic;
  k->threadfn = threadfn;
  k->data = data;
  if (!e.quiet()) e.begin_plain(op_kind::create);
  e.attend(task_kind::kthread, kept_name(e, k, "kthread").text, run, k);
  return k;
}

int kthread_stop(kthread* k) {
  engine& e = engine::current();
  if (e.checking()) {
    kfree(k);
    return not_begun;
  }
  e.begin(op_kind::kthread_stop, &k->base, e.quiet() ? begins_after_setup : nullptr);
  set_and_wake(e, k);
  join_task(k->task);
  const int result = k->result;
  kfree(k);
  return result;
}

bool kthread_should_stop() {
  engine& e = engine::current();
  kthread* const k = e.task_at(e.self()).thread;
  if (k == nullptr) return false;
  if (e.peeking()) return k->should_stop;
  e.begin(op_kind::kthread_should_stop, &k->base);
  const bool stop = k->should_stop;
  e.commit(stop);
  return stop;
}

}  // namespace iorace
