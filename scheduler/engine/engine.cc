// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The run loop: begin an execution, let tasks hand over to each other at points, end it.
#include "scheduler/engine/engine.h"

#include <cstring>

#include <xxhash.h>

#ifdef IORACE_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#include "scheduler/engine/check.h"
#include "scheduler/engine/scope.h"

namespace iorace {
namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t stack_bytes = std::size_t{64} << 10;  // setup task included

constinit thread_local engine* running = nullptr;

}  // namespace

engine* running_engine() { return running; }

engine& engine::current() {
  CHECK(running != nullptr, "an operation outside an execution: modelled state is for tasks only");
  return *running;
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
    if (t.body != nullptr) (*t.body)(self.world_);
    else t.function(t.argument);
    self.exit_task();
  }
};

engine::engine()
    : memory(arena_bytes),
      pending_(tasks_max),
      steps_(new step[operations_max]),
      step_frames_(new std::uint32_t[operations_max]) {
  frames_.reserve(1 << 16);
  main_.adopt_thread();
}

engine::~engine() = default;

execution_result engine::run(const program& p, strategy& s, const execution_options& o) {
  CHECK(running == nullptr, "an execution inside an execution");
  for (;;) {
    begin_execution(p, s, o);
    running = this;
    run_alone([&] { world_ = p.setup(); });
    first_step_ = step_count_;
    if (result_.how == ended::finished) {
      s.begin(o);
      for (const program::body& b : p.bodies) add_task(b.kind, b.name.c_str()).body = &b.run;
      run_alone([&] { start_bodies(); });
    }
    if (result_.how == ended::finished) {
      for (unsigned t = 1; t < task_count_; ++t)
        if (tasks_[t]->ended.clock != 0) time.join(time.row_of(0), time.row(tasks_[t]->ended.clock));
      run_alone([&] { p.check(world_); });
    }
    running = nullptr;
    if (task_count_ <= stride_tasks_) break;
    stride_tasks_ = std::min(tasks_max, task_count_ * 2);  // too few clock rows: once more, wider
  }
  result_.operations = static_cast<std::uint32_t>(step_count_ - first_step_);
  result_.digest = digest();
  return result_;
}

void engine::begin_execution(const program& p, strategy& s, const execution_options& o) {
  CHECK(p.bodies.size() < tasks_max, "too many tasks");
  strategy_ = &s;
  options_ = &o;
  result_ = {};
  finding_ = {};
  for (unsigned t = 0; t < task_count_; ++t) fiber::collect(main_, tasks_[t]->context);
  task_count_ = cpus_ = faults_ = step_count_ = frame_instances_ = peeking_ = 0;
  first_step_ = 0;
  quiet_ = true;
  starting_ = false;
  last_picked_ = no_task;
  probe_hashes_.clear();
  stride_tasks_ = std::max(stride_tasks_, static_cast<unsigned>(p.bodies.size()) + 1);
  memory.reset();
  objects.reset();
  time.reset(stride_tasks_);
  races.reset(time.stride());
  order.reset();
  frames_.clear();
  frames_.push_back({"", 0, 0, false});
  std::memset(enabled_, 0, sizeof enabled_);
  view_ = {.pending = pending_.data(), .enabled = enabled_, .words = 1, .enabled_count = 0,
           .tasks = 0, .current = no_task, .point = 0};
  add_task(task_kind::cpu, "setup");
  cpus_ = 0;
  self_ = 0;
}

