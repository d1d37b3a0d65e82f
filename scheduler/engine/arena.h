// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The run arena: everything that modelled tasks own lives here. Memory is handed out upwards and
// never reused within an execution (freed memory stays in quarantine), and the whole arena is reset
// between executions. Each 8-byte granule has a shadow cell (its object) and a history (its last
// accesses), which nobody clears: it tells which execution it is of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/engine/operation.h"

namespace iorace {

inline constexpr std::size_t granule = 8;

// An access in vector time: task in the top byte, that task's clock below. 0 is "never".
using epoch = std::uint32_t;
inline constexpr unsigned epoch_task_shift = 24;

// Shadow of one granule: whose it is.
struct cell {
  object_id object = 0;
  std::uint16_t tag = 0;      // of class.field, see describe.h
  std::uint8_t bad = 1;       // freed, or a red zone: touching it is a finding
  std::uint8_t promoted = 0;  // plain accesses are points
};
static_assert(sizeof(cell) == granule);

// What happened to one granule in the execution `execution`, after FastTrack (Flanagan and Freund,
// PLDI 2009): the last plain write, the last plain read (or a table of them), and a table of marked
// accesses where there are any.
struct history {
  std::uint32_t execution = 0;
  epoch write = 0;
  step_id write_step = no_step;
  std::uint32_t read = 0;  // an epoch, or a row (see detect/race.h)
  step_id read_step = no_step;
  std::uint32_t marked = 0;  // index of a table of marked accesses, 0 if none
  std::uint32_t clock = 0;   // row of the last store-release here, 0 if a later store hides it
  std::uint32_t unused = 0;
};

class arena {
 public:
  explicit arena(std::size_t bytes);
  ~arena();
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  // Returns zeroed memory, 16-byte aligned, followed by at least one granule of red zone, all cells
  // of both set to `object`; those of whole granules are otherwise like `shape`, over and over
  // where there are more. Returns null when the arena is full.
  void* allocate(std::size_t bytes, object_id object, std::span<const cell> shape);
  // Forgets everything handed out.
  void reset();
  std::size_t used() const { return used_; }
  // Copies all that was handed out, and puts the copy back in place of what is there now. Histories
  // are not part of it.
  struct image {
    std::vector<char> bytes;
    std::vector<cell> cells;
  };
  void save(image& to) const;
  void restore(const image& from);

  bool contains(const void* p) const {
    return static_cast<std::size_t>(static_cast<const char*>(p) - base_) < used_;
  }
  // The number of the granule at `p`, which need not lie in the arena.
  std::uint32_t word_of(const void* p) const {
    return static_cast<std::uint32_t>(
        static_cast<std::size_t>(static_cast<const char*>(p) - base_) / granule);
  }
  cell& cell_of(std::uint32_t word) { return cells_[word]; }
  // Fresh in an execution that has not touched the word yet.
  history& past_of(std::uint32_t word) {
    history& h = histories_[word];
    if (h.execution != execution_) h = {.execution = execution_};
    return h;
  }
  // Null in an execution that has not touched the word yet.
  const history* touched_past(std::uint32_t word) const {
    return histories_[word].execution == execution_ ? &histories_[word] : nullptr;
  }
  // Requires: contains(p).
  cell& at(const void* p) { return cells_[word_of(p)]; }
  const cell& at(const void* p) const { return cells_[word_of(p)]; }
  history& past(const void* p) { return past_of(word_of(p)); }
  const char* base() const { return base_; }
  object_id object_at(std::uint32_t word) const { return cells_[word].object; }

 private:
  char* base_;
  cell* cells_;
  history* histories_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::uint32_t execution_ = 1;
};

}  // namespace iorace
