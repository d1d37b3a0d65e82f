// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Hash of the trace that an execution belongs to: of the steps of each task in program order, each
// with the steps that it depends on. Independent of the order of independent steps. The relation is
// that of the event table: the same word and a write among them; kfree concerns all words of its
// object; what walks or changes a list or a tree, all words that it touches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/engine/engine.h"

namespace iorace {

// Keeps its tables from one execution to the next: they are as large as the heap was, of which an
// execution touches little.
class trace_hasher {
 public:
  // Of the last execution of `e`.
  std::uint64_t of(const engine& e);

 private:
  // A word or a whole object, and what was done to it.
  struct place {
    std::uint64_t hashed = 0;  // when it was last used: what follows is of that execution
    std::uint64_t name = 0;    // the same in every execution
    std::uint64_t write = 0;   // hash of the last write
    // Sums of the hashes of what came since, by meeting: their order does not matter.
    std::uint64_t since[static_cast<unsigned>(meets_as::count_)] = {};
  };
  struct access {
    place* at;
    meets_as how;
  };

  std::uint64_t stable_name(object_id id, std::uint64_t word) const;
  std::uint64_t stable_value(const step& s);
  place& word_at(object_id id, std::uint32_t word);
  place& object_at(object_id id);
  void add(step_id i, std::span<const touched_word> parts);
  void note(object_id object, std::uint32_t word, meets_as how, bool whole);
  void note_place(place& at, meets_as how);

  const engine* e_ = nullptr;
  std::uint64_t hashed_ = 0;
  std::vector<std::uint64_t> tasks_, names_, children_;
  std::vector<place> objects_, words_;
  std::vector<access> made_;  // by the step at hand
};

inline std::uint64_t trace_hash(const engine& e) { return trace_hasher().of(e); }

}  // namespace iorace