task& engine::add_task(task_kind kind, const char* name) {
  if (task_count_ == tasks_.size()) tasks_.push_back(std::make_unique<task>());
  task& t = *tasks_[task_count_];
  char text[24];
  if (name == nullptr || *name == '\0') std::snprintf(text, sizeof text, "cpu%u", cpus_ + 1);
  else std::snprintf(text, sizeof text, "%s", name);
  if (kind == task_kind::cpu) ++cpus_;
  if (t.name != text) {
    t.name = text;
    for (char* c = text; *c != '\0' && kind == task_kind::cpu; ++c)
      if (*c >= 'a' && *c <= 'z') *c = static_cast<char>(*c - 'a' + 'A');
    t.context.set_name(text);
  }
  t.kind = kind;
  t.finished = false;
  t.atomic_depth = 0;
  t.held_count = 0;
  t.next_waiter = 0;
  t.enabled = nullptr;
  t.condition = nullptr;
  t.wake = 0;
  t.frame = 0;
  t.body = nullptr;
  t.function = nullptr;
  t.ended = {.clock = 0, .first_waiter = 0, .magic = sync_magic};
  pending_[task_count_] = {};
  ++task_count_;
  view_.tasks = task_count_;
  view_.words = (task_count_ + 63) / 64;
  return t;
}

void engine::run_alone(const std::function<void()>& f) {
  task& t = *tasks_[0];
  alone_ = &f;
  self_ = 0;
  quiet_ = true;
  t.held_count = 0;
  t.context.prepare(engine_fibers::alone, this, stack_bytes);
  fiber::jump(main_, t.context, true, false);
}

// Brings every body to its first operation, then hands over to the first pick. Runs as task 0, which
// is abandoned there.
void engine::start_bodies() {
  const unsigned bodies = task_count_;
  quiet_ = false;
  for (task_id t = 1; t < bodies; ++t) start_task(t);
  const task_id first = choose_next(no_task);
  if (first != no_task) switch_to(first, true);
}

void engine::start_task(task_id id) {
  task& t = *tasks_[id];
  const task_id starter = self_;
  fiber* outer = starter_;
  const bool was_starting = starting_;
  starter_ = &tasks_[starter]->context;
  self_ = id;
  starting_ = true;
  set_enabled(id, true);
  t.context.prepare(engine_fibers::body, this, stack_bytes);
  fiber::jump(*starter_, t.context, starter == 0, false);
  starting_ = was_starting;
  starter_ = outer;
  self_ = starter;
}

void engine::exit_task() {
  const scheduler_scope scope(tasks_[self_]->context);
  task& t = *tasks_[self_];
  if (t.held_count != 0)
    found(verdict::lock_held_at_exit,
          t.name + " ended while it held " + identity_name(identity(t.held[t.held_count - 1].lock)));
  append(op_kind::exit, 0, 0, 0);
  release(t.ended);
  t.finished = true;
  set_enabled(self_, false);
  changed(t.ended);
  if (starting_) {
    fiber* back = starter_;
    fiber::jump(t.context, *back, false, true);
  }
  const task_id next = choose_next(no_task);
  if (next == no_task) leave_for_good();
  switch_to(next, true);
  __builtin_unreachable();
}

void engine::leave_for_good() {
  fiber::jump(tasks_[self_]->context, main_, true, true);
  __builtin_unreachable();
}

void engine::end(ended how) {
  result_.how = how;
  leave_for_good();
}

void engine::set_enabled(task_id t, bool on) {
  const std::uint64_t bit = std::uint64_t{1} << (t % 64);
  std::uint64_t& word = enabled_[t / 64];
  if (((word & bit) != 0) == on) return;
  word ^= bit;
  view_.enabled_count += on ? 1u : ~0u;
}

task_id engine::choose_next(task_id current) {
  if (__builtin_expect(view_.enabled_count == 0, 0)) {
    for (unsigned t = 1; t < task_count_; ++t)
      if (!tasks_[t]->finished) stuck();
    return no_task;
  }
  view_.current = current;
  view_.point = result_.points++;
  if (__builtin_expect(view_.point >= options_->points_max, 0)) return take_turns();
  const task_id next = strategy_->pick(view_);
  CHECK(next < task_count_ && view_.is_enabled(next), "a strategy picked a task that is not enabled");
  result_.switches += next != last_picked_;
  last_picked_ = next;
  return next;
}

