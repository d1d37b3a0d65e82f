// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/bytes.h"

#include <algorithm>
#include <limits>

#include "scheduler/strategies/each_enabled.h"
#include "scheduler/strategies/varint.h"

namespace iorace {
namespace {

bool can_go_on(const choice_view& view) {
  return view.current != no_task && view.is_enabled(view.current);
}

// Calls `visit(task)` for the enabled tasks by id until it returns false.
template <class Visit>
void each_enabled(const choice_view& view, Visit visit) {
  for (unsigned w = 0; w < view.words; ++w)
    for (std::uint64_t bits = view.enabled[w]; bits != 0; bits &= bits - 1)
      if (!visit(static_cast<task_id>(w * 64 + lowest_bit(bits)))) return;
}

task_id dull_pick(const choice_view& view) {
  if (can_go_on(view)) return view.current;
  task_id lowest = no_task;
  each_enabled(view, [&](task_id t) {
    lowest = t;
    return false;
  });
  return lowest;
}

// The `index`-th enabled task other than the current one. Requires: there are more than `index`.
task_id other(const choice_view& view, std::uint32_t index) {
  task_id found = no_task;
  each_enabled(view, [&](task_id t) {
    if (t == view.current) return true;
    found = t;
    return index-- != 0;
  });
  return found;
}

std::uint32_t index_of(const choice_view& view, task_id task) {
  std::uint32_t index = 0;
  each_enabled(view, [&](task_id t) {
    if (t == task) return false;
    if (t != view.current) ++index;
    return true;
  });
  return index;
}

std::uint32_t clamp32(std::uint64_t v) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(v, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

bytes_schedule decode_schedule(std::span<const std::uint8_t> bytes) {
  bytes_schedule s;
  byte_reader in(bytes);
  std::uint64_t switches = in.number();
  for (; switches != 0 && !in.at_end(); --switches) {
    const std::uint32_t after = clamp32(in.number());
    const std::uint32_t to = clamp32(in.number());
    s.switches.push_back({after, to});
  }
  while (!in.at_end()) s.draws.push_back(clamp32(in.number()));
  while (!s.draws.empty() && s.draws.back() == 0) s.draws.pop_back();
  return s;
}

void encode_schedule(const bytes_schedule& schedule, std::vector<std::uint8_t>& to) {
  std::size_t draws = schedule.draws.size();
  while (draws != 0 && schedule.draws[draws - 1] == 0) --draws;
  if (schedule.switches.empty() && draws == 0) return;
  put_number(to, schedule.switches.size());
  for (const bytes_switch& s : schedule.switches) {
    put_number(to, s.after);
    put_number(to, s.to);
  }
  for (std::size_t i = 0; i < draws; ++i) put_number(to, schedule.draws[i]);
}

void bytes_strategy::begin(const execution_options&) {
  next_switch_ = next_draw_ = 0;
  passed_ = 0;
}

task_id bytes_strategy::pick(const choice_view& view) {
  if (view.enabled_count > 1 && next_switch_ < schedule_.switches.size()) {
    const bytes_switch& s = schedule_.switches[next_switch_];
    if (passed_ == s.after) {
      passed_ = 0;
      ++next_switch_;
      return other(view, s.to % (view.enabled_count - (can_go_on(view) ? 1 : 0)));
    }
    ++passed_;
  }
  return dull_pick(view);
}

std::uint32_t bytes_strategy::draw(task_id, const char*, std::uint32_t n, draw_kind) {
  return next_draw_ < schedule_.draws.size() ? schedule_.draws[next_draw_++] % n : 0;
}

void bytes_recorder::begin(const execution_options& o) {
  inner_.begin(o);
  schedule_ = {};
  passed_ = 0;
}

task_id bytes_recorder::pick(const choice_view& view) {
  const task_id task = inner_.pick(view);
  if (view.enabled_count > 1) {
    if (task == dull_pick(view)) {
      ++passed_;
    } else {
      schedule_.switches.push_back({passed_, index_of(view, task)});
      passed_ = 0;
    }
  }
  return task;
}

std::uint32_t bytes_recorder::draw(task_id task, const char* site, std::uint32_t n,
                                   draw_kind kind) {
  const std::uint32_t value = inner_.draw(task, site, n, kind);
  schedule_.draws.push_back(value);
  return value;
}

}  // namespace iorace
