// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/enumerate.h"

#include <set>
#include <utility>
#include <vector>

#include <xxhash.h>

namespace iorace {
namespace {

// Follows the path of decisions as far as it goes, then takes the first alternative each time.
class depth_first final : public strategy {
 public:
  void begin(const execution_options&) override { at_ = 0; }

  task_id pick(const choice_view& view) override {
    std::uint32_t skip = decide(view.enabled_count);
    for (task_id t = 1;; ++t)
      if (view.is_enabled(t) && skip-- == 0) return t;
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
};

std::uint64_t mix(std::initializer_list<std::uint64_t> parts) {
  return XXH3_64bits(parts.begin(), parts.size() * sizeof(std::uint64_t));
}

// Slots of the heap depend on the interleaving; who made an object, and as his how many-th, does
// not.
std::uint64_t stable_place(const engine& e, const step& s) {
  const object_entry& o = e.objects[s.object];
  return mix({o.maker, o.cls, o.number, s.field});
}

// Identities are left out for the same reason; a trace determines them anyhow.
std::uint64_t stable_value(const step& s) {
  const std::uint64_t high = s.value >> 32;
  return high == 0 || high == 0xffffffff ? s.value : 1;
}

access_type access_of(const step& s) {
  const op_traits& row = traits(s.kind);
  const bool failed = (row.flags & op_try) != 0 && s.value == 0;
  return failed && row.access == access_type::write ? access_type::read : row.access;
}

}  // namespace

std::uint64_t trace_hash(const engine& e) {
  struct accesses {
    std::uint64_t write = 0;  // hash of the last write
    std::uint64_t reads = 0;  // sum of the hashes of the reads since: their order does not matter
  };
  std::map<std::uint64_t, accesses> places;
  std::vector<std::uint64_t> tasks(e.tasks());
  for (const step& s : e.steps().subspan(e.first_step())) {
    std::uint64_t& mine = tasks[s.task];
    const access_type access = access_of(s);
    const std::uint64_t place = stable_place(e, s);
    mine = mix({mine, s.task, static_cast<std::uint64_t>(s.kind), place, stable_value(s)});
    if (s.object == 0 || access == access_type::none) continue;
    accesses& a = places[place];
    mine = mix({mine, a.write, access == access_type::write ? a.reads : 0});
    if (access == access_type::write)
      a = {mine, 0};
    else
      a.reads += mine;
  }
  return XXH3_64bits(tasks.data(), tasks.size() * sizeof(std::uint64_t));
}

enumeration enumerate(engine& e, const program& p,
                      const std::function<std::string(void* world)>& outcome,
                      const enumerate_options& o) {
  e.promote(o.points);
  depth_first order;
  enumeration all;
  std::set<std::pair<std::string, std::uint64_t>> seen;
  std::string result;
  program q = p;
  // The hash is taken before the check, which is no part of the trace.
  std::uint64_t hash = 0;
  q.check = [&](void* world) {
    hash = trace_hash(e);
    result = outcome(world);
  };
  do {
    if (all.interleavings == o.interleavings_max) {
      all.complete = false;
      break;
    }
    const ended how = e.run(q, order, o.each).how;
    if (how != ended::finished) hash = trace_hash(e);
    if (how == ended::found) result = e.last_finding().name;
    if (how == ended::cut) result = "cut";
    if (how == ended::step_bound) result = "step-bound";
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