void engine::switch_to(task_id next, bool abandon) {
  task& from = *tasks_[self_];
  const bool synchronise = self_ == 0;
  self_ = next;
  fiber::jump(from.context, tasks_[next]->context, synchronise, abandon);
}

// The running task stops here; returns when it has been picked.
void engine::stop() {
  if (__builtin_expect(starting_, 0)) {
    fiber::jump(tasks_[self_]->context, *starter_, starter_ == &tasks_[0]->context, false);
    return;
  }
  const task_id next = choose_next(self_);
  if (next != self_) switch_to(next, false);
}

void engine::wait_on(sync_base* object, task& t, enabled_fn enabled) {
  t.enabled = enabled;
  t.next_waiter = object->first_waiter;
  object->first_waiter = self_;
  if (enabled(object, self_)) return;
  set_enabled(self_, false);
  if (t.held_count != 0) find_cycle(self_);
}

void engine::stop_waiting(sync_base* object, task& t) {
  task_id* link = &object->first_waiter;
  while (*link != self_) link = &tasks_[*link]->next_waiter;
  *link = t.next_waiter;
  t.next_waiter = 0;
  t.enabled = nullptr;
}

void engine::changed(sync_base& object) {
  for (task_id t = object.first_waiter; t != 0; t = tasks_[t]->next_waiter) {
    const bool was = view_.is_enabled(t);
    const bool is = tasks_[t]->enabled(&object, t);
    if (was == is) continue;
    set_enabled(t, is);
    if (was && tasks_[t]->held_count != 0) find_cycle(t);
  }
}

void engine::begin(op_kind kind, sync_base* object, enabled_fn enabled, waits_for by) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation on a primitive inside a peek_scope");
  check_live(object, kind);
  const op_traits& row = traits(kind);
  task& t = *tasks_[self_];
  if (object->magic != sync_magic)
    found(verdict::kernel_warn, std::string(row.name) + " on " + identity_name(identity(object)) +
                                    ", which nobody has initialised");
  if ((row.flags & op_sleeps) != 0 && t.atomic_depth != 0)
    found(verdict::sleep_in_atomic, std::string(row.name) + " on " +
                                        identity_name(identity(object)) + " under a spinlock");
  if (quiet_) {
    if (enabled != nullptr && !enabled(object, self_))
      found(verdict::deadlock, t.name + " alone waits for " + identity_name(identity(object)));
    return;
  }
  const cell& c = memory.at(object);
  pending_[self_] = {object, c.object, objects.tag_of(c.object, object), kind, 0};
  if (enabled != nullptr) {
    t.by = by;
    wait_on(object, t, enabled);
  }
  if ((row.flags & op_point) != 0 || starting_ || enabled != nullptr) stop();
  if (enabled != nullptr) stop_waiting(object, t);
  check_live(object, kind);
}

void engine::begin_plain(op_kind kind) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(peeking_ == 0, "an operation inside a peek_scope");
  const op_traits& row = traits(kind);
  if ((row.flags & op_sleeps) != 0 && tasks_[self_]->atomic_depth != 0)
    found(verdict::sleep_in_atomic, std::string(row.name) + " under a spinlock");
  if (quiet_) return;
  pending_[self_] = {nullptr, 0, 0, kind, 0};
  if ((row.flags & op_point) != 0 || starting_) stop();
}

void engine::begin_join(task_id id) {
  const scheduler_scope scope(tasks_[self_]->context);
  sync_base& ended = tasks_[id]->ended;
  CHECK(!quiet_, "setup and check have nobody to join");
  task& t = *tasks_[self_];
  if (t.atomic_depth != 0) found(verdict::sleep_in_atomic, "join under a spinlock");
  pending_[self_] = {&ended, 0, 0, op_kind::join, 0};
  t.by = waits_for::kernel;
  wait_on(&ended, t, [](const void* end, task_id) {
    const engine& e = current();
    for (task_id u = 1; u < e.task_count_; ++u)
      if (&e.tasks_[u]->ended == end) return e.tasks_[u]->finished;
    return false;
  });
  stop();
  stop_waiting(&ended, t);
}

