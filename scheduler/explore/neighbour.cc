// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The search for the passing neighbour: every switch at every other place, the nearest first.
#include <algorithm>
#include <tuple>

#include "scheduler/explore/attempts.h"
#include "scheduler/record/places.h"

namespace iorace {
namespace {

constexpr std::size_t switches_max = 100;  // the last ones of a longer schedule

struct move {
  std::size_t operations;
  bool earlier;
  std::size_t line;          // of the plan
  std::optional<anchor> to;  // nothing: the task goes on until it blocks or has ended
};

class neighbourhood {
 public:
  explicit neighbourhood(attempts& tries) : tries_(tries), plan_(tries.plan()) {}

  std::optional<passing_neighbour> search(std::uint32_t end) {
    const std::size_t switches = plan_.segments.size() - 1;
    std::vector<move> moves;
    for (std::size_t i = switches - std::min(switches, switches_max); i < switches; ++i) {
      if (tries_.over(end)) break;
      add_moves(i, moves);
    }
    std::sort(moves.begin(), moves.end(), [](const move& a, const move& b) {
      return std::tie(a.operations, a.earlier, a.line) < std::tie(b.operations, b.earlier, b.line);
    });
    for (const move& m : moves)
      if (tries_.over(end) || attempt(m)) break;
    return std::move(nearest_);
  }

 private:
  // A switch whose task was not stopped is where that had come to its end, or was blocked.
  void add_moves(std::size_t i, std::vector<move>& moves) {
    const segment& g = plan_.segments[i];
    tries_.execute(tries_.without_stop(i));
    const std::vector<anchor> places = places_of(tries_.latest(), g.task);
    std::size_t here = places.size();
    if (g.until)
      here = static_cast<std::size_t>(std::find(places.begin(), places.end(), *g.until) -
                                      places.begin());
    for (std::size_t k = 0; k < places.size(); ++k)
      if (k != here && can_stop_at(places[k], tries_.input().points))
        moves.push_back({k < here ? here - k : k - here, k < here, i, places[k]});
    if (g.until) moves.push_back({places.size() - here, false, i, std::nullopt});
  }

  // Keeps the first move of the best kind; returns true iff there is no better kind.
  bool attempt(const move& m) {
    schedule s = plan_;
    s.segments[m.line].until = m.to;
    replay follow(s, tries_.called());
    const ended how = tries_.execute(follow);
    if (!tries_.leads_elsewhere()) return false;
    const auto lost = follow.lost(how);  // the last line may have come to nothing
    const bool followed =
        !lost || (lost->what == lost_place::part::segment && lost->index + 1 == s.segments.size());
    const kind found = how == ended::found ? another_finding : followed ? passes : passes_astray;
    if (found <= best_) return false;
    best_ = found;
    nearest_ = {.was = plan_.segments[m.line],
                .moved = s.segments[m.line],
                .let_in = plan_.segments[m.line + 1].task,
                .later = !m.earlier,
                .operations = m.operations,
                .ends = tries_.ending(),
                .plan = follow.followed()};
    nearest_->one_line = nearest_->plan == s && plan_ == tries_.input().plan;
    return best_ == passes;
  }

  // Astray: another line of the schedule could not be followed.
  enum kind { none, another_finding, passes_astray, passes };

  attempts& tries_;
  const schedule& plan_;
  std::optional<passing_neighbour> nearest_;
  kind best_ = none;
};

}  // namespace

std::optional<passing_neighbour> find_neighbour(attempts& tries, std::uint32_t end) {
  if (tries.plan().segments.empty()) return std::nullopt;
  return neighbourhood(tries).search(end);
}

}  // namespace iorace
