// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/replay.h"

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/engine/check.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {
namespace {

// Returns one_word(text) == word, without making the word.
bool is_word(std::string_view text, std::string_view word) {
  if (text.empty()) return word == no_function;
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char t, char w) { return t == w || (w == '_' && (t <= ' ' || t > '~')); });
}

}  // namespace

std::string to_text(const lost_place& lost, const schedule& s) {
  if (lost.what == lost_place::part::segment)
    return fmt::format("{}: {}", to_text(s.segments[lost.index]), lost.why);
  const choice& c = s.choices[lost.index];
  return fmt::format("choose {} {}: {}", c.site, c.value, lost.why);
}

replay::replay(const schedule& s, const names& n)
    : schedule_(s), names_(n), segments_(s.segments.size()), choices_(s.choices.size()) {
  actors_.reserve(s.segments.size() + s.choices.size());
  for (std::uint32_t i = 0; i < s.segments.size(); ++i) {
    actor& a = actor_called(s.segments[i].task);
    if (s.segments[i].until) a.anchored.push_back(i);
    actor_of_segment_.push_back(static_cast<std::uint16_t>(&a - actors_.data()));
  }
  for (std::uint32_t i = 0; i < s.choices.size(); ++i) {
    const auto parts = split_choice_site(s.choices[i].site);
    sites_.push_back(parts.value_or(choice_site_parts{}));
    if (parts) actor_called(parts->task).choices.push_back(i);
  }
}

replay::actor& replay::actor_called(std::string_view name) {
  for (actor& a : actors_)
    if (a.name == name) return a;
  CHECK(actors_.size() < 0x7fff, "a schedule speaks of fewer than 32767 tasks");
  actors_.push_back({name, {}, {}, -1});
  return actors_.back();
}

void replay::begin(const execution_options&) {
  for (actor& a : actors_) a.id = -1;
  std::fill(segments_.begin(), segments_.end(), progress{});
  std::fill(choices_.begin(), choices_.end(), progress{});
  arrivals_.fill(0);
  actor_of_task_[0] = nobody;
  known_ = stopped_ = 1;
  at_ = 0;
  lost_.reset();
}

// A task may draw before it stops for the first time.
void replay::meet_up_to(task_id last) {
  for (; known_ <= last; ++known_) {
    actor_of_task_[known_] = nobody;
    for (std::size_t i = 0; i < actors_.size(); ++i)
      if (is_word(names_.task(static_cast<task_id>(known_)), actors_[i].name)) {
        actor_of_task_[known_] = static_cast<std::int16_t>(i);
        actors_[i].id = static_cast<int>(known_);
      }
  }
}

// Counts the place where `t` has stopped for every anchor that speaks of it.
void replay::arrive(const choice_view& view, task_id t) {
  ++arrivals_[t];
  if (actor_of_task_[t] == nobody) return;
  const pending_op& op = view.pending[t];
  char buffer[place_size];
  std::string_view place;
  bool placed = false;
  for (std::uint32_t i : actors_[static_cast<std::size_t>(actor_of_task_[t])].anchored) {
    const anchor& a = *schedule_.segments[i].until;
    if (a.kind != op.kind || !is_word(names_.function(t), a.function)) continue;
    if (!placed) place = names_.place(op, buffer), placed = true;
    if (place.empty() ? !a.place.empty() : !is_word(place, a.place)) continue;
    if (++segments_[i].count == a.occurrence) segments_[i].reached = arrivals_[t];
  }
}

void replay::lose(lost_place::part what, std::size_t index, const char* why) {
  if (!lost_) lost_ = lost_place{what, index, why};
}

replay::fate replay::follow(const choice_view& view, std::size_t index) {
  constexpr auto part = lost_place::part::segment;
  const int id = actors_[actor_of_segment_[index]].id;
  if (id < 0) {
    lose(part, index, "there is no such task yet");
    return fate::skipped;
  }
  const auto t = static_cast<task_id>(id);
  const bool anchored = schedule_.segments[index].until.has_value();
  const progress& p = segments_[index];
  if (anchored && p.reached != 0) {
    if (p.reached == arrivals_[t]) return fate::reached;
    lose(part, index, "its task had passed there before");
    return fate::skipped;
  }
  if (view.is_enabled(t)) return fate::not_begun;
  if (anchored)
    lose(part, index, "its task ended or blocked before it came there");
  else if (!p.moved)
    lose(part, index, "its task has ended or is blocked");
  return p.moved ? fate::stopped : fate::skipped;
}

void replay::watch(const choice_view& view) {
  if (view.current != no_task && view.current < stopped_) arrive(view, view.current);
  meet_up_to(static_cast<task_id>(view.tasks - 1));
  for (; stopped_ < view.tasks; ++stopped_) arrive(view, static_cast<task_id>(stopped_));
}

task_id replay::pick(const choice_view& view) {
  watch(view);
  for (; at_ < schedule_.segments.size(); ++at_) {
    progress& p = segments_[at_];
    p.how = follow(view, at_);
    if (p.how != fate::not_begun) continue;
    p.moved = true;
    return static_cast<task_id>(actors_[actor_of_segment_[at_]].id);
  }
  return dullest(view);
}

std::uint32_t replay::draw(task_id task, const char* site, std::uint32_t n, draw_kind) {
  meet_up_to(task);
  if (actor_of_task_[task] == nobody) return 0;
  std::uint32_t answer = 0;
  for (std::uint32_t i : actors_[static_cast<std::size_t>(actor_of_task_[task])].choices) {
    if (!is_word(site, sites_[i].site) || !is_word(names_.function(task), sites_[i].function))
      continue;
    if (++choices_[i].count != sites_[i].occurrence) continue;
    choices_[i].reached = 1;
    choices_[i].given = answer = std::min(schedule_.choices[i].value, n - 1);
    if (answer != schedule_.choices[i].value)
      lose(lost_place::part::choice, i, "there are not so many answers");
  }
  return answer;
}

std::optional<lost_place> replay::lost(ended how) const {
  if (lost_ || how != ended::finished) return lost_;
  for (std::size_t i = at_; i < schedule_.segments.size(); ++i) {
    // The last task ran to its end, and that was the end of the execution.
    if (segments_[i].moved && !schedule_.segments[i].until) continue;
    return lost_place{lost_place::part::segment, i, "everything had ended before"};
  }
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (choices_[i].reached == 0)
      return lost_place{lost_place::part::choice, i, "nobody chose there"};
  return std::nullopt;
}

schedule replay::followed() const {
  schedule out;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i].moved) continue;
    segment s = schedule_.segments[i];
    if (segments_[i].how != fate::reached) s.until.reset();
    if (!out.segments.empty() && out.segments.back().task == s.task) out.segments.pop_back();
    out.segments.push_back(std::move(s));
  }
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (choices_[i].given != 0)
      out.choices.push_back({schedule_.choices[i].site, choices_[i].given});
  return out;
}

}  // namespace iorace
