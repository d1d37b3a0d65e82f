// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The state of a sleeper belongs to its task (task::sleep_state); the order between a waker and the
// task that it wakes to task::slept. So a queue may be freed as soon as nobody is in it, even while
// those it woke have not run yet.
#include "scheduler/sync/waitqueue.h"

#include "scheduler/engine/points.h"
#include "scheduler/sync/admission.h"
#include "scheduler/sync/kthread.h"

namespace iorace {
namespace {

// A bit of what schedule() records, besides whether it was woken: a signal ends the sleep.
constexpr unsigned by_signal = 2;

void unlink(wait_queue_entry* entry) {
  wait_queue_head* wq = entry->queue;
  (entry->prev != nullptr ? entry->prev->next : wq->first) = entry->next;
  (entry->next != nullptr ? entry->next->prev : wq->last) = entry->prev;
  entry->queue = nullptr;
}

// Exclusive sleepers queue up at the tail, so that a wake-up meets all the others first.
void link(wait_queue_head* wq, wait_queue_entry* entry) {
  entry->queue = wq;
  entry->prev = entry->exclusive ? wq->last : nullptr;
  entry->next = entry->exclusive ? nullptr : wq->first;
  (entry->prev != nullptr ? entry->prev->next : wq->first) = entry;
  (entry->next != nullptr ? entry->next->prev : wq->last) = entry;
}

// Whether a thread sleeps in the queue changes, or is about to: kthread_stop() asks.
void touch_thread(engine& e, op_kind kind, const void* wq, const task& t) {
  if (t.thread == nullptr) return;
  if (is_live(wq)) e.touch(kind, wq, access_type::write);
  e.touch(kind, &t.thread->sleep, access_type::write);
}

void prepare(wait_queue_head* wq, wait_queue_entry* entry, task_state state, bool exclusive) {
  engine& e = engine::current();
  e.begin(op_kind::prepare_to_wait, &wq->base);
  touch_thread(e, op_kind::prepare_to_wait, wq, e.task_at(e.self()));
  e.commit(op_kind::prepare_to_wait, wq, state);
  entry->exclusive = exclusive;
  entry->task = e.self();
  if (entry->queue == nullptr) link(wq, entry);
  task& t = e.task_at(e.self());
  t.sleep_state = t.prepared_state = state;
  t.sleeps_on = wq;
  e.acquire(wq->base);
  e.release(wq->base);
}

// A task that is not asleep in a fitting state is not woken, stays queued and counts for nothing.
bool wake_task(engine& e, op_kind kind, wait_queue_entry* entry, std::uint8_t mask) {
  task& t = e.task_at(entry->task);
  touch_thread(e, kind, entry->queue, t);
  if ((t.sleep_state & mask) == 0) return false;
  t.sleep_state = TASK_RUNNING;
  unlink(entry);
  e.release(t.slept);
  e.changed(t.slept);
  return true;
}

void wake(op_kind kind, wait_queue_head* wq, std::uint8_t mask, unsigned exclusive) {
  engine& e = engine::current();
  e.begin(kind, &wq->base);
  e.acquire(wq->base);
  std::uint64_t woken = 0;
  wait_queue_entry* next = nullptr;
  for (wait_queue_entry* entry = wq->first; entry != nullptr; entry = next) {
    next = entry->next;
    const bool counts = entry->exclusive;
    if (!wake_task(e, kind, entry, mask)) continue;
    ++woken;
    if (counts && --exclusive == 0) break;
  }
  e.commit(kind, wq, woken);
  e.release(wq->base);
}

// Preconditions of schedule(), by who may end the sleep.
bool woken(const void*, task_id t) {
  const task& sleeper = engine::current().task_at(t);
  return sleeper.sleep_state == TASK_RUNNING || sleeper.expired;
}

}  // namespace

wait_queue_entry::wait_queue_entry()
    : next(nullptr), prev(nullptr), queue(nullptr), task(no_task), exclusive(false) {}

wait_queue_entry::~wait_queue_entry() {
  if (queue == nullptr) return;
  engine& e = engine::current();
  e.found(verdict::list_corruption,
          line(e.task_name(task)) + " returns without finish_wait on " + e.name_of(queue));
}

void init_waitqueue_head(wait_queue_head_t* wq) {
  *wq = {.base = {.magic = sync_magic}, .first = nullptr, .last = nullptr};
}

void prepare_to_wait(wait_queue_head_t* wq, wait_queue_entry* entry, task_state state) {
  prepare(wq, entry, state, false);
}

void prepare_to_wait_exclusive(wait_queue_head_t* wq, wait_queue_entry* entry, task_state state) {
  prepare(wq, entry, state, true);
}

void schedule() { schedule_timeout(MAX_SCHEDULE_TIMEOUT); }

long schedule_timeout(long timeout) {
  engine& e = engine::current();
  task& t = e.task_at(e.self());
  const bool timed = timeout != MAX_SCHEDULE_TIMEOUT;
  // A signal may come behind a wake-up as well. If none could, whether one is drawn would depend on
  // when the wake-up comes, though no event of this task lies there.
  const bool user = signal_fits(t.prepared_state);
  if (user) may_be_signalled(e, t);
  const bool signalled = user && t.signalled;
  const bool soon = (timed && timeout < long_timeout) || signalled;
  const waits_for by = timed                           ? waits_for::timer
                       : user                          ? waits_for::user
                       : t.prepared_state == TASK_IDLE ? waits_for::work
                                                       : waits_for::kernel;
  e.begin_sleep(t.sleeps_on, soon ? at_any_time : woken, by);
  const bool awake = t.sleep_state == TASK_RUNNING;
  t.sleep_state = t.prepared_state = TASK_RUNNING;
  touch_thread(e, op_kind::schedule, t.sleeps_on, t);
  e.commit(op_kind::schedule, t.sleeps_on, awake | (signalled ? by_signal : 0u));
  if (awake) e.acquire(t.slept);
  return awake || !timed || signalled ? timeout : 0;
}

void finish_wait(wait_queue_head_t* wq, wait_queue_entry* entry) {
  engine& e = engine::current();
  e.begin_unchecked(op_kind::finish_wait, wq);
  const bool queued = entry->queue != nullptr;
  if (queued) e.check_live(wq, op_kind::finish_wait);
  touch_thread(e, op_kind::finish_wait, wq, e.task_at(e.self()));
  e.commit(op_kind::finish_wait, wq, queued);
  task& t = e.task_at(e.self());
  t.sleep_state = t.prepared_state = TASK_RUNNING;
  if (queued) unlink(entry);
}

void wake_up(wait_queue_head_t* wq) { wake(op_kind::wake_up, wq, TASK_NORMAL, 1); }
void wake_up_interruptible(wait_queue_head_t* wq) {
  wake(op_kind::wake_up, wq, TASK_INTERRUPTIBLE, 1);
}
void wake_up_all(wait_queue_head_t* wq) { wake(op_kind::wake_up_all, wq, TASK_NORMAL, ~0u); }
void wake_up_interruptible_all(wait_queue_head_t* wq) {
  wake(op_kind::wake_up_all, wq, TASK_INTERRUPTIBLE, ~0u);
}

bool waitqueue_active(const wait_queue_head_t* wq) {
  engine& e = engine::current();
  if (e.peeking()) return wq->first != nullptr;
  e.begin(op_kind::waitqueue_active, const_cast<sync_base*>(&wq->base));
  const bool active = wq->first != nullptr;
  e.commit(op_kind::waitqueue_active, wq, active);
  return active;
}

wait_condition::wait_condition(bool (*condition)(void*), void* argument) {
  engine& e = engine::current();
  task& t = e.task_at(e.self());
  t.condition = condition;
  t.condition_argument = argument;
}
wait_condition::~wait_condition() {
  engine& e = engine::current();
  e.task_at(e.self()).condition = nullptr;
}

user_action::user_action(const char* what) {
  engine& e = engine::current();
  e.task_at(e.self()).user_action = what;
}
user_action::~user_action() {
  engine& e = engine::current();
  e.task_at(e.self()).user_action = nullptr;
}

}  // namespace iorace
