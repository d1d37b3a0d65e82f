// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The run loop: begin an execution, let tasks hand over to each other at points, end it.
#include <cstring>

#include "scheduler/engine/check.h"
#include "scheduler/engine/points.h"
#include "scheduler/engine/scope.h"

namespace iorace {
namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;

}  // namespace

constinit thread_local engine* running_engine = nullptr;

void engine::outside() {
  CHECK(false, "an operation outside an execution: modelled state is for tasks only");
  __builtin_unreachable();
}

fiber* engine_fibers::alone(void* e) {
  engine& self = *static_cast<engine*>(e);
  (*self.alone_)();
  return &self.main_;
}

fiber* engine_fibers::body(void* e) {
  engine& self = *static_cast<engine*>(e);
  task& t = *self.tasks_[self.self_];
  if (t.body != nullptr) {
    t.context.acquire(&self.world_);
    (*t.body)(self.world_);
  } else {
    t.context.acquire(&t);
    t.function(t.argument);
  }
  return self.exit_task();
}

engine::engine() : memory(arena_bytes) {
  make_frame_room();
  touched_.reserve(1 << 12);
}

engine::~engine() = default;

// Brings every body to its first operation, one after the other, then hands over to the first pick.
// Returns when the execution has ended.
inline void engine::run_bodies() {
  if (task_count_ == 1) return;
  starter_ = nullptr;
  main_.release(&world_);
  enter_task(1);
  fiber::jump(main_, me_->context, false);
}

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
  result.points = view_.point + 1;
  result.operations = static_cast<std::uint32_t>(step_count_ - first_step_);
  result.digest = digest();
  return result;
}

void engine::run_setup(const program& p) {
  const bool again = options_->reuse_setup && p.same_setup;
  if (!again || !restore_setup(p)) {
    setup_.of = nullptr;
    objects.reset();
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

void engine::forget_finding() { finding_ = {}; }

void engine::begin_execution(const program& p, strategy& s, const execution_options& o) {
  CHECK(p.bodies.size() < tasks_max, "too many tasks");
  strategy_ = &s;
  options_ = &o;
  points_max_ = o.points_max;
  if (result_.how == ended::found) forget_finding();
  result_ = {};
  task_count_ = cpus_ = faults_ = choices_ = step_count_ = 0;
  first_step_ = 0;
  mode_ = quiet_bit;
  interleaved_ = o.detect_races ? 0 : blind_bit;
  probe_hashes_.clear();
  stride_tasks_ = std::max(stride_tasks_, static_cast<unsigned>(p.bodies.size()) + 1);
  memory.reset();
  time.reset(stride_tasks_);
  races.reset(time.stride());
  wanted_points_.clear();
  cycles_.clear();
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
           .point = ~0u,
           .objects = &objects};
  add_task(task_kind::kthread, "setup");
  unfinished_ = 0;
  become(0);
}

void engine::make_slot() { tasks_[task_count_] = std::make_unique<task>(); }

task& engine::add_task(task_kind kind, const char* name) {
  CHECK(task_count_ < tasks_max, "too many tasks");
  if (tasks_[task_count_] == nullptr) make_slot();
  task& t = *tasks_[task_count_];
  if (kind == task_kind::cpu) ++cpus_;
  if (task_count_ >= named_ || (*name != '\0' ? task_count_ != 0 : t.cpu_number != cpus_))
    name_task(t, name);  // the setup's slot is always its own
  static constexpr task_record blank;
  std::memcpy(static_cast<task_record*>(&t), &blank, sizeof blank);
  t.kind = kind;
  pending_[task_count_] = {};
  ++task_count_;
  ++unfinished_;
  view_.tasks = task_count_;
  view_.words = (task_count_ + 63) / 64;
  if (task_count_ <= stride_tasks_) time.start(static_cast<task_id>(task_count_ - 1));
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
  fiber::jump(main_, t.context, false);
}

// A task that was created runs up to its first operation at once.
void engine::start_task(task_id id) {
  const task_id starter = self_;
  fiber* outer = starter_;
  const unsigned mode = mode_;
  starter_ = &me_->context;
  enter_task(id);
  fiber::jump(*starter_, me_->context, false);
  mode_ = mode;
  starter_ = outer;
  become(starter);
}

void engine::found_held(const task& t) {
  found(verdict::lock_held_at_exit,
        line(t.name) + " ended while it held " + name_of(t.held[t.held_count - 1].lock));
}

// Ends the running task. Returns whom to leave it for.
fiber* engine::exit_task() {
  const scheduler_scope scope(me_->context);
  task& t = *me_;
  if (t.held_count != 0) found_held(t);
  append(op_kind::exit, nullptr, {}, 0);
  t.context.release(&t.ended);
  t.finished = true;
  --unfinished_;
  set_enabled(self_, false);
  changed(t.ended);
  return successor();
}

void engine::leave_for_good() {
  fiber::jump(me_->context, main_, true);
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
  const task_id id = static_cast<task_id>(task_count_);
  task& t = add_task(kind, name == nullptr ? "" : name);
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

}  // namespace iorace
