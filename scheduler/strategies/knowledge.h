// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What strategies learn. An execution teaches a lesson, which its strategy reports; lessons are
// merged in the order of executions at the end of a batch (see sample.h), and all executions of the
// next batch know the same.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/strategies/archive.h"
#include "scheduler/strategies/corpus.h"
#include "scheduler/strategies/profile.h"

namespace iorace {

struct lesson {
  std::uint64_t execution = 0;
  std::vector<event_count> events;  // empty unless they were counted
  reads_from_lesson reads;
  way_lesson ways;
};

struct knowledge {
  profile events;    // of urw and surw
  corpus schedules;  // of feedback
  archive ways;      // of frontier

  // Requires: lessons come in the order of executions; merged() follows the last one of a batch.
  void learn(const lesson& l) {
    events.add(l.events);
    schedules.learn(l.reads);
    ways.learn(l.ways);
  }
  void merged() {
    events.summarize();
    schedules.merged();
  }

  void write(ledger_writer& to) const {
    events.write(to);
    schedules.write(to);
    ways.write(to);
  }
  void read(ledger_reader& from) {
    events.read(from);
    schedules.read(from);
    ways.read(from);
  }
};

// Whether the operations of execution `number` are to be counted: of the first 64 and then of every
// sixteenth.
constexpr bool to_be_counted(std::uint64_t number) { return number < 64 || number % 16 == 0; }

}  // namespace iorace
