// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/bind.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "fuzz/menu.h"
#include "fuzz/program_text.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/record/scanner.h"

namespace iorace {

// Memory of the run arena that two tasks reach: one variable.
struct shared_variable {
  shared<std::uint64_t> value;
};
IORACE_DESCRIBE(shared_variable, "variable", value);

namespace {

// Where a call finds an argument or leaves its result.
struct operand {
  enum : std::uint8_t { constant, plain, shared_slot } where = constant;
  std::uint32_t slot = 0;
  std::uint64_t value = 0;
};

struct planned_call {
  const call* what = nullptr;
  std::string label = {};
  std::array<operand, kern::args_max> args = {};
  bool binds = false;
  operand result = {};
  const class_info* cls = nullptr;  // of the object that it makes, if that is named
  std::size_t index = 0;            // into the outcomes
};

struct reserved_names {
  const class_info* cls;
  std::uint32_t count;
};

struct planned_task {
  std::vector<planned_call> calls;
  std::vector<reserved_names> names;
};

// What one execution has, in its scratch memory.
struct bound_world {
  const bound_program::plan* plan;
  kern::world* model;
  std::uint64_t* plain;
  shared_variable** slots;
  call_outcome* outcomes;
};

}  // namespace

struct bound_program::plan {
  program_data data;
  const schema* tables;
  kern::config config;
  std::vector<planned_task> tasks;     // [0] is the setup
  std::uint32_t plain = 0, slots = 0;  // numbers of variables
  std::size_t calls = 0;

  plan(program_data p, const schema& s);

 private:
  using key = std::tuple<std::string_view, unsigned, unsigned>;
  void place_variables();
  void plan_task(unsigned task);
  std::map<key, operand> variables_;
};

// For each row the lowest number of an execution that reached it: which of them belong to the first
// n executions does not depend on who ran ahead.
struct bound_program::facts {
  static constexpr std::uint64_t never = ~std::uint64_t{0};
  using first_numbers = std::vector<std::atomic<std::uint64_t>>;
  first_numbers knobs, probes, calls;
  explicit facts(std::size_t call_count)
      : knobs(kern::rows_max), probes(kern::rows_max), calls(call_count) {
    for (first_numbers* all : {&knobs, &probes, &calls})
      for (auto& first : *all) first = never;
  }

