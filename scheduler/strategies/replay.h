// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Replay: follows a schedule. What cannot be followed is skipped and the first such thing is
// remembered: a person wants to know that the schedule lost its way, the minimiser only whether the
// finding is still there.
//
// The rules, in the order in which they apply to the segment whose turn it is:
//  1. Its task does not exist: lost.
//  2. Its task stands at its anchor: the segment ends; it may have been empty.
//  3. Its task has passed its anchor already: lost.
//  4. Its task cannot go on: the segment ends; lost if it had an anchor or has not moved at all.
//  5. Otherwise its task runs on.
// After the last segment: the current task while it is enabled, then the lowest enabled one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/record/names.h"
#include "scheduler/record/schedule.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

// The first thing of a schedule that an execution could not honour.
struct lost_place {
  enum class part : std::uint8_t { segment, choice } what = part::segment;
  std::size_t index = 0;  // into schedule::segments or schedule::choices
  const char* why = "";   // "its task ended or blocked before it came there"
};
// Returns "cpu1 until f read a#1.v: it had passed there before".
std::string to_text(const lost_place& lost, const struct schedule& s);

class replay final : public strategy {
 public:
  // Both must outlive the strategy; `s` may not change.
  replay(const struct schedule& s, const names& n);

  void begin(const execution_options& o) override;
  task_id pick(const choice_view& view) override;
  // Instead of pick(), for a decorator that lets another task go on: notes where tasks stand.
  void watch(const choice_view& view);
  std::uint32_t draw(task_id task, const char* site, std::uint32_t n, draw_kind kind) override;

  // To be asked after an execution. One that ended early, by a finding or a cut, is not blamed for
  // what it had no time for.
  std::optional<lost_place> lost(ended how) const;
  // The same execution as a schedule that honours itself: without the lines that were skipped, came
  // too late or changed nothing, a segment that stopped short of its anchor without that anchor.
  struct schedule followed() const;

 private:
  static constexpr std::int16_t nobody = -1;
  // The anchors and choices of one task name; -1 is the id of a task that does not exist yet.
  struct actor {
    std::string_view name;
    std::vector<std::uint32_t> anchored, choices;  // indices into the schedule
    int id = -1;
  };
  enum class fate : std::uint8_t { not_begun, skipped, reached, stopped };
  struct progress {
    fate how = fate::not_begun;
    bool moved = false;         // has it run at all?
    std::uint32_t count = 0;    // how often its task stood at such a place
    std::uint32_t reached = 0;  // at which arrival the count was right; 0 if never
    std::uint32_t given = 0;    // of a choice: the answer
  };

  actor& actor_called(std::string_view name);
  void meet_up_to(task_id last);
  void arrive(const choice_view& view, task_id t);
  // Returns not_begun while the segment goes on.
  fate follow(const choice_view& view, std::size_t index);
  void lose(lost_place::part what, std::size_t index, const char* why);

  const struct schedule& schedule_;
  const names& names_;
  std::vector<actor> actors_;
  std::vector<std::uint16_t> actor_of_segment_;
  std::vector<choice_site_parts> sites_;
  std::vector<progress> segments_, choices_;
  std::array<std::int16_t, 256> actor_of_task_{};
  std::array<std::uint32_t, 256> arrivals_{};
  unsigned known_ = 1;    // tasks below have been met
  unsigned stopped_ = 1;  // tasks below have come to their first operation
  std::size_t at_ = 0;    // the segment whose turn it is
  std::optional<lost_place> lost_;
};

}  // namespace iorace
