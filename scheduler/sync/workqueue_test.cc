// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/random.h"
#include "scheduler/sync/workqueue_bench_test.h"

namespace iorace::this_file {
namespace {

// The tutorial: the item runs some time after it was queued, in a worker of its own; flush_work
// waits for it, and sees what it did.
TEST(litmus_workqueue, flush_waits_for_the_item) {
  const lab_body waits = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    flush_work(&here()->first);
    l->r[0].poke(l->v);
  };
  const lab_body does_not = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
  };
  const lab_body init = with<[](work_struct*) { here()->world->v = 1; }>;
  EXPECT_EQ(outcomes(on_lab({waits}, init), results<1>), "1");
  EXPECT_EQ(outcomes(on_lab({does_not}, with<set_x>), results<1>), "0 1");
  expect_same_traces(on_lab({waits}, init));
  expect_same_traces(on_lab({does_not}, with<set_x>));
}

// What is queued twice before it starts runs once; queued while it runs, it runs again.
TEST(litmus_workqueue, pending_is_queued_once) {
  const lab_body queue = [](lab* l) {
    l->r[current_task() - 1].poke(queue_work(here()->wq, &here()->first));
  };
  const program p = on_lab({queue, queue}, with<note<1>>);
  EXPECT_EQ(outcomes(p, [](lab* l) { return log_of(l) + ":" + results<2>(l); }),
            "11:1,1 1:0,1 1:1,0");
  expect_same_traces(p);
}

// Never two at a time, even if it is queued again while it runs.
TEST(litmus_workqueue, an_item_does_not_run_beside_itself) {
  const lab_body init = with<[](work_struct*) {
    here()->world->v++;  // a race if two of them ran
    atomic_inc(&here()->log);
  }>;
  EXPECT_EQ(outcomes(on_lab({queue_first, queue_first}, init), log_of), "1 2");
}

TEST(litmus_workqueue, unbound_items_run_side_by_side) {
  const lab_body both = [](lab*) {
    queue_work(here()->wq, &here()->first);
    queue_work(here()->wq, &here()->second);
  };
  const lab_body in_line = [](lab*) {
    queue_work(here()->line, &here()->first);
    queue_work(here()->line, &here()->second);
  };
  const program unbound = on_lab({both}, with<note<1>>);
  const program ordered = on_lab({in_line}, with<note<1>>);
  EXPECT_EQ(outcomes(unbound, log_of), "12 21");
  EXPECT_EQ(outcomes(ordered, log_of), "12");
  expect_same_traces(unbound);
  expect_same_traces(ordered);
  const lab_body racing =
      with<[](work_struct*) { here()->world->v = 1; }, [](work_struct*) { here()->world->v = 2; }>;
  EXPECT_EQ(outcomes(on_lab({both}, racing)), "data-race");
  EXPECT_EQ(outcomes(on_lab({in_line}, racing)), "clean");
}

