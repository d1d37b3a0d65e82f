// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/feedback.h"

#include "scheduler/strategies/draw.h"
#include "scheduler/strategies/each_enabled.h"

namespace iorace {
namespace {

enum : unsigned { behind, neutral, before };

}  // namespace

void feedback::begin(const execution_options& o) {
  rng random(execution_seed(o.seed, o.number));
  if (known_ == nullptr)
    now_ = {.plan = {.constraints = {}, .count = 0, .seed = random.next()}};
  else
    now_ = known_->schedules.propose(random);
  open_ = (1u << now_.plan.count) - 1;
  // Who is kept behind by one that spins must get a turn in the end.
  patience_ = 2 * o.points_estimate + 1000;
  rng_.start(now_.plan.seed);
  met_ = 1;
  last_ = no_task;
  reads_.begin();
  seen_.clear();
  path_ = 0;
  new_sites_.clear();
  new_pairs_.clear();
}

void feedback::arrive(task_id t) {
  unsigned about = 0;
  for (unsigned i = 0; i < now_.plan.count; ++i)
    about |= unsigned{now_.plan.constraints[i].pair.place == reads_.pending(t).place} << i;
  about_[t] = static_cast<std::uint8_t>(about);
}

unsigned feedback::tier(task_id t) const {
  const site_event& e = reads_.pending(t);
  unsigned result = neutral;
  for (unsigned left = open_ & about_[t]; left != 0; left &= left - 1) {
    const constraint& c = now_.plan.constraints[lowest_bit(left)];
    const bool ready = reads_.last_writer(e.place) == c.pair.writer;
    const bool reads = e.reads && e.site == c.pair.reader;
    const bool writes = e.writes && e.site == c.pair.writer;
    // Positive: first the write, then no other one, then the read. Negative: the read while the
    // last write is another one.
    const bool spoils = c.positive ? (ready ? e.writes && !writes && !reads : reads && !writes)
                                   : (ready ? reads : writes && !reads);
    const bool serves = c.positive ? (ready ? reads : writes) : (ready ? e.writes : reads);
    if (spoils) return behind;
    if (serves) result = before;
  }
  return result;
}

task_id feedback::pick(const choice_view& view) {
  for (unsigned t = 1; t < met_ && last_ != no_task; ++t)
    if (t == last_ || dependent(executed_, view.pending[t])) priority_[t] = rng_.next() >> 2;
  for (; met_ < view.tasks; ++met_) priority_[met_] = rng_.next() >> 2;
  reads_.follow(view, [this](task_id t) { arrive(t); });
  if (view.point > patience_) open_ = 0;
  const task_id best = highest_enabled(
      view, [this](task_id t) { return priority_[t] | std::uint64_t{tier(t)} << 62; });
  executed_ = view.pending[best];
  execute(best);
  return last_ = best;
}

void feedback::execute(task_id t) {
  const site_event e = reads_.pending(t);
  const site_pair p = reads_.execute(t);
  if (e.place == 0) return;
  note(e, p);
  for (unsigned left = open_ & about_[t]; left != 0; left &= left - 1) {
    const constraint& c = now_.plan.constraints[lowest_bit(left)];
    const bool met = c.positive ? p == c.pair : p.reader == c.pair.reader && p != c.pair;
    if (met && p.reader != 0) open_ &= ~(left & -left);
  }
}

// Remembers what the run has not seen yet.
void feedback::note(const site_event& e, const site_pair& p) {
  if (known_ != nullptr && known_->schedules.is_new(e) && seen_.insert(e.site))
    new_sites_.push_back(e);
  if (p.reader == 0) return;
  const std::uint64_t hash = mixed(p.reader, p.writer);
  const bool first = seen_.insert(hash);
  path_ += first ? hash : 0;
  if (known_ != nullptr && known_->schedules.is_new(p) && first) new_pairs_.push_back(p);
}

std::uint32_t feedback::draw(task_id, const char*, std::uint32_t n, draw_kind kind) {
  return random_draw(rng_, n, kind);
}

bool feedback::report(lesson& to, ended) const {
  reads_from_lesson& l = to.reads;
  l.any = true;
  l.parent = now_.parent;
  l.aim = now_.aim;
  l.path = path_;
  if (new_pairs_.empty()) return true;
  l.plan = now_.plan;
  l.sites = new_sites_;
  l.pairs = new_pairs_;
  return true;
}

}  // namespace iorace
