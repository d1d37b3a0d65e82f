// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The run loop: begin an execution, let tasks hand over to each other at points, end it.
#include <cstdlib>
#include <cstring>

// Inline: as wide as the machine can takes longer for executions of a few dozen operations.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/points.h"
#include "scheduler/engine/scope.h"

namespace iorace {
namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t stack_bytes = std::size_t{64} << 10;  // setup task included

}  // namespace

constinit thread_local engine* running_engine = nullptr;

void engine::outside() {
  CHECK(false, "an operation outside an execution: modelled state is for tasks only");
  __builtin_unreachable();
}

// Entry points of fibers; they never return.
struct engine_fibers {
  static void alone(void* e) {
    engine& self = *static_cast<engine*>(e);
    (*self.alone_)();
    self.leave_for_good();
  }
  static void body(void* e) {
    engine& self = *static_cast<engine*>(e);
    task& t = *self.tasks_[self.self_];
    if (t.body != nullptr) {
      t.context.acquire(&self.world_);
      (*t.body)(self.world_);
    } else {
      t.context.acquire(&t);
      t.function(t.argument);
    }
    self.exit_task();
  }
};

engine::engine()
    : memory(arena_bytes),
      pending_(tasks_max),
      steps_(static_cast<step*>(std::malloc(operations_max * sizeof(step)))),
      notes_(static_cast<step_note*>(std::malloc(operations_max * sizeof(step_note)))) {
  make_frame_room();
  CHECK(steps_ != nullptr && notes_ != nullptr, "no memory for the steps");
  touched_.reserve(1 << 12);
}

engine::~engine() = default;

execution_result engine::run(const program& p, strategy& s, const execution_options& o) {
  CHECK(running_engine == nullptr, "an execution inside an execution");
  main_.adopt_thread();  // not necessarily the one that made this engine
  for (;;) {
    begin_execution(p, s, o);
    s.begin(o);  // before the setup: an execution that ends there has begun, too
    running_engine = this;
    run_setup(p);
    if (result_.how == ended::finished) {
      for (const program::body& b : p.bodies) add_task(b.kind, b.name.c_str()).body = &b.run;
      add_attendants();
      bodies_ = task_count_;
      run_bodies();
      collect_tasks(task_count_);
    }
    if (result_.how == ended::finished && p.check) {
      checks_ = true;
      run_alone([&] { p.check(world_); });
      collect_tasks(1);
    }
    running_engine = nullptr;
    if (task_count_ <= stride_tasks_) break;
    stride_tasks_ = std::min(tasks_max, task_count_ * 2);  // too few clock rows: once more, wider
  }
  execution_result result = result_;  // not back from a word that has just been written in parts
  result.operations = static_cast<std::uint32_t>(step_count_ - first_step_);
  result.digest = digest();
  return result;
}

void engine::run_setup(const program& p) {
  const bool again = options_->reuse_setup && p.same_setup;
  if (!again || !restore_setup(p)) {
    setup_.of = nullptr;
    frames_[0] = {"", 0, false};
    frame_count_ = 1;
    touched_.clear();
    run_alone([&] { world_ = p.setup(); });
    collect_tasks(1);
    if (again && result_.how == ended::finished) save_setup(p);
  }
  first_step_ = step_count_;
}

// Tells ThreadSanitizer that what the first `n` tasks did is over. Those that did not end by
// themselves were abandoned inside functions.
void engine::collect_tasks([[maybe_unused]] unsigned n) {
#ifdef IORACE_TSAN
  for (unsigned t = 0; t < n; ++t)
    fiber::collect(main_, tasks_[t]->context,
                   t == 0 ? result_.how != ended::finished : !tasks_[t]->finished);
#endif
}

void engine::begin_execution(const program& p, strategy& s, const execution_options& o) {
  CHECK(p.bodies.size() < tasks_max, "too many tasks");
  strategy_ = &s;
  options_ = &o;
  if (result_.how == ended::found) finding_ = {};
  result_ = {};
  task_count_ = cpus_ = faults_ = choices_ = step_count_ = 0;
  first_step_ = 0;
  mode_ = quiet_bit;
  interleaved_ = o.detect_races ? 0 : blind_bit;
  last_picked_ = no_task;
  probe_hashes_.clear();
  stride_tasks_ = std::max(stride_tasks_, static_cast<unsigned>(p.bodies.size()) + 1);
  memory.reset();
  objects.reset();
  time.reset(stride_tasks_);
  races.reset(time.stride());
  late_frees_.clear();
  specimen = rcu = servers = nullptr;
  checks_ = false;
  attendants_.clear();
  order.reset();
  std::memset(enabled_, 0, sizeof enabled_);
  view_ = {.pending = pending_.data(),
           .enabled = enabled_,
           .words = 1,
           .enabled_count = 0,
           .tasks = 0,
           .current = no_task,
           .point = 0,
           .objects = &objects};
  add_task(task_kind::kthread, "setup");
  unfinished_ = 0;
  become(0);
}

// Sets the name of a task slot that often had it in the execution before.
void engine::name_task(task& t, task_kind kind, const char* name) {
  if (kind == task_kind::cpu) ++cpus_;
  const bool numbered = *name == '\0';
  if (numbered ? t.cpu_number == cpus_ : t.cpu_number == 0 && t.name == name) return;
  t.cpu_number = numbered ? cpus_ : 0;
  t.name = numbered ? "cpu" + std::to_string(cpus_) : name;
  // ThreadSanitizer shows CPU1 as a drawing does.
  t.context.set_name((numbered ? "CPU" + std::to_string(cpus_) : t.name).c_str());
}

