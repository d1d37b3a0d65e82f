// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// tsan_planted NAME: runs one planted race, for tsan_contract_test.cc. First with our detector,
// whose word is printed; then the same execution without it, so that the second access is made and
// ThreadSanitizer reports it. Without a name: prints the names.
#include <cstdio>
#include <cstring>

#include "scheduler/engine/frames.h"
#include "scheduler/engine/points.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"

namespace iorace {
namespace {

struct place {
  mutex a;
  mutex b;
  spinlock_t spin;
  rw_semaphore sem;
  completion done;
  list_head items;
  list_head entry;
  shared<int> value;
  shared<int> flag;
};
IORACE_DESCRIBE(place, "place", a, b, spin, sem, done, items, entry, value, flag);

// A load that nobody needs would not be made.
void use(int v) { asm volatile("" : : "r"(v)); }

#define BODY(name)                       \
  [[gnu::noinline]] void name(place* p); \
  void name(place* p)

BODY(read_value) {
  KFUNC();
  use(static_cast<int>(p->value));
}
BODY(write_value) {
  KFUNC();
  p->value = 1;
}
BODY(read_marked) {
  KFUNC();
  use(READ_ONCE(p->value));
}
BODY(write_marked) {
  KFUNC();
  WRITE_ONCE(p->value, 1);
}
BODY(release_value) {
  KFUNC();
  smp_store_release(p->value, 1);
}
BODY(exchange_value) {
  KFUNC();
  use(xchg(p->value, 1));
}
BODY(replace_value) {
  KFUNC();
  use(cmpxchg(p->value, 0, 1));
}
BODY(replace_in_vain) {
  KFUNC();
  use(cmpxchg(p->value, 7, 1));
}
BODY(write_under_a) {
  KFUNC();
  mutex_lock(&p->a);
  p->value = 1;
  mutex_unlock(&p->a);
}
BODY(read_under_b) {
  KFUNC();
  mutex_lock(&p->b);
  use(static_cast<int>(p->value));
  mutex_unlock(&p->b);
}
BODY(write_under_spin) {
  KFUNC();
  spin_lock(&p->spin);
  p->value = 1;
  spin_unlock(&p->spin);
}
BODY(write_under_read_lock) {
  KFUNC();
  down_read(&p->sem);
  p->value = 1;
  up_read(&p->sem);
}
BODY(read_under_read_lock) {
  KFUNC();
  down_read(&p->sem);
  use(static_cast<int>(p->value));
  up_read(&p->sem);
}
BODY(publish_unordered) {
  KFUNC();
  p->value = 1;
  WRITE_ONCE(p->flag, 1);
}
BODY(consume_unordered) {
  KFUNC();
  if (READ_ONCE(p->flag) != 0) use(static_cast<int>(p->value));
}
BODY(publish_too_late) {
  KFUNC();
  complete(&p->done);
  p->value = 1;
}
BODY(consume_completed) {
  KFUNC();
  wait_for_completion(&p->done);
  use(static_cast<int>(p->value));
}
BODY(add_to_list) {
  KFUNC();
  list_add_tail(&p->entry, &p->items);
}
BODY(look_at_last) {
  KFUNC();
  (void)list_prev(&p->items);
}
BODY(add_first) {
  KFUNC();
  list_add(&p->entry, &p->items);
}
BODY(look_at_first) {
  KFUNC();
  (void)list_next(&p->items);
}
BODY(idle) {
  KFUNC();
  (void)READ_ONCE(p->flag);
}
void child(void* p) { write_value(static_cast<place*>(p)); }
BODY(read_without_join) {
  KFUNC();
  create_task(task_kind::cpu, nullptr, child, p);
  use(static_cast<int>(p->value));
}

struct planted {
  const char* name;
  void (*one)(place*);
  void (*other)(place*);
};
constexpr planted races[] = {
    {"read_write", read_value, write_value},
    {"write_write", write_value, write_under_spin},
    {"another_lock", write_under_a, read_under_b},
    {"one_side_unlocked", write_under_spin, read_value},
    {"read_locks_exclude_nobody", write_under_read_lock, read_under_read_lock},
    {"wait_without_order", publish_unordered, consume_unordered},
    {"written_after_complete", publish_too_late, consume_completed},
    {"plain_against_read_once", write_value, read_marked},
    {"write_once_against_plain", write_marked, read_value},
    {"store_release_against_plain", release_value, write_value},
    {"xchg_against_plain", exchange_value, read_value},
    {"cmpxchg_against_plain", replace_value, read_value},
    {"failed_cmpxchg_against_plain", replace_in_vain, read_value},
    {"list_head", add_to_list, look_at_last},
    {"list_write_once", add_first, look_at_first},
    {"no_join", read_without_join, idle},
};

program program_of(const planted& r) {
  program p;
  p.setup = [] {
    auto* w = make<place>();
    mutex_init(&w->a);
    mutex_init(&w->b);
    spin_lock_init(&w->spin);
    init_rwsem(&w->sem);
    init_completion(&w->done);
    INIT_LIST_HEAD(&w->items);
    return static_cast<void*>(w);
  };
  p.cpu([&r](void* w) { r.one(static_cast<place*>(w)); });
  p.cpu([&r](void* w) { r.other(static_cast<place*>(w)); });
  return p;
}

std::string side_at(const engine& e, step_id at) {
  std::string name = e.task_name(e.steps()[at].task);
  return "CPU" + name.substr(3) + ' ' + e.function_of(e.frame_of(at));
}

int run(const planted& r) {
  const program p = program_of(r);
  engine e;
  random_strategy choose;
  execution_options o;
  while (o.number < 1000 && e.run(p, choose, o).how != ended::found) ++o.number;
  const finding& f = e.last_finding();
  if (f.kind != verdict::data_race) return 1;
  std::printf("ours: %s\nside: %s\nside: %s\n", f.title.c_str(), side_at(e, f.at).c_str(),
              side_at(e, f.other).c_str());
  std::fflush(stdout);
  o.detect_races = false;
  e.run(p, choose, o);
  return 0;
}

}  // namespace
}  // namespace iorace

int main(int argc, char** argv) {
  for (const auto& r : iorace::races)
    if (argc == 1)
      std::printf("%s\n", r.name);
    else if (std::strcmp(argv[1], r.name) == 0)
      return iorace::run(r);
  return argc == 1 ? 0 : 2;
}
