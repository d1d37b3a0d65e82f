// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Long because it is one table: the instructions of random programs (random_program_test.h), over
// every primitive. A lock instruction takes the lock or, where the task has it, drops it.
#pragma once

#include "scheduler/explore/random_deferred_test.h"
#include "scheduler/sync/kthread.h"
#include "scheduler/sync/uaccess.h"

namespace iorace {

// What a task knows of itself.
struct own_state {
  std::int64_t seen = 0;  // what it read last
  bool a = false, b = false, s = false, reads = false, writes = false, xa = false;
  thing* made = nullptr;
  task_id child = no_task;
  bool rcu = false, srcu = false;
  bool mortal_lock = false, mortal_spin = false, mortal_reads = false, mortal_writes = false;
  kthread* thread = nullptr;
  // It may sleep.
  bool free_to_sleep() const { return !s && !xa && !rcu && !mortal_spin; }
};

struct instruction {
  const char* name;
  const char* groups;  // with blanks between them
  void (*run)(lab* l, own_state& own);
};

inline void copies(own_state& own, bool (*copy)(const char*)) {
  if (own.free_to_sleep()) own.seen = copy("user");
}
// Until it is stopped, or x is set.
inline int waits_for_x(void* data) {
  auto* const l = static_cast<lab*>(data);
  wait_event_idle(l->wq, [l] { return kthread_should_stop() || atomic_read(&l->x) != 0; });
  atomic_inc(&l->y);
  return 1;
}
inline void stop_thread(own_state& own) {
  if (own.thread != nullptr) own.seen = kthread_stop(own.thread);
  own.thread = nullptr;
}

template <class Lock>
void take_or_drop(bool& held, Lock* lock, void (*take)(Lock*), void (*drop)(Lock*)) {
  (held ? drop : take)(lock);
  held = !held;
}

inline const instruction instructions[] = {
    {"set_x", "memory turns signals devices", [](lab* l, own_state&) { atomic_set(&l->x, 1); }},
    {"set_y", "memory lines", [](lab* l, own_state& own) { atomic_set(&l->y, own.seen + 1); }},
    {"get_x", "memory lines", [](lab* l, own_state& own) { own.seen = atomic_read(&l->x); }},
    {"get_y", "memory devices later",
     [](lab* l, own_state& own) { own.seen = atomic_read(&l->y); }},
    {"inc_x", "memory", [](lab* l, own_state&) { atomic_inc(&l->x); }},
    {"swap_x", "memory", [](lab* l, own_state& own) { own.seen = atomic_cmpxchg(&l->x, 0, 2); }},
    {"copy_if", "memory",
     [](lab* l, own_state& own) {
       if (own.seen != 0) atomic_set(&l->z, own.seen);
     }},
    {"release_v", "memory", [](lab* l, own_state&) { smp_store_release(l->r[0], 1); }},
    {"acquire_v", "memory", [](lab* l, own_state& own) { own.seen = smp_load_acquire(l->r[0]); }},
    {"read_v", "memory", [](lab* l, own_state& own) { own.seen = l->v; }},
    {"write_v", "memory", [](lab* l, own_state& own) { l->v = static_cast<int>(own.seen) + 1; }},
    {"warn_if", "memory", [](lab*, own_state& own) { WARN_ON(own.seen == 2); }},
    {"choose_2", "choices", [](lab*, own_state& own) { own.seen = choose("two", 2); }},
    {"choose_3", "choices", [](lab*, own_state& own) { own.seen = choose("three", 3); }},
    // No operation: a trace has what comes of it.
    {"fault", "faults",
     [](lab* l, own_state&) { atomic_set(&l->z, inject_fault("fault") ? 2 : 1); }},
    {"copy_in", "faults", [](lab*, own_state& own) { copies(own, copy_from_user); }},
    {"copy_out", "faults", [](lab*, own_state& own) { copies(own, copy_to_user); }},
    {"lock_a", "locks",
     [](lab* l, own_state& own) { take_or_drop(own.a, &l->a, mutex_lock, mutex_unlock); }},
    {"lock_b", "locks",
     [](lab* l, own_state& own) { take_or_drop(own.b, &l->b, mutex_lock, mutex_unlock); }},
    {"try_a", "locks",
     [](lab* l, own_state& own) {
       if (!own.a) own.a = mutex_trylock(&l->a);
     }},
    {"lock_s", "locks",
     [](lab* l, own_state& own) { take_or_drop(own.s, &l->s, spin_lock, spin_unlock); }},
    {"try_s", "locks",
     [](lab* l, own_state& own) {
       if (!own.s) own.s = spin_trylock(&l->s);
     }},
    {"read_lock", "rwsem recursion",
     [](lab* l, own_state& own) {
       if (!own.writes) take_or_drop(own.reads, &l->rw, down_read, up_read);
     }},
    {"write_lock", "rwsem recursion",
     [](lab* l, own_state& own) {
       if (!own.reads) take_or_drop(own.writes, &l->rw, down_write, up_write);
     }},
    {"try_read", "rwsem",
     [](lab* l, own_state& own) {
       if (!own.reads && !own.writes) own.reads = down_read_trylock(&l->rw);
     }},
    {"try_write", "rwsem",
     [](lab* l, own_state& own) {
       if (!own.reads && !own.writes) own.writes = down_write_trylock(&l->rw);
     }},
    {"read_again", "recursion",
     [](lab* l, own_state& own) {
       if (!own.reads) return;
       down_read(&l->rw);
       up_read(&l->rw);
     }},
    {"downgrade", "rwsem",
     [](lab* l, own_state& own) {
       if (own.writes) {
         downgrade_write(&l->rw);
         own.writes = false;
         own.reads = true;
       }
     }},
    {"ref_get", "counts krefs",
     [](lab* l, own_state& own) { own.seen = refcount_inc_not_zero(&l->ref); }},
    {"ref_put", "counts krefs",
     [](lab* l, own_state& own) {
       if (refcount_read(&l->ref) > 0) own.seen = refcount_dec_and_test(&l->ref);
     }},
    {"ref_last", "counts", [](lab* l, own_state& own) { own.seen = refcount_dec_if_one(&l->ref); }},
    {"ref_set", "counts", [](lab* l, own_state&) { refcount_set(&l->ref, 2); }},
    {"create", "tasks",
     [](lab* l, own_state& own) {
       if (own.child == no_task)
         own.child = create_task(
             task_kind::kthread, "child", [](void* x) { atomic_inc(static_cast<atomic_t*>(x)); },
             &l->x);
     }},
    {"join", "tasks",
     [](lab*, own_state& own) {
       if (own.child != no_task) join_task(own.child);
     }},
    {"start", "threads",
     [](lab* l, own_state& own) {
       if (own.thread == nullptr && own.free_to_sleep()) own.thread = kthread_run(waits_for_x, l);
     }},
    {"stop", "threads",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) stop_thread(own);
     }},
    {"make", "heap", [](lab*, own_state& own) { own.made = kzalloc<thing>(gfp::atomic); }},
    {"publish", "heap",
     [](lab* l, own_state& own) {
       if (own.made != nullptr) WRITE_ONCE(l->slot, own.made);
     }},
    {"use", "heap",
     [](lab* l, own_state& own) {
       if (thing* t = READ_ONCE(l->slot)) own.seen = READ_ONCE(t->value);
     }},
    {"drop", "heap",
     [](lab* l, own_state&) {
       if (thing* t = READ_ONCE(l->slot)) kfree(t);
     }},
    {"list_in", "heap",
     [](lab* l, own_state& own) {
       if (own.made != nullptr && list_peek_next(&own.made->entry) == nullptr)
         list_add_tail(&own.made->entry, &l->items);
     }},
    {"list_out", "heap",
     [](lab*, own_state& own) {
       if (own.made != nullptr && list_peek_next(&own.made->entry) != nullptr) {
         list_del(&own.made->entry);
         own.made = nullptr;
       }
     }},
    {"list_look", "heap", [](lab* l, own_state& own) { own.seen = list_empty(&l->items); }},
    {"tree_in", "heap",
     [](lab* l, own_state& own) {
       if (own.made != nullptr && own.made->node.root == nullptr)
         interval_tree_insert(&own.made->node, &l->tree);
     }},
    {"tree_look", "heap",
     [](lab* l, own_state& own) {
       own.seen = interval_tree_iter_first(&l->tree, 0, 10) != nullptr;
     }},
    {"array_set", "heap",
     [](lab* l, own_state& own) {
       xa_store(&l->xa, 1, own.seen == 0 ? nullptr : static_cast<void*>(l), gfp::atomic);
     }},
    {"array_new", "heap",
     [](lab* l, own_state&) {
       std::uint32_t id;
       xa_alloc(&l->xa, &id, l, xa_limit{0, 7}, gfp::atomic);
     }},
    {"array_get", "heap arrays",
     [](lab* l, own_state& own) { own.seen = xa_load(&l->xa, 1) != nullptr; }},
    {"array_lock", "heap",
     [](lab* l, own_state& own) { take_or_drop(own.xa, &l->xa, xa_lock, xa_unlock); }},
    {"wait_x", "waits",
     [](lab* l, own_state& own) {
       if (!own.s) wait_event(l->wq, [&] { return atomic_read(&l->x) != 0; });
     }},
    {"wait_soon", "waits",
     [](lab* l, own_state& own) {
       if (!own.s)
         own.seen = wait_event_timeout(
             l->wq, [&] { return atomic_read(&l->x) != 0; }, 1);
     }},
    {"wait_long", "waits",
     [](lab* l, own_state& own) {
       if (!own.s)
         own.seen = wait_event_timeout(
             l->wq, [&] { return atomic_read(&l->x) != 0; }, HZ);
     }},
    {"wake", "waits turns signals", [](lab* l, own_state&) { wake_up(&l->wq); }},
    {"wake_all", "waits turns", [](lab* l, own_state&) { wake_up_all(&l->wq); }},
    {"active", "waits", [](lab* l, own_state& own) { own.seen = waitqueue_active(&l->wq); }},
    {"done", "waits", [](lab* l, own_state&) { complete(&l->done); }},
    {"done_all", "waits", [](lab* l, own_state&) { complete_all(&l->done); }},
    {"wait_done", "waits",
     [](lab* l, own_state& own) {
       if (!own.s) wait_for_completion(&l->done);
     }},
    {"wait_done_soon", "waits",
     [](lab* l, own_state& own) {
       if (!own.s) own.seen = static_cast<std::int64_t>(wait_for_completion_timeout(&l->done, 1));
     }},
    {"wait_done_long", "waits",
     [](lab* l, own_state& own) {
       if (!own.s) own.seen = static_cast<std::int64_t>(wait_for_completion_timeout(&l->done, HZ));
     }},
    {"try_done", "waits",
     [](lab* l, own_state& own) { own.seen = try_wait_for_completion(&l->done); }},
    {"again", "waits", [](lab* l, own_state&) { reinit_completion(&l->done); }},
    {"is_done", "waits", [](lab* l, own_state& own) { own.seen = completion_done(&l->done); }},
    {"seq_read", "counts",
     [](lab*, own_state& own) {
       const unsigned start = read_seqcount_begin(&deferred().here->seq);
       own.seen = read_seqcount_retry(&deferred().here->seq, start);
     }},
    {"seq_write", "counts",
     [](lab*, own_state&) {
       write_seqcount_begin(&deferred().here->seq);
       write_seqcount_end(&deferred().here->seq);
     }},
    {"rcu", "rcu",
     [](lab*, own_state& own) {
       (own.rcu ? rcu_read_unlock : rcu_read_lock)();
       own.rcu = !own.rcu;
     }},
    {"srcu", "rcu",
     [](lab*, own_state& own) {
       srcu_struct* const srcu = &deferred().here->srcu;
       if (own.srcu)
         srcu_read_unlock(srcu, 0);
       else
         srcu_read_lock(srcu);
       own.srcu = !own.srcu;
     }},
    {"sync_rcu", "rcu",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) synchronize_rcu();
     }},
    {"sync_srcu", "rcu",
     [](lab*, own_state& own) {
       if (own.free_to_sleep() && !own.srcu) synchronize_srcu(&deferred().here->srcu);
     }},
    {"free_rcu", "rcu", [](lab*, own_state&) { make_and_free_later(); }},
    {"rcu_barrier", "rcu",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) rcu_barrier();
     }},
    {"queue", "work",
     [](lab*, own_state& own) {
       own.seen = queue_work(deferred().unbound, &deferred().here->plain);
     }},
    {"flush", "work lines",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = flush_work(&deferred().here->plain);
     }},
    {"cancel", "work",
     [](lab*, own_state& own) { own.seen = cancel_work(&deferred().here->plain); }},
    {"cancel_sync", "work lines",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = cancel_work_sync(&deferred().here->plain);
     }},
    {"flush_all", "work",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) flush_workqueue(deferred().unbound);
     }},
    {"queue_line", "work later lines",
     [](lab*, own_state& own) {
       own.seen = queue_work(deferred().line, &deferred().here->in_line);
     }},
    {"flush_in_line", "lines",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = flush_work(&deferred().here->in_line);
     }},
    {"cancel_in_line", "lines",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = cancel_work_sync(&deferred().here->in_line);
     }},
    {"other_in_line", "lines",
     [](lab*, own_state& own) {
       own.seen = queue_work(deferred().line, &deferred().here->plain);
     }},
    {"flush_line", "work lines",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) flush_workqueue(deferred().line);
     }},
    {"later", "delays later",
     [](lab*, own_state& own) {
       own.seen = queue_delayed_work(deferred().unbound, &deferred().here->later, 1);
     }},
    {"much_later", "delays",
     [](lab*, own_state& own) {
       own.seen = mod_delayed_work(deferred().unbound, &deferred().here->later, HZ);
     }},
    {"at_once", "delays",
     [](lab*, own_state& own) {
       own.seen = mod_delayed_work(deferred().unbound, &deferred().here->later, 0);
     }},
    {"not_later", "delays",
     [](lab*, own_state& own) {
       if (own.free_to_sleep()) own.seen = cancel_delayed_work_sync(&deferred().here->later);
     }},
    {"arm", "timers later",
     [](lab*, own_state& own) { own.seen = mod_timer(&deferred().here->timer, jiffies + 1); }},
    {"arm_long", "timers",
     [](lab*, own_state& own) { own.seen = mod_timer(&deferred().here->timer, jiffies + HZ); }},
    {"disarm", "timers",
     [](lab*, own_state& own) { own.seen = timer_delete(&deferred().here->timer); }},
    {"disarm_sync", "timers",
     [](lab*, own_state& own) { own.seen = timer_delete_sync(&deferred().here->timer); }},
};

}  // namespace iorace
