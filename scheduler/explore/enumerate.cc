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
constexpr std::uint64_t whole_object = ~std::uint64_t{0};
std::uint64_t stable_place(const engine& e, object_id id, std::uint64_t word) {
  const object_entry& o = e.objects[id];
  return mix({o.maker, o.cls, o.number, word});
}
std::uint64_t stable_word(const engine& e, object_id id, std::uint32_t word) {
  return stable_place(e, id, word - e.memory.word_of(e.objects[id].base));
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

namespace {

// The steps of an execution by what each depends on.
class trace_hasher {
 public:
  explicit trace_hasher(const engine& e) : e_(e), tasks_(e.tasks()) {}

  std::uint64_t run() {
    const std::span<const step> steps = e_.steps();
    std::span<const touched_word> touched = e_.touched();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      std::size_t parts = 0;
      while (parts < touched.size() && touched[parts].step == i) ++parts;
      if (i >= e_.first_step()) add(static_cast<step_id>(i), touched.first(parts));
      touched = touched.subspan(parts);
    }
    return XXH3_64bits(tasks_.data(), tasks_.size() * sizeof(std::uint64_t));
  }

 private:
  struct accesses {
    std::uint64_t write = 0;  // hash of the last write
    std::uint64_t reads = 0;  // sum of the hashes of the reads since: their order does not matter
  };
  struct access {
    std::uint64_t place;
    bool write;
  };

  void add(step_id i, std::span<const touched_word> parts) {
    const step& s = e_.steps()[i];
    std::uint64_t& mine = tasks_[s.task];
    const std::uint64_t place = s.object == 0 ? 0 : stable_word(e_, s.object, e_.word_of(i));
    mine = mix({mine, s.task, static_cast<std::uint64_t>(s.kind), place, stable_value(s)});
    made_.clear();
    const access_type how = access_of(s);
    if (s.object != 0 && how != access_type::none && parts.empty())
      note(s.object, e_.word_of(i), how == access_type::write, s.kind == op_kind::kfree);
    for (const touched_word& t : parts) note(e_.object_at(t.word), t.word, t.write, false);
    std::uint64_t sum = mine;
    for (const access& a : made_) {
      const accesses& before = places_[a.place];
      sum += mix({a.place, before.write, a.write ? before.reads : 0});
    }
    mine = made_.empty() ? mine : mix({sum});
    for (const access& a : made_) {
      accesses& now = places_[a.place];
      if (a.write)
        now = {mine, 0};
      else
        now.reads += mine;
    }
  }

  // Each access depends on its object being alive. The first write of a place makes the others
  // meaningless; a read besides a write says nothing.
  void note(object_id object, std::uint32_t word, bool write, bool whole) {
    if (!whole) note_place(stable_word(e_, object, word), write);
    note_place(stable_place(e_, object, whole_object), whole);
  }
  void note_place(std::uint64_t place, bool write) {
    for (access& a : made_)
      if (a.place == place) {
        a.write |= write;
        return;
      }
    made_.push_back({place, write});
  }

  const engine& e_;
  std::vector<std::uint64_t> tasks_;
  std::map<std::uint64_t, accesses> places_;
  std::vector<access> made_;  // by the step at hand
};

}  // namespace

std::uint64_t trace_hash(const engine& e) { return trace_hasher(e).run(); }

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
