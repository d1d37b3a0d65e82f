// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/tasks.h"

#include <cstring>

#include "scheduler/engine/points.h"

namespace iorace {

task_id current_task() { return engine::current().self(); }

std::uint32_t choose(const char* site, std::uint32_t n) {
  CHECK(n > 0, "a choice among nothing");
  engine& e = engine::current();
  e.begin_plain(op_kind::choose);
  const std::uint32_t drawn = e.draw(site, n, draw_kind::choice);
  e.commit(op_kind::choose, nullptr, drawn);
  return drawn;
}

bool inject_fault(const char* site) { return engine::current().draw_fault(site); }

task_id create_task(task_kind kind, const char* name, void (*body)(void*), void* argument) {
  engine& e = engine::current();
  CHECK(!e.quiet(), "tasks are created by tasks; setup lists its own as bodies");
  e.begin_plain(op_kind::create);
  e.commit(op_kind::create, nullptr, e.tasks());
  return e.create(kind, name, body, argument);
}

void join_task(task_id id) {
  engine& e = engine::current();
  CHECK(id < e.tasks(), "no such task");
  e.begin_join(id);
  e.commit(op_kind::join, nullptr, id);
  e.acquire_all_of(id);
}

bool warn_on(bool condition, const char* text) {
  engine& e = engine::current();
  if (e.peeking()) return condition;
  e.begin_plain(op_kind::warn_on);
  e.commit(op_kind::warn_on, nullptr, condition);
  if (condition) e.found(verdict::kernel_warn, line("WARN_ON(") + text + ")");
  return false;
}

void bug_on(bool condition, const char* text) {
  engine& e = engine::current();
  e.begin_plain(op_kind::bug_on);
  e.commit(op_kind::bug_on, nullptr, condition);
  if (condition) e.found(verdict::kernel_bug, line("BUG_ON(") + text + ")");
}

namespace {

finding worded(const char* name, const side& here, const side& there, const char* detail) {
  finding f;
  f.kind = verdict::invariant;
  for (const verdict_info& v : verdicts())
    if (std::strcmp(v.name, name) == 0) f.kind = v.id;
  f.name = name;
  f.title = there.function == nullptr ? f.name + " in " + here.function
                                      : f.name + ": " + here.function + " v " + there.function;
  f.detail = detail;
  f.task = here.task == no_task ? current_task() : here.task;
  f.other_task = there.task;
  f.at = here.at;
  f.other = there.at;
  return f;
}

}  // namespace

void convict(const char* name, const side& here, const side& there, const char* detail) {
  finding f = worded(name, here, there, detail);
  engine::current().found_as(std::move(f));
}

void cut(const char*) { engine::current().end(ended::cut); }

void engine::peek_begin() {
  if (!peeking()) me_->context.ignore(true);
  mode_ += peek_unit;
}

void engine::peek_end() {
  mode_ -= peek_unit;
  if (!peeking()) me_->context.ignore(false);
}

peek_scope::peek_scope() { engine::current().peek_begin(); }
peek_scope::~peek_scope() { engine::current().peek_end(); }

unsigned task_count() { return engine::current().tasks(); }
bool task_finished(task_id task) { return engine::current().task_at(task).finished; }
task_kind kind_of_task(task_id task) { return engine::current().task_at(task).kind; }

const char* task_inside(task_id task, const char* const* among) {
  const engine& e = engine::current();
  for (std::uint32_t node = e.innermost(task); node != 0; node = e.frame(node).parent)
    for (const char* const* name = among; *name != nullptr; ++name)
      if (std::strcmp(e.frame(node).function, *name) == 0) return *name;
  return nullptr;
}

const char* caller(unsigned depth) {
  const engine& e = engine::current();
  std::uint32_t node = e.innermost(e.self());
  for (; node != 0; node = e.frame(node).parent) {
    if (e.frame(node).call) continue;
    if (depth-- == 0) return e.frame(node).function;
  }
  return nullptr;
}

step_id now() { return static_cast<step_id>(engine::current().steps().size()); }

bool is_live(const void* object) {
  engine& e = engine::current();
  return e.memory.contains(object) &&
         e.objects[e.memory.at(object).object].state == object_state::live;
}

void check_leaks() {
  engine& e = engine::current();
  for (object_id id = 1; id < e.objects.size(); ++id) {
    const object_entry& o = e.objects[id];
    if (o.kernel && o.state == object_state::live)
      e.found(verdict::leak, e.name_of(id), o.made_at, o.made_at);
  }
}

void*& specimen() { return engine::current().specimen; }

}  // namespace iorace
