// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The search for a lost anchor's new home: relocate() of replay.h.
#include <algorithm>
#include <utility>

#include "scheduler/explore/replay.h"
#include "scheduler/record/capture.h"
#include "scheduler/record/places.h"
#include "scheduler/strategies/replay.h"

namespace iorace {
namespace {

constexpr std::size_t candidates_max = 24;  // per lost anchor

// How far `a` is from `b`; function, operation and place count in the order in which they are
// likely to be renamed by an edit.
unsigned distance(const anchor& a, const anchor& b) {
  const std::uint32_t k =
      a.occurrence < b.occurrence ? b.occurrence - a.occurrence : a.occurrence - b.occurrence;
  return (a.function != b.function ? 40u : 0u) + (a.kind != b.kind ? 60u : 0u) +
         (a.place != b.place ? 80u : 0u) + std::min<unsigned>(k, 30);
}

class relocation {
 public:
  relocation(engine& e, const program& p, const replay_input& in, const expectation& want,
             std::uint32_t budget)
      : engine_(e), names_(e), program_(p), in_(in), want_(want), left_(budget) {
    e.promote(in.points);
  }

  // Depth first, over the first lost line each time; a candidate has to push the loss further back.
  std::optional<schedule> search(const schedule& s) {
    if (left_ == 0) return std::nullopt;
    --left_;
    replay follow(s, names_);
    const execution_result result = engine_.run(program_, follow, in_.options);
    const finding found = engine_.last_finding();
    const auto lost = follow.lost(result.how);
    if (!lost) {
      const std::string verdict = found.kind == verdict::none ? "none" : found.name;
      const bool good = (!want_.verdict || *want_.verdict == verdict) &&
                        (!want_.title || *want_.title == found.title);
      return good ? std::optional(s) : std::nullopt;
    }
    if (lost->what == lost_place::part::choice) return without_choice(s, lost->index);
    if (lost->index < reached_) return std::nullopt;
    const std::size_t outer = reached_;
    reached_ = lost->index + 1;
    for (const std::optional<segment>& candidate : candidates(s, lost->index)) {
      schedule next = s;
      const auto at = next.segments.begin() + static_cast<std::ptrdiff_t>(lost->index);
      if (candidate) {
        *at = *candidate;
      } else {
        next.segments.erase(at);
        --reached_;  // the line behind has this index now
      }
      const auto result_of = search(next);
      if (result_of) return result_of;
      reached_ = lost->index + 1;
    }
    reached_ = outer;
    return std::nullopt;
  }

 private:
  std::optional<schedule> without_choice(schedule s, std::size_t index) {
    s.choices.erase(s.choices.begin() + static_cast<std::ptrdiff_t>(index));
    return search(s);
  }

  // What could stand in place of the lost segment: the places its task comes to, nearest first; its
  // whole remaining life; nothing.
  std::vector<std::optional<segment>> candidates(const schedule& s, std::size_t index) {
    const segment& lost = s.segments[index];
    std::vector<std::optional<segment>> found;
    if (lost.until) {
      schedule alone{{s.segments.begin(), s.segments.begin() + static_cast<std::ptrdiff_t>(index)},
                     s.choices};
      alone.segments.push_back({lost.task, std::nullopt});
      left_ -= std::min<std::uint32_t>(left_, 1);
      replay follow(alone, names_);
      engine_.run(program_, follow, in_.options);
      nearest(places_of(capture(engine_), lost.task), *lost.until, found, lost.task);
      found.push_back(segment{lost.task, std::nullopt});
    }
    found.push_back(std::nullopt);
    return found;
  }

  static void nearest(const std::vector<anchor>& places, const anchor& to,
                      std::vector<std::optional<segment>>& found, const std::string& task) {
    std::vector<std::pair<unsigned, std::size_t>> order;
    for (std::size_t i = 0; i < places.size(); ++i) order.push_back({distance(places[i], to), i});
    std::sort(order.begin(), order.end());
    if (order.size() > candidates_max) order.resize(candidates_max);
    for (const auto& [far, i] : order) found.push_back(segment{task, places[i]});
  }

  engine& engine_;
  const engine_names names_;
  const program& program_;
  const replay_input& in_;
  const expectation& want_;
  std::uint32_t left_;
  std::size_t reached_ = 0;  // segments below have been settled
};

}  // namespace

std::optional<schedule> relocate(engine& e, const program& p, const replay_input& in,
                                 const expectation& want, std::uint32_t executions_max) {
  return relocation(e, p, in, want, executions_max).search(in.plan);
}

}  // namespace iorace