task& engine::add_task(task_kind kind, const char* name) {
  if (task_count_ == tasks_.size()) tasks_.push_back(std::make_unique<task>());
  task& t = *tasks_[task_count_];
  const bool named = task_count_ == 0 && !t.name.empty();  // the setup's slot is always its own
  if (!named) name_task(t, kind, name == nullptr ? "" : name);
  static_cast<task_record&>(t) = {.kind = kind};
  pending_[task_count_] = {};
  ++task_count_;
  ++unfinished_;
  view_.tasks = task_count_;
  view_.words = (task_count_ + 63) / 64;
  time.widen(std::min(task_count_, stride_tasks_));
  return t;
}

void engine::add_attendants() {
  for (const attendant& a : attendants_) {
    task& t = add_task(a.kind, a.name.c_str());
    t.attends = true;
    t.function = a.body;
    t.argument = a.argument;
    main_.release(&t);
  }
}

void engine::run_alone(const std::function<void()>& f) {
  task& t = *tasks_[0];
  alone_ = &f;
  become(0);
  mode_ = quiet_bit;
  t.held_count = 0;
  t.context.prepare(engine_fibers::alone, this, stack_bytes);
  fiber::jump(main_, t.context, true, false);
}

// Brings every body to its first operation, one after the other, then hands over to the first pick.
// Returns when the execution has ended.
void engine::run_bodies() {
  starter_ = nullptr;
  become(0);
  if (task_count_ == 1) return;
  main_.release(&world_);
  start_next(main_, false);
}

// Leaves `from`, a task that has come to its first operation or ended there, for the body after it.
void engine::start_next(fiber& from, bool abandon) {
  enter_task(static_cast<task_id>(self_ + 1u));
  fiber::jump(from, me_->context, self_ == 1, abandon);
}

void engine::enter_task(task_id id) {
  become(id);
  mode_ = starting_bit;
  set_enabled(id, true);
  me_->context.prepare(engine_fibers::body, this, stack_bytes);
}

// A task that was created runs up to its first operation at once.
void engine::start_task(task_id id) {
  const task_id starter = self_;
  fiber* outer = starter_;
  const unsigned mode = mode_;
  starter_ = &me_->context;
  enter_task(id);
  fiber::jump(*starter_, me_->context, false, false);
  mode_ = mode;
  starter_ = outer;
  become(starter);
}

void engine::exit_task() {
  const scheduler_scope scope(me_->context);
  task& t = *me_;
  if (t.held_count != 0)
    found(verdict::lock_held_at_exit,
          line(t.name) + " ended while it held " + name_of(t.held[t.held_count - 1].lock));
  append(op_kind::exit, nullptr, {}, 0);
  t.context.release(&t.ended);
  t.finished = true;
  --unfinished_;
  set_enabled(self_, false);
  changed(t.ended);
  if (starting()) {
    if (starter_ != nullptr) fiber::jump(t.context, *starter_, false, true);
    if (self_ + 1u < bodies_) start_next(t.context, true);
    mode_ = interleaved_;
  }
  const task_id next = choose_next(no_task);
  if (next == no_task) leave_for_good();
  switch_to(next, true);
  __builtin_unreachable();
}

void engine::leave_for_good() {
  fiber::jump(me_->context, main_, true, true);
  __builtin_unreachable();
}

void engine::end(ended how) {
  result_.how = how;
  leave_for_good();
}

std::uint32_t engine::draw(const char* site, std::uint32_t n, draw_kind kind) {
  const scheduler_scope scope(me_->context);
  if (quiet()) return 0;
  const std::uint32_t drawn = strategy_->draw(self_, site, n, kind);
  CHECK(drawn < n, "a strategy drew a number out of range");
  if (kind == draw_kind::fault)
    faults_ += drawn;
  else
    ++choices_;
  return drawn;
}

task_id engine::create(task_kind kind, const char* name, void (*body)(void*), void* argument) {
  const scheduler_scope scope(me_->context);
  const task_id id = make_task(kind, name, body, argument);
  start_task(id);
  return id;
}

task_id engine::make_task(task_kind kind, const char* name, void (*body)(void*), void* argument) {
  CHECK(task_count_ < tasks_max, "too many tasks");
  const task_id id = static_cast<task_id>(task_count_);
  task& t = add_task(kind, name);
  t.function = body;
  t.argument = argument;
  if (task_count_ > stride_tasks_) end(ended::cut);  // run() starts over with more rows
  time.join(time.row_of(id), time.row_of(self_));
  time.tick();
  me_->context.release(&t);
  return id;
}

void engine::attend(task_kind kind, const char* name, void (*body)(void*), void* argument) {
  CHECK(!checking(), "a primitive wants a task when everything is over");
  const scheduler_scope scope(me_->context);
  if (quiet()) {
    attendants_.push_back({kind, name, body, argument});
    return;
  }
  if (task_count_ == tasks_max) end(ended::cut);
  commit(op_kind::create, nullptr, task_count_);
  const task_id id = make_task(kind, name, body, argument);
  tasks_[id]->attends = true;
  start_task(id);
}

std::uint64_t engine::digest() const {
  return XXH3_64bits(steps_.get(), step_count_ * sizeof(step));
}

}  // namespace iorace