TEST(litmus_workqueue, a_flushed_queue_has_run_what_came_before) {
  const lab_body flushes = [](lab* l) {
    flush_workqueue(here()->wq);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  const lab_body queues_and_flushes = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    queue_work(here()->wq, &here()->second);
    flush_workqueue(here()->wq);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  EXPECT_EQ(outcomes(on_lab({queues_and_flushes}, with<note<1>>), results<1>), "12 21");
  expect_same_traces(on_lab({queues_and_flushes}, with<note<1>>));
  const program other = on_lab({queue_first, flushes}, with<note<1>>);
  EXPECT_EQ(outcomes(other, results<1>), "0 1");
  expect_same_traces(other);
}

// flush_work waits for the run that is queued or going on, not for later ones.
TEST(litmus_workqueue, an_item_that_queues_itself) {
  const lab_body init = with<[](work_struct* work) {
    if (atomic_inc_return(&here()->log) < 3) queue_work(here()->wq, work);
  }>;
  const lab_body flush = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    flush_work(&here()->first);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  const lab_body drain = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    drain_workqueue(here()->wq);
    l->r[0].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  EXPECT_EQ(outcomes(on_lab({flush}, init), log_and_results), "3:1 3:2 3:3");
  EXPECT_EQ(outcomes(on_lab({drain}, init), log_and_results), "3:3");
  expect_same_traces(on_lab({flush}, init));
  expect_same_traces(on_lab({drain}, init));
}

TEST(litmus_workqueue, cancelling) {
  const lab_body cancels = [](lab* l) {
    l->r[0].poke(cancel_work(&here()->first));
    l->r[1].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  const lab_body cancels_sync = [](lab* l) {
    l->r[0].poke(cancel_work_sync(&here()->first));
    l->r[1].poke(static_cast<int>(atomic_read(&here()->log)));
  };
  const lab_outcome all = [](lab* l) { return log_of(l) + ":" + results<2>(l); };
  const program loose = on_lab({queue_first, cancels}, with<note<1>>);
  EXPECT_EQ(outcomes(loose, all), "0:1,0 1:0,0 1:0,1");
  expect_same_traces(loose);
  const program sync = on_lab({queue_first, cancels_sync}, with<note<1>>);
  EXPECT_EQ(outcomes(sync, all), "0:1,0 1:0,0 1:0,1") << "0,0: queued afterwards";
  expect_same_traces(sync);
}

// Cancelling in sync stops what would queue itself for ever.
TEST(litmus_workqueue, cancel_sync_keeps_an_item_from_coming_back) {
  const lab_body init = with<[](work_struct* work) { queue_work(here()->wq, work); }>;
  const lab_body body = [](lab*) {
    queue_work(here()->wq, &here()->first);
    cancel_work_sync(&here()->first);
    kfree(nullptr);
  };
  program p = on_lab({body}, init);
  engine e;
  random_strategy choose;
  for (std::uint64_t n = 0; n < 64; ++n) {
    execution_options o;
    o.number = n;
    EXPECT_EQ(e.run(p, choose, o).how, ended::finished);
  }
}

struct parcel {
  work_struct work;
  shared<int> value;
};
IORACE_DESCRIBE(parcel, "parcel", work, value);

void free_parcel(work_struct* work) { kfree(work); }
void use_parcel(work_struct* work) { reinterpret_cast<parcel*>(work)->value = 1; }

template <work_func_t func>
parcel* new_parcel() {
  auto* p = kzalloc<parcel>();
  INIT_WORK(&p->work, func);
  return p;
}

// An item may free itself. Who frees one that others will still run is convicted when they do.
TEST(workqueue, convicts_a_freed_item) {
  const lab_body frees_itself = [](lab*) {
    queue_work(here()->wq, &new_parcel<free_parcel>()->work);
  };
  const lab_body freed_at_once = [](lab*) {
    parcel* p = new_parcel<use_parcel>();
    queue_work(here()->wq, &p->work);
    kfree(p);
  };
  const lab_body freed_after = [](lab*) {
    parcel* p = new_parcel<use_parcel>();
    queue_work(here()->wq, &p->work);
    cancel_work_sync(&p->work);
    kfree(p);
  };
  const lab_body frees_and_flushes = [](lab*) {
    parcel* p = new_parcel<free_parcel>();
    queue_work(here()->wq, &p->work);
    flush_work(&p->work);
  };
  const lab_outcome no_leak = [](lab*) {
    destroy_workqueue(here()->wq);
    destroy_workqueue(here()->line);
    check_leaks();
    return std::string("clean");
  };
  EXPECT_EQ(outcomes(on_lab({frees_itself}, with<note<1>>), no_leak), "clean");
  EXPECT_EQ(outcomes(on_lab({freed_after}, with<note<1>>), no_leak), "clean");
  EXPECT_EQ(outcomes(on_lab({frees_and_flushes}, with<note<1>>)), "clean use-after-free");
  const program early = on_lab({freed_at_once}, with<note<1>>);
  EXPECT_EQ(outcomes(early), "clean use-after-free");
  expect_same_traces(on_lab({frees_itself}, with<note<1>>));
  expect_same_traces(on_lab({freed_after}, with<note<1>>));
  expect_same_traces(early);
}

TEST(workqueue, convicts_a_flush_from_within) {
  const lab_body init = with<[](work_struct* work) { flush_work(work); },
                             [](work_struct*) { flush_work(&here()->first); }>;
  EXPECT_EQ(outcomes(on_lab({queue_first}, init)), "deadlock");
  EXPECT_EQ(outcomes(on_lab({queue_second}, init)), "clean") << "another item's";
  EXPECT_EQ(
      outcomes(on_lab({queue_first}, with<[](work_struct*) { flush_workqueue(here()->wq); }>)),
      "deadlock");
}

// A flush under a lock that the item takes.
TEST(workqueue, convicts_a_flush_under_the_items_lock) {
  const lab_body init = with<[](work_struct*) {
    mutex_lock(&here()->m);
    mutex_unlock(&here()->m);
  }>;
  const lab_body under = [](lab*) {
    queue_work(here()->wq, &here()->first);
    mutex_lock(&here()->m);
    flush_work(&here()->first);
    mutex_unlock(&here()->m);
  };
  const lab_body after = [](lab*) {
    queue_work(here()->wq, &here()->first);
    mutex_lock(&here()->m);
    mutex_unlock(&here()->m);
    flush_work(&here()->first);
  };
  EXPECT_EQ(outcomes(on_lab({under}, init)), "clean deadlock");
  EXPECT_EQ(outcomes(on_lab({after}, init)), "clean");
  expect_same_traces(on_lab({under}, init));
}

// In a queue of one at a time an item that waits for one behind it waits for ever.
TEST(workqueue, convicts_a_wait_for_a_later_item_of_a_line) {
  const lab_body init = with<[](work_struct*) { wait_for_completion(&here()->world->done); },
                             [](work_struct*) { complete(&here()->world->done); }>;
  const lab_body in_line = [](lab*) {
    queue_work(here()->line, &here()->first);
    queue_work(here()->line, &here()->second);
  };
  const lab_body unbound = [](lab*) {
    queue_work(here()->wq, &here()->first);
    queue_work(here()->wq, &here()->second);
  };
  EXPECT_EQ(outcomes(on_lab({in_line}, init)), "deadlock");
  EXPECT_EQ(outcomes(on_lab({unbound}, init)), "clean");
}

TEST(workqueue, convicts_misuse) {
  const auto verdict = [](lab_body body) { return outcomes(on_lab({body}, with<note<1>>)); };
  EXPECT_EQ(verdict([](lab*) {
              auto* p = kzalloc<parcel>();
              queue_work(here()->wq, &p->work);
            }),
            "kernel-warn")
      << "nobody has initialised it";
  EXPECT_EQ(verdict([](lab*) {
              queue_work(here()->wq, &here()->first);
              INIT_WORK(&here()->first, note<1>);
            }),
            "kernel-warn");
  EXPECT_EQ(verdict([](lab*) {
              queue_work(here()->wq, &here()->first);
              flush_work(&here()->first);
              INIT_WORK(&here()->first, note<1>);
            }),
            "clean");
  EXPECT_EQ(outcomes(on_lab({queue_first}, with<[](work_struct*) { mutex_lock(&here()->m); }>)),
            "lock-held-at-exit");
}

TEST(workqueue, convicts_queueing_while_others_drain) {
  const lab_body drains = [](lab*) {
    queue_work(here()->wq, &here()->first);
    drain_workqueue(here()->wq);
  };
  EXPECT_EQ(outcomes(on_lab({drains, queue_second}, with<note<1>>)), "clean kernel-warn");
  EXPECT_EQ(outcomes(on_lab({drains}, with<[](work_struct*) { queue_second(nullptr); }>)), "clean");
}

TEST(workqueue, a_destroyed_queue_has_run_everything) {
  const lab_body good = [](lab*) {
    queue_work(here()->wq, &here()->first);
    destroy_workqueue(here()->wq);
  };
  EXPECT_EQ(outcomes(on_lab({good}, with<note<1>>), log_of), "1");
  EXPECT_EQ(outcomes(on_lab({good, queue_second}, with<note<1>>)),
            "clean kernel-warn use-after-free");
}

// The setup may queue; its items run beside the program.
TEST(workqueue, the_setup_may_queue) {
  const lab_body init = [](lab* l) {
    with<note<1>>(l);
    queue_first(l);
  };
  const lab_body looks = [](lab* l) { l->r[0].poke(static_cast<int>(atomic_read(&here()->log))); };
  EXPECT_EQ(outcomes(on_lab({looks}, init), log_and_results), "1:0 1:1");
  expect_same_traces(on_lab({looks}, init));
}

// What the check queues runs at once; what queues itself then, once.
TEST(workqueue, the_check_need_not_wait) {
  const lab_outcome queues = [](lab* l) {
    queue_work(here()->wq, &here()->first);
    queue_delayed_work(here()->wq, &here()->later, HZ);
    return log_of(l);
  };
  EXPECT_EQ(outcomes(on_lab({[](lab*) {}}, with<note<1>>), queues), "13");
  EXPECT_EQ(outcomes(on_lab({[](lab*) {}}, with<[](work_struct* work) {
                              note<1>(work);
                              queue_work(here()->wq, work);
                            }>),
                     queues),
            "13");
}

// Names of workers and of what they make are those of the items.
TEST(workqueue, names_do_not_depend_on_the_interleaving) {
  const lab_body init =
      with<[](work_struct*) { kzalloc<parcel>(); }, [](work_struct*) { kzalloc<parcel>(); }>;
  const lab_body makes = [](lab*) { queue_work(here()->wq, &new_parcel<free_parcel>()->work); };
  const program p = on_lab({queue_first, queue_second, makes}, init);
  std::set<std::string> names;
  enumerate_options o;
  o.seen = [&](const engine& e) {
    std::set<std::string> now;
    for (task_id t = 4; t < e.tasks(); ++t) now.insert(e.task_name(t));
    std::string all;
    for (const std::string& n : now) all += n + " ";
    names.insert(all);
  };
  o.interleavings_max = 5000;
  all_of(p, clean, o);
  EXPECT_EQ(names, std::set<std::string>{"kworker2 kworker3 kworker3.1 "});
}

}  // namespace
}  // namespace iorace::this_file