  void add(const kern::world& w, std::uint64_t number) {
    add_bits(knobs, kern::knobs_consulted(w), number);
    add_bits(probes, kern::probes_reached(w), number);
  }
  static void add(std::atomic<std::uint64_t>& first, std::uint64_t number) {
    std::uint64_t seen = first.load(std::memory_order_relaxed);
    while (number < seen && !first.compare_exchange_weak(seen, number, std::memory_order_relaxed)) {
    }
  }
  static void add_bits(first_numbers& to, const kern::row_set& rows, std::uint64_t number) {
    for (std::size_t w = 0; w < rows.size(); ++w)
      for (std::uint64_t bits = rows[w]; bits != 0; bits &= bits - 1)
        add(to[w * 64 + static_cast<std::size_t>(std::countr_zero(bits))], number);
  }
  static kern::row_set rows_below(const first_numbers& all, std::uint64_t end) {
    kern::row_set rows = {};
    for (std::size_t i = 0; i < all.size(); ++i)
      rows[i / 64] |= std::uint64_t{all[i] < end} << i % 64;
    return rows;
  }
};

namespace {

// Of the latest execution of this OS thread.
struct latest {
  std::shared_ptr<const bound_program::plan> plan;  // keeps what was drawn from a menu
  const bound_world* world = nullptr;
};
latest& this_thread() {
  static thread_local latest l;
  return l;
}

std::uint64_t load(const bound_world& w, const operand& o) {
  if (o.where == operand::constant) return o.value;
  if (o.where == operand::plain) return w.plain[o.slot];
  return READ_ONCE(w.slots[o.slot]->value);
}

void store(const bound_world& w, const operand& o, std::uint64_t value) {
  if (o.where == operand::plain)
    w.plain[o.slot] = value;
  else
    WRITE_ONCE(w.slots[o.slot]->value, value);
}

// No destructor runs in a task that is abandoned: names without memory of their own.
const char* code_name(long rc, std::span<char> buffer) {
  const char* name = rc < 0 ? strerrorname_np(static_cast<int>(-rc)) : nullptr;
  if (name != nullptr)
    std::snprintf(buffer.data(), buffer.size(), "-%s", name);
  else
    std::snprintf(buffer.data(), buffer.size(), "%ld", rc);
  return buffer.data();
}

// The code is part of the title, so that another one is another finding, for the minimiser, too.
[[noreturn]] void convict_result(const planned_call& c, long rc) {
  char got[32], wanted[32], detail[160], where[96];
  std::snprintf(detail, sizeof detail, "%s returned %s, expected %s", c.what->flow->name,
                code_name(rc, got), code_name(*c.what->expected, wanted));
  std::snprintf(where, sizeof where, "%s: %s", c.what->flow->name, got);
  const step_id next = now();
  convict("unexpected-result", {where, current_task(), next == 0 ? no_step : next - 1}, {nullptr},
          detail);
}

void make_call(bound_world& w, const planned_call& c) {
  call_enter(c.label.c_str());
  kern::call_args args;
  for (std::size_t i = 0; i < arg_count(*c.what); ++i) args.value[i] = load(w, c.args[i]);
  if (c.cls != nullptr) name_next(*c.cls, c.what->result);
  const kern::call_result r = c.what->flow->run(*w.model, args);
  if (c.cls != nullptr) name_next(*c.cls, 0);
  call_outcome& outcome = w.outcomes[c.index];
  outcome = {true, r.rc};
  if (c.binds) store(w, c.result, r.rc == 0 ? r.out : 0);
  if (c.what->expected && *c.what->expected != r.rc) convict_result(c, r.rc);
  frame_leave();
}

void run_task(bound_world& w, unsigned task) {
  const planned_task& t = w.plan->tasks[task];
  for (const reserved_names& n : t.names) reserve_names(*n.cls, n.count);
  for (const planned_call& c : t.calls) make_call(w, c);
}

template <class T>
T* scratch_array(std::size_t n) {
  T* const first = static_cast<T*>(scratch((n + 1) * sizeof(T)));
  std::uninitialized_value_construct_n(first, n);
  return first;
}

void* set_up(const bound_program::plan& p) {
  auto* const w = ::new (scratch(sizeof(bound_world)))
      bound_world{&p, kern::make_world(p.config), scratch_array<std::uint64_t>(p.plain),
                  scratch_array<shared_variable*>(p.slots), scratch_array<call_outcome>(p.calls)};
  for (std::uint32_t i = 0; i < p.slots; ++i) w->slots[i] = make<shared_variable>();
  this_thread().world = w;
  run_task(*w, 0);
  return w;
}

}  // namespace

bound_program::plan::plan(program_data p, const schema& s) : data(std::move(p)), tables(&s) {
  config = config_of(data, s);
  config.chapters = chapters_of(data);
  place_variables();
  for (unsigned t = 0; t <= data.task_count(); ++t) plan_task(t);
}

// A variable is shared if a task other than its own uses it, and its own is not the setup.
void bound_program::plan::place_variables() {
  for (unsigned t = 0; t <= data.task_count(); ++t)
    for (const call& c : data.calls_of(t))
      if (c.result != 0) variables_[{c.flow->result, t, c.result}] = {operand::plain, 0, 0};
  for (unsigned t = 0; t <= data.task_count(); ++t)
    for (const call& c : data.calls_of(t))
      for (std::size_t a = 0; a < arg_count(c); ++a) {
        const variable v = c.args[a].object;
        if (v && v.task != 0 && v.task != t)
          variables_.at({c.flow->args[a].cls, v.task, v.number}).where = operand::shared_slot;
      }
  for (auto& [name, o] : variables_) o.slot = o.where == operand::plain ? plain++ : slots++;
}

void bound_program::plan::plan_task(unsigned task) {
  planned_task t;
  std::map<std::string_view, std::uint32_t> highest;
  for (const call& c : data.calls_of(task)) {
    planned_call planned{.what = &c, .label = call_label(c)};
    for (std::size_t a = 0; a < arg_count(c); ++a) {
      const variable v = c.args[a].object;
      if (v)
        planned.args[a] = variables_.at({c.flow->args[a].cls, v.task, v.number});
      else
        planned.args[a].value = c.args[a].value;
    }
    if (c.result != 0) {
      planned.binds = true;
      planned.result = variables_.at({c.flow->result, task, c.result});
      planned.cls = kern::class_called(c.flow->result);
      std::uint32_t& n = highest[c.flow->result];
      n = std::max<std::uint32_t>(n, c.result);
    }
    planned.index = calls++;
    t.calls.push_back(std::move(planned));
  }
  for (const auto& [name, count] : highest)
    if (const class_info* cls = kern::class_called(name)) t.names.push_back({cls, count});
  tasks.push_back(std::move(t));
}

bound_program::bound_program(program_data p, const schema& s)
    : plan_(std::make_shared<const plan>(std::move(p), s)),
      facts_(std::make_shared<facts>(plan_->data.menu ? 0 : plan_->calls)) {
  runnable_.setup = [plan = plan_]() -> void* {
    latest& l = this_thread();
    if (!plan->data.menu) {
      if (l.plan != plan) l.plan = plan;
    } else {
      const execution_options& o = engine::current().options();
      l.plan = std::make_shared<const bound_program::plan>(
          draw_menu(plan->data, o.seed, o.number, *plan->tables), *plan->tables);
    }
    return set_up(*l.plan);
  };
  runnable_.same_setup = !plan_->data.menu;
  const program_data shape = plan_->data.menu ? draw_menu(plan_->data, 0, 0, s) : plan_->data;
  for (unsigned t = 1; t <= shape.task_count(); ++t)
    runnable_.bodies.push_back({shape.tasks[t - 1].kind, shape.tasks[t - 1].name,
                                [t](void* w) { run_task(*static_cast<bound_world*>(w), t); }});
  runnable_.check = [facts = facts_](void* w) {
    kern::world& model = *static_cast<bound_world*>(w)->model;
    kern::finish_world(model);
    const std::uint64_t number = engine::current().options().number;
    facts->add(model, number);
    const call_outcome* const outcomes = static_cast<bound_world*>(w)->outcomes;
    for (std::size_t i = 0; i < facts->calls.size(); ++i)
      if (outcomes[i].rc == 0) facts->add(facts->calls[i], number);
  };
}

const program_data& bound_program::data() const { return plan_->data; }

reached_rows bound_program::reached(std::uint64_t end) const {
  reached_rows r{facts::rows_below(facts_->knobs, end), facts::rows_below(facts_->probes, end), {}};
  for (const auto& first : facts_->calls) r.calls.push_back(first < end);
  return r;
}

void bound_program::reached_before(const reached_rows& r) {
  facts::add_bits(facts_->knobs, r.knobs, 0);
  facts::add_bits(facts_->probes, r.probes, 0);
  for (std::size_t i = 0; i < facts_->calls.size() && i < r.calls.size(); ++i)
    if (r.calls[i]) facts::add(facts_->calls[i], 0);
}

void bound_program::count_latest(std::uint64_t number) {
  const bound_world* const w = this_thread().world;
  if (w == nullptr || (w->plan != plan_.get() && !plan_->data.menu)) return;
  facts_->add(*w->model, number);
  for (std::size_t i = 0; i < facts_->calls.size(); ++i)
    if (w->outcomes[i].returned && w->outcomes[i].rc == 0) facts::add(facts_->calls[i], number);
}

std::span<const call_outcome> latest_outcomes() {
  const bound_world* const w = this_thread().world;
  return {w->outcomes, w->plan->calls};
}
const program_data& latest_program() {
  static const program_data nothing;
  const latest& l = this_thread();
  return l.plan == nullptr ? nothing : l.plan->data;
}

}  // namespace iorace
