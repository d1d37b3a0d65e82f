// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The record of an execution: its steps, and what is known of each besides. In one piece, so that
// one address leads to both.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "scheduler/engine/check.h"
#include "scheduler/engine/operation.h"

namespace iorace {

inline constexpr std::uint32_t operations_max = 1u << 20;

// The frame that a step was made in, the word that it names.
struct step_note {
  std::uint32_t frame, word;
};

struct step_record {
  struct freed {
    void operator()(void* p) const { std::free(p); }
  };
  using owner = std::unique_ptr<step_record, freed>;
  // Not initialised before it is written: an engine is to cost little.
  static owner make() {
    owner record(static_cast<step_record*>(std::malloc(sizeof(step_record))));
    CHECK(record != nullptr, "no memory for the steps");
    return record;
  }

  step steps[operations_max];
  step_note notes[operations_max];
};

}  // namespace iorace
