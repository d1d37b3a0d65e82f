// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Operations: what a task declares before it does anything that another task could notice.
// A pending operation is what strategies, detectors and partial-order reduction look at; a step is
// what the record keeps of it once it has been executed. See event_table.def for the kinds.
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

namespace iorace {

using task_id = std::uint16_t;              // index into the execution's tasks; 0 is the setup task
inline constexpr unsigned tasks_max = 250;  // of an execution
inline constexpr task_id no_task = 0xffff;
using object_id = std::uint32_t;  // heap slot of this execution; 0 is no object
using step_id = std::uint32_t;    // index into the record; no_step if there is none
inline constexpr step_id no_step = 0xffffffff;

enum class access_type : std::uint8_t { none, read, write };

enum op_flags : std::uint16_t {
  op_point = 1,
  op_waits = 2,
  op_sleeps = 4,
  op_marked = 8,
  op_acquire = 16,
  op_release = 32,
  op_try = 64,
  op_lasts = 128,
  op_takes = 256,
  op_drops = 512,
};

enum class op_kind : std::uint8_t {
#define EVENT(kind, access, flags) kind,
#include "scheduler/engine/event_table.def"
#undef EVENT
  count_
};

struct op_traits {
  const char* name;
  access_type access;
  std::uint16_t flags;
};

namespace event_table {
inline constexpr access_type READ = access_type::read, WRITE = access_type::write,
                             NONE = access_type::none;
inline constexpr std::uint16_t POINT = op_point, WAITS = op_waits, SLEEPS = op_sleeps,
                               MARKED = op_marked, ACQUIRE = op_acquire, RELEASE = op_release,
                               TRY = op_try, LASTS = op_lasts, TAKES = op_takes, DROPS = op_drops;
inline constexpr op_traits rows[] = {
#define EVENT(kind, access, flags) {#kind, access, flags},
#include "scheduler/engine/event_table.def"
#undef EVENT
};
}  // namespace event_table

// Returns the row of the event table for `kind`.
inline const op_traits& traits(op_kind kind) {
  return event_table::rows[static_cast<unsigned>(kind)];
}
// Whether the event takes a lock, unless it is a try that fails, or drops one.
inline bool takes_lock(op_kind kind) { return (traits(kind).flags & op_takes) != 0; }
inline bool drops_lock(op_kind kind) { return (traits(kind).flags & op_drops) != 0; }
// Whether the event asks for something that a finding comes of.
inline bool is_check(op_kind kind) {
  return kind == op_kind::warn_on || kind == op_kind::bug_on || kind == op_kind::lockdep_assert;
}
// Whether the event is one of those on a list_head.
inline bool is_of_list(op_kind kind) {
  return kind >= op_kind::list_init && kind <= op_kind::list_next;
}
// Whether the event may fail, and then changes nothing.
inline bool is_try(op_kind kind) { return (traits(kind).flags & op_try) != 0; }
// Returns the kind called `name`, or op_kind::count_ if there is none.
op_kind op_kind_by_name(std::string_view name);

// What a task is about to do. `place` identifies the accessed word for dependence: two pending
// operations concern the same thing iff their places are equal and not null; kfree concerns the
// whole object.
struct pending_op {
  const void* place = nullptr;
  object_id object = 0;
  std::uint16_t field = 0;  // tag of class.field, see describe.h
  op_kind kind = op_kind::read;
  std::uint8_t wants = 0;  // primitive-private, e.g. which waiters a wake-up reaches
};

static_assert(sizeof(pending_op) == 16);

// How an executed operation meets others at the same place. Readers of a lock come and go without
// noticing each other, and a writer that queues up keeps out readers and tries, but no writer.
enum class meets_as : std::uint8_t {
  nothing,
  look,
  write,
  // Of an rw_semaphore; a down_write_trylock that succeeds is a write.
  reader_enters,
  reader_leaves,
  reader_fails,  // a try
  writer_arrives,
  writer_enters,
  writer_leaves,
  writer_fails,  // a try
  count_
};

namespace meetings {
consteval std::uint16_t set(auto... all) {
  return static_cast<std::uint16_t>((0u | ... | (1u << static_cast<unsigned>(all))));
}
using enum meets_as;
// By meeting: whose order with it matters. Where a writer enters, it has arrived, so that tries
// fail before it as behind it.
inline constexpr std::uint16_t conflicts[] = {
    set(),
    set(write),
    set(look, write, reader_enters, reader_leaves, reader_fails, writer_arrives, writer_enters,
        writer_leaves, writer_fails),
    set(write, writer_arrives, writer_enters, writer_leaves, writer_fails),
    set(write, writer_enters, writer_leaves, writer_fails),
    set(write, writer_arrives, writer_leaves),
    set(write, reader_enters, reader_fails, writer_fails),
    set(write, reader_enters, reader_leaves, writer_enters, writer_leaves),
    set(write, reader_enters, reader_leaves, reader_fails, writer_enters, writer_leaves,
        writer_fails),
    set(write, reader_enters, reader_leaves, writer_arrives, writer_leaves),
};
// By meeting: behind which ones nothing is left that is in conflict with it and does not precede
// them. Who enters does so when all that have arrived have entered.
inline constexpr std::uint16_t covered[] = {
    set(write),
    set(write),
    set(write, writer_leaves),
    set(write, writer_leaves),
    set(write, writer_leaves),
    set(write),
    set(write),
    set(write, writer_leaves),
    set(write, writer_leaves),
    set(write),
};
static_assert(std::size(conflicts) == static_cast<unsigned>(count_));
static_assert(std::size(covered) == static_cast<unsigned>(count_));
}  // namespace meetings

inline bool conflict(meets_as a, meets_as b) {
  return (meetings::conflicts[static_cast<unsigned>(a)] >> static_cast<unsigned>(b) & 1) != 0;
}
// Returns true iff whatever comes before an earlier `b` and is in conflict with `a` precedes `b`.
inline bool covers(meets_as b, meets_as a) {
  return (meetings::covered[static_cast<unsigned>(a)] >> static_cast<unsigned>(b) & 1) != 0;
}
// `failed`: a try that did not succeed.
meets_as meeting(op_kind kind, bool failed);

// Returns true iff the order of the two could matter.
inline bool dependent(const pending_op& a, const pending_op& b) {
  if (a.place == nullptr || b.place == nullptr) return false;
  const bool frees = a.kind == op_kind::kfree || b.kind == op_kind::kfree;
  if (frees ? a.object != b.object : a.place != b.place) return false;
  const access_type x = traits(a.kind).access;
  const access_type y = traits(b.kind).access;
  if (x == access_type::none || y == access_type::none) return false;
  return x == access_type::write || y == access_type::write;
}

// One executed operation: 16 bytes, all of which enter the digest.
struct step {
  std::uint64_t value = 0;  // value read or written; pointers as identity, never addresses
  object_id object = 0;
  std::uint16_t field = 0;
  op_kind kind = op_kind::read;
  std::uint8_t task = 0;
};
static_assert(sizeof(step) == 16);

// One access of an operation that makes several: `step` is the index of that operation.
struct touched_word {
  step_id step;
  std::uint32_t word;  // see engine::word_of
  bool write, marked;
};

}  // namespace iorace
