// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Operations on lists and trees: the accesses that they consist of.
#include "scheduler/engine/container.h"

#ifdef IORACE_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "scheduler/engine/points.h"

namespace iorace {

void engine::begin_access(op_kind kind, std::initializer_list<const void*> places) {
  const scheduler_scope scope(me_->context);
  CHECK(!peeking(), "an operation inside a peek_scope");
  bool point = (traits(kind).flags & op_point) != 0 || starting();
  for (const void* place : places) {
    check_live(place, kind);
    point = point || memory.at(place).promoted != 0;
  }
  point = point && !quiet();
  const void* first = *places.begin();
  if (point) {
    declare(first, memory.at(first), kind);
    stop();
  }
  part_ = {.named = memory.at(first), .stopped = point};
  for (const void* place : places)
    if (__builtin_expect(!is_alive(place), 0)) lean_on(place, kind);  // it has died meanwhile
}

// Convicts if `place` is dead, or of the race. Where an exhaustive search is to see whatever the
// operation depends on, only when it has accessed all.
void engine::judge_part(op_kind kind, const void* place, step_id race) {
  if (is_alive(place) && race == no_step) return;
  if (part_.misused == nullptr) part_.misused = place, part_.race = race;
  if (!part_.stopped || !options_->for_search || !memory.contains(place)) convict_misuse(kind);
#ifdef IORACE_ASAN
  const object_entry& o = objects[memory.at(place).object];
  ASAN_UNPOISON_MEMORY_REGION(o.base, o.bytes);
#endif
}

void engine::convict_misuse(op_kind kind) {
  const void* place = part_.misused;
  if (!is_alive(place)) found_dead(place, kind, part_.stopped);
  append(kind, place, memory.at(place), 0);
  found_race(place, part_.race);
}

void engine::touch_part(op_kind kind, const void* place, access_type how, bool marked) {
  const scheduler_scope scope(me_->context);
  const bool write = how == access_type::write;
  note_touched(place, how, marked);
  if (__builtin_expect(part_.misused != nullptr || !is_alive(place), 0))
    return judge_part(kind, place, no_step);
  const step_id race = race_with(place, marked, write);
  if (__builtin_expect(race != no_step, 0)) return judge_part(kind, place, race);
  if (marked && mode_ == 0) note_unordered(memory.past(place), kind, write);
#ifdef IORACE_TSAN
  // The access is made here, out of its sight.
  if (!quiet()) me_->context.access(place, write, marked, frames_[me_->frame].code);
#endif
}

void engine::lean_on(const void* place, op_kind kind) {
  if (peeking()) return;
  const scheduler_scope scope(me_->context);
  note_touched(place, access_type::read, true);
  if (__builtin_expect(!is_alive(place), 0)) judge_part(kind, place, no_step);
}

void engine::depend_on(const void* place, access_type how) { note_touched(place, how, true); }

void engine::commit_access(op_kind kind, const void* place, std::uint64_t value) {
  if (__builtin_expect(part_.misused != nullptr, 0)) convict_misuse(kind);
  commit(kind, place, value);
}

void engine::want_point(const cell& c) {
  if (c.promoted == 0) wanted_points_.push_back({c.object, c.tag});
}

// Two marked accesses do not race, but their order matters: both operations should be points.
void engine::note_unordered(const history& h, op_kind kind, bool write) {
  races.each_unordered(h, time, task_count_, write, [&](step_id other) {
    if ((traits(kind).flags & op_point) == 0) want_point(part_.named);
    if ((traits(record_->steps[other].kind).flags & op_point) == 0)
      want_point(memory.cell_of(record_->notes[other].word));
  });
}

}  // namespace iorace
