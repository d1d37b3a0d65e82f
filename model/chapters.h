// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapters of the model, as rows. Tables are read in this order; worlds are made from the
// bottom up, and finished from the top down.
#pragma once

#include <array>

#include "model/tables.h"

namespace iorace::kern {

struct chapter_info {
  chapter_set needs;  // chapters whose worlds this one's flows use, all the way down
  std::span<const flow_info> (*flows)();
  std::span<const knob_info> (*knobs)();
  std::span<const limit_info> (*limits)();
  std::span<const invariant_info> (*invariants)();
  std::span<const probe_info> (*probes)();
  const class_info* (*class_called)(std::string_view);
  void (*make)(world&);
  void (*finish)(world&);
};

using chapter_rows = std::array<chapter_info, static_cast<unsigned>(chapter::count)>;
const chapter_rows& all_chapters();
// The order in which worlds are made.
std::span<const chapter> from_the_bottom();

}  // namespace iorace::kern