step* engine::append(op_kind kind, object_id object, std::uint16_t field, std::uint64_t value) {
  if (__builtin_expect(step_count_ == operations_max, 0)) end(ended::step_bound);
  step* s = &steps_[step_count_];
  *s = {value, object, field, kind, static_cast<std::uint8_t>(self_)};
  step_frames_[step_count_++] = tasks_[self_]->frame;
  return s;
}

void engine::commit(op_kind kind, const void* place, std::uint64_t value) {
  const scheduler_scope scope(tasks_[self_]->context);
  if (place == nullptr) {
    append(kind, 0, 0, value);
    return;
  }
  const object_id id = memory.at(place).object;
  append(kind, id, objects.tag_of(id, place), value);
}

void engine::access(op_kind kind, const void* place, unsigned size, bool pointer, bool write,
                    std::uint64_t value) {
  if (peeking_ != 0) return;
  const scheduler_scope scope(tasks_[self_]->context);
  check_live(place, kind);
  cell& c = memory.at(place);
  const op_traits& row = traits(kind);
  const std::uint16_t tag = objects.tag_of(c.object, place);
  if (!quiet_) {
    if ((row.flags & op_point) != 0 || starting_ || objects.promoted(c.object, place)) {
      pending_[self_] = {place, c.object, tag, kind, 0};
      stop();
      check_live(place, kind);
    }
    if (options_->detect_races) {
      step_id other;
      if ((row.flags & op_marked) != 0) other = races.marked(c, time, self_, step_count_, write);
      else if (write) other = races.plain_write(c, time, self_, step_count_);
      else other = races.plain_read(c, time, self_, step_count_);
      if (__builtin_expect(other != no_step, 0)) {
        append(kind, c.object, tag, value);
        found(verdict::data_race, place_name(c.object, tag), other, step_count_ - 1);
      }
    }
  }
  if (!write) {
    value = 0;
    std::memcpy(&value, place, size);
  }
  if (pointer) value = identity(reinterpret_cast<const void*>(value));
  append(kind, c.object, tag, value);
}

void engine::acquire(sync_base& object) {
  const scheduler_scope scope(tasks_[self_]->context);
#ifdef IORACE_TSAN
  __tsan_acquire(&object);
#endif
  if (object.clock != 0) time.join(time.row_of(self_), time.row(object.clock));
}

void engine::release(sync_base& object) {
  const scheduler_scope scope(tasks_[self_]->context);
#ifdef IORACE_TSAN
  __tsan_release(&object);
#endif
  if (object.clock == 0) object.clock = time.make_row();
  time.join(time.row(object.clock), time.row_of(self_));
  time.tick(self_);
}

std::uint32_t engine::draw(const char* site, std::uint32_t n, draw_kind kind) {
  const scheduler_scope scope(tasks_[self_]->context);
  if (quiet_) return 0;
  const std::uint32_t drawn = strategy_->draw(self_, site, n, kind);
  CHECK(drawn < n, "a strategy drew a number out of range");
  if (kind == draw_kind::fault) faults_ += drawn;
  return drawn;
}

task_id engine::create(task_kind kind, const char* name, void (*body)(void*), void* argument) {
  const scheduler_scope scope(tasks_[self_]->context);
  CHECK(task_count_ < tasks_max, "too many tasks");
  const task_id id = static_cast<task_id>(task_count_);
  task& t = add_task(kind, name);
  t.function = body;
  t.argument = argument;
  if (task_count_ > stride_tasks_) end(ended::cut);  // run() starts over with more rows
  time.join(time.row_of(id), time.row_of(self_));
  time.tick(self_);
  start_task(id);
  return id;
}

std::uint64_t engine::digest() const {
  return XXH3_64bits(steps_.get(), step_count_ * sizeof(step));
}

}  // namespace iorace
