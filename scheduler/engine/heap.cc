// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/heap.h"

#include <cstring>

#ifdef IORACE_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "scheduler/engine/check.h"
#include "scheduler/engine/points.h"
#include "scheduler/engine/scope.h"

namespace iorace {
namespace {

// Whatever is freed stays in quarantine: a program that allocates on and on comes to the end.
void* or_cut(void* p) {
  if (p == nullptr) cut("the memory of an execution");
  return p;
}

void* room_for(engine& e, std::uint16_t cls, std::size_t bytes) {
  const auto id = static_cast<object_id>(e.objects.size());
  return or_cut(e.memory.allocate(bytes, id, e.objects.cls(cls).shadow));
}

}  // namespace

void* engine::allocate(const class_info& cls, std::size_t bytes, gfp flags, bool may_fail) {
  const scheduler_scope scope(me_->context);
  if (flags == gfp::kernel && me_->atomic_depth != 0)
    found(verdict::sleep_in_atomic, line("kmalloc of ") + cls.name + atomic_words());
  begin_plain(op_kind::kmalloc);
  if (may_fail && draw_fault("kmalloc")) {
    append(op_kind::kmalloc, nullptr, {}, 0);
    return nullptr;
  }
  const std::uint16_t index = objects.class_index(cls);
  void* p = room_for(*this, index, bytes);
  const object_id id = add_object(index, p, bytes, self_, may_fail);
  append(op_kind::kmalloc, p, {.object = id}, bytes);
  return p;
}

object_id engine::add_object(std::uint16_t cls, void* p, std::size_t bytes, task_id maker,
                             bool kernel) {
  return objects.add({.base = static_cast<char*>(p),
                      .bytes = static_cast<std::uint32_t>(bytes),
                      .cls = cls,
                      .maker = maker,
                      .number = objects.next_number(maker, cls),
                      .state = object_state::live,
                      .kernel = kernel,
                      .made_at = step_count_,
                      .freed_at = no_step});
}

void* engine::keep(const class_info& cls, std::size_t bytes, task_id maker) {
  const scheduler_scope scope(me_->context);
  const std::uint16_t index = objects.class_index(cls);
  void* p = room_for(*this, index, bytes);
  add_object(index, p, bytes, maker, false);
  return p;
}

// The object whose `words` begin at word `first` is freed.
void engine::note_late_frees(std::uint32_t first, std::uint32_t words) {
  for (std::uint32_t word = first; word < first + words; ++word) {
    const history* const past = memory.touched_past(word);
    if (past != nullptr && races.unordered(*past, time)) want_point(memory.cell_of(word));
  }
}

void engine::free(const void* p) {
  if (p == nullptr) return;
  const scheduler_scope scope(me_->context);
  CHECK(!peeking(), "kfree inside a peek_scope");
  const auto check = [&](bool of_double_free) -> const object_entry& {
    if (!memory.contains(p)) found(verdict::invalid_free, "kfree of no object");
    const object_id id = memory.at(p).object;
    const object_entry& o = objects[id];
    if (o.base != p) found(verdict::invalid_free, line("kfree inside ") + name_of(id));
    if (of_double_free && o.state == object_state::freed) {
      append(op_kind::kfree, p, {.object = id}, 0);
      found(verdict::double_free, line("kfree of ") + name_of(id), o.freed_at, step_count_ - 1);
    }
    return o;
  };
  const object_entry* o = &check(quiet());
  if (!quiet()) {
    declare(p, {.object = memory.at(p).object}, op_kind::kfree);
    stop();
    o = &check(true);
  }
  for (unsigned t = 0; t < task_count_; ++t) {
    tasks_[t]->doubtful = true;
    // Who waits for something in it can only be convicted; a sleeper in a wait queue of it when he
    // has been woken, and what attends to it only has nothing to do.
    const bool waits = tasks_[t]->enabled != nullptr && pending_[t].kind != op_kind::schedule;
    if (waits && !tasks_[t]->attends && pending_[t].object == memory.at(p).object)
      set_enabled(static_cast<task_id>(t), true);
    for (unsigned i = 0; i < tasks_[t]->held_count; ++i) {
      const char* lock = static_cast<const char*>(tasks_[t]->held[i].lock);
      if (lock >= o->base && lock < o->base + o->bytes)
        found(verdict::lock_held_at_exit,
              line("kfree of ") + name_of(memory.at(p).object) + " while its lock is held");
    }
  }
  objects.free(memory.at(p).object, step_count_);
  cell* const first = &memory.at(p);
  const auto words = static_cast<std::uint32_t>((o->bytes + granule - 1) / granule);
  for (std::uint32_t word = 0; word < words; ++word) first[word].bad = 1;
  if (mode_ == 0) note_late_frees(memory.word_of(p), words);
  append(op_kind::kfree, p, {.object = first->object}, 0);
#ifdef IORACE_ASAN
  ASAN_POISON_MEMORY_REGION(o->base, o->bytes);
#endif
}

void* allocate_object(const class_info& cls, std::size_t bytes, gfp flags, bool may_fail) {
  return engine::current().allocate(cls, bytes, flags, may_fail);
}

void kfree(const void* object) { engine::current().free(object); }

void* scratch(std::size_t bytes) {
  engine& e = engine::current();
  const scheduler_scope scope(e.task_at(e.self()).context);
  return or_cut(e.memory.allocate(bytes, 0, {}));
}

void reserve_names(const class_info& cls, std::uint32_t n) {
  engine& e = engine::current();
  const scheduler_scope scope(e.task_at(e.self()).context);
  e.objects.reserve(e.self(), e.objects.class_index(cls), n);
}

void name_next(const class_info& cls, std::uint32_t number) {
  engine& e = engine::current();
  const scheduler_scope scope(e.task_at(e.self()).context);
  e.objects.name_next(e.self(), e.objects.class_index(cls), number);
}

}  // namespace iorace
