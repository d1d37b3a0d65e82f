// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/enumerate.h"

#include <set>
#include <utility>
#include <vector>

#include "scheduler/explore/trace_hash.h"

namespace iorace {
namespace {

// Follows the path of decisions as far as it goes, then takes the first alternative each time.
class depth_first final : public strategy {
 public:
  explicit depth_first(std::optional<unsigned> preemptions) : most_(preemptions) {}

  void begin(const execution_options&) override {
    at_ = 0;
    last_ = no_task;
    preemptions_ = 0;
  }

  task_id pick(const choice_view& view) override {
    const bool goes_on = last_ != no_task && view.is_enabled(last_);
    if (goes_on && preemptions_ == most_) return last_;
    std::uint32_t skip = decide(view.enabled_count);
    task_id t = 1;
    while (!view.is_enabled(t) || skip-- != 0) ++t;
    preemptions_ += goes_on && t != last_;
    return last_ = t;
  }

  std::uint32_t draw(task_id, const char*, std::uint32_t n, draw_kind) override {
    return decide(n);
  }

  // Moves on to the next path. Returns false if this was the last one.
  bool advance() {
    path_.resize(at_);
    while (!path_.empty() && path_.back().taken + 1 == path_.back().of) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct decision {
    std::uint32_t taken;
    std::uint32_t of;
  };

  std::uint32_t decide(std::uint32_t n) {
    if (n == 1) return 0;
    if (at_ == path_.size()) path_.push_back({0, n});
    return path_[at_++].taken;
  }

  std::vector<decision> path_;
  std::size_t at_ = 0;
  std::optional<unsigned> most_;
  unsigned preemptions_ = 0;
  task_id last_ = no_task;
};

}  // namespace

enumeration enumerate(engine& e, const program& p,
                      const std::function<std::string(void* world)>& outcome,
                      const enumerate_options& o) {
  e.promote(o.points);
  execution_options each = o.each;
  each.for_search = true;
  depth_first order(o.preemptions);
  enumeration all;
  std::set<std::pair<std::string, std::uint64_t>> seen;
  std::string result;
  program q = p;
  // The hash is taken before the check, which is no part of the trace.
  std::uint64_t hash = 0;
  trace_hasher trace;
  q.check = [&](void* world) {
    hash = trace.of(e);
    result = outcome(world);
  };
  do {
    if (all.interleavings == o.interleavings_max) {
      all.complete = false;
      break;
    }
    const execution_result r = e.run(q, order, each);
    const ended how = r.how;
    if (how != ended::finished) hash = trace.of(e);
    if (o.seen) o.seen(e);
    if (how == ended::found) result = e.last_finding().name;
    if (how == ended::cut) result = "cut";
    if (r.past_bound && how != ended::found) result = "step-bound";
    enumeration::count& c = all.outcomes[result];
    ++c.interleavings;
    ++all.interleavings;
    if (seen.emplace(result, hash).second) {
      ++c.traces;
      ++all.traces;
    }
  } while (order.advance());
  return all;
}

}  // namespace iorace
