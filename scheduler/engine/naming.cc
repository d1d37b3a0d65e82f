// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What an execution's things are called, and findings, which are made of names.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unistd.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/points.h"

namespace iorace {
namespace {

const char* rerun_command = nullptr;

// A word by which a schedule, the name of a choice and that of an object can call a task.
std::string task_word(std::string_view name) {
  std::string word(name);
  for (char& c : word)
    if (c <= ' ' || c > '~' || c == ':' || c == '#') c = '_';
  const bool letter = (word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z');
  return letter && word != "choose" ? word : "task-" + word;
}

}  // namespace

// Names the newest task, in a slot that often has the name from the execution before; cpuN if
// `name` is empty.
void engine::name_task(task& t, const char* name) {
  const bool numbered = *name == '\0';
  if (task_count_ < named_ && !numbered && t.cpu_number == 0 && t.asked == name) return;
  named_ = task_count_ + 1;
  t.cpu_number = numbered ? cpus_ : 0;
  t.asked = numbered ? "cpu" + std::to_string(cpus_) : name;
  const std::string word = task_word(t.asked);
  t.name = word;
  const auto end = tasks_.begin() + task_count_;
  for (unsigned k = 2;
       std::any_of(tasks_.begin(), end, [&](auto& u) { return u->name == t.name; });)
    t.name = word + '-' + std::to_string(k++);
  // ThreadSanitizer shows CPU1 as a drawing does.
  t.context.set_name((numbered ? "CPU" + std::to_string(cpus_) : t.name).c_str());
}

std::string engine::object_name(object_id id) const { return place_name(id, 0); }

std::string engine::element_name(object_id id, std::uint16_t tag, const void* place) const {
  char buffer[256];
  return std::string(place_name(id, tag, buffer, place));
}

std::string_view engine::place_name(object_id id, std::uint16_t tag, std::span<char> buffer,
                                    const void* place) const {
  if (id == 0) return {};
  const object_entry& o = objects[id];
  const char* maker = o.maker == 0 ? "" : tasks_[o.maker]->name.c_str();
  if (std::strncmp(maker, "cpu", 3) == 0) maker += 3;
  const char* field = tag == 0 ? "" : objects.field_name(id, tag);
  object_table::element e;
  if (place != nullptr && *field != '\0') e = objects.element_at(id, place);
  const int n = std::snprintf(buffer.data(), buffer.size(), "%s#%s%s%u%s%s%s%s",
                              objects.cls(o.cls).info->name, maker, *maker == '\0' ? "" : ".",
                              o.number, e.of_object, *field == '\0' ? "" : ".", field, e.of_member);
  return {buffer.data(), std::min(static_cast<std::size_t>(n), buffer.size() - 1)};
}

// Of what is no address in the arena: small numbers and error codes.
std::uint64_t engine::identity_of_number(const void* p) {
  const auto bits = reinterpret_cast<std::uintptr_t>(p);
  return bits < 4096 || bits > ~std::uintptr_t{4095} ? bits : 1;
}

std::string engine::identity_name(std::uint64_t value) const {
  const auto id = static_cast<object_id>(value >> 32);
  const auto offset = static_cast<std::uint32_t>(value) - 1;
  if (value == 0) return "NULL";
  if (id == 0 || id >= objects.size()) return std::to_string(static_cast<std::int64_t>(value));
  if (offset == 0 && objects.cls(objects[id].cls).tags.size() != 1) return object_name(id);
  const char* place = objects[id].base + offset;
  return element_name(id, objects.tag_of(id, place), place);
}

line engine::name_of(const void* p) {
  char buffer[256];
  if (!memory.contains(p) || memory.at(p).object == 0) return "nothing";
  const object_id id = memory.at(p).object;
  return place_name(id, objects.tag_of(id, p), buffer, p);
}

line engine::name_of(object_id id) const {
  char buffer[256];
  return place_name(id, 0, buffer);
}

const char* engine::function_of(std::uint32_t node) const {
  while (node != 0 && frames_[node].call) node = frames_[node].parent;
  return frames_[node].function;
}

void engine::describe(verdict v, const line& detail, step_id other, step_id at) {
  finding& f = finding_;
  f.kind = v;
  f.name = verdicts()[static_cast<unsigned>(v)].name;
  f.detail = detail.view();
  f.at = at;
  f.other = other;
  f.task = self_;
  f.execution = options_->number;
  const auto side = [this](std::uint32_t node, task_id t) {
    const char* function = function_of(node);
    return *function != '\0' ? std::string(function) : tasks_[t]->name;
  };
  std::string here = side(me_->frame, self_);
  if (other == no_step) {
    f.title = f.name + " in " + here;
    return;
  }
  f.other_task = record_->steps[other].task;
  std::string there = side(record_->notes[other].frame, f.other_task);
  const bool symmetric = v == verdict::data_race || v == verdict::lock_order;
  if (symmetric && there < here) std::swap(here, there);  // one key for both orders
  f.title = f.name + ": " + here + " v " + there;
}

void engine::found(verdict v, const line& detail, step_id other, step_id at) {
  describe(v, detail, other, at);
  end(ended::found);
}

void engine::found_as(finding&& f) {
  {
    // Constructed, not assigned: an assigned-from string may keep memory, and the caller's frame is
    // abandoned with it.
    finding taken = std::move(f);
    finding_ = std::move(taken);
  }
  finding_.execution = options_->number;
  end(ended::found);
}

// `stopped`: the operation has been declared and picked.
void engine::found_dead(const void* place, op_kind kind, bool stopped) {
  CHECK(memory.contains(place) || reinterpret_cast<std::uintptr_t>(place) < 4096 ||
            reinterpret_cast<std::uintptr_t>(place) > ~std::uintptr_t{4095},
        "a modelled object outside the run arena: allocate it with make<T>() in setup");
  if (!memory.contains(place))
    found(verdict::out_of_bounds, line(traits(kind).name) + " through a null or error pointer");
  const cell& c = memory.at(place);
  const object_entry& o = objects[c.object];
  if (o.state == object_state::live)
    found(verdict::out_of_bounds, line(traits(kind).name) + " behind " + name_of(c.object));
  stopped = stopped || (mine_->place == place && mine_->kind == kind);
  if (!quiet() && !stopped) {
    declare(place, c, kind);
    stop();
  }
  append(kind, place, c, 0);
  found(verdict::use_after_free, line(traits(kind).name) + " of " + name_of(place), o.freed_at,
        step_count_ - 1);
}

void engine::print_context() const {
  char text[256];
  const int n = std::snprintf(
      text, sizeof text, "iorace: seed %llu, execution %llu, step %u, task %s\n",
      static_cast<unsigned long long>(options_->seed),
      static_cast<unsigned long long>(options_->number), step_count_, me_->name.c_str());
  if (write(STDERR_FILENO, text, static_cast<std::size_t>(n)) < 0) _exit(134);
}

void set_rerun_command(const char* command) { rerun_command = command; }

void print_context() {
  if (running_engine != nullptr) running_engine->print_context();
  if (rerun_command == nullptr) return;
  for (const char* text : {"iorace: run it again: ", rerun_command, "\n"})
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) _exit(134);
}

void check_failed(const char* file, int line, const char* condition, const char* text) {
  std::fprintf(stderr, "iorace: %s:%d: %s (%s)\n", file, line, text, condition);
  print_context();
  std::abort();
}

}  // namespace iorace
