// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/enumerate.h"

#include <set>
#include <utility>
#include <vector>

// In line: it hashes a few words at a time, and often.
#define XXH_INLINE_ALL
#include <xxhash.h>

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

std::uint64_t mix(std::initializer_list<std::uint64_t> parts) {
  return XXH3_64bits(parts.begin(), parts.size() * sizeof(std::uint64_t));
}

constexpr std::uint64_t whole_object = ~std::uint64_t{0};
}  // namespace

namespace {

// The steps of an execution by what each depends on.
class trace_hasher {
 public:
  explicit trace_hasher(const engine& e)
      : e_(e),
        tasks_(e.tasks()),
        names_(e.tasks()),
        children_(e.tasks()),
        objects_(e.objects.size()),
        words_(e.memory.used() / granule) {
    for (unsigned t = 0; t < e.tasks(); ++t) names_[t] = t;
  }

  std::uint64_t run() {
    const std::span<const step> steps = e_.steps();
    std::span<const touched_word> touched = e_.touched();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      std::size_t parts = 0;
      while (parts < touched.size() && touched[parts].step == i) ++parts;
      if (i >= e_.first_step()) add(static_cast<step_id>(i), touched.first(parts));
      touched = touched.subspan(parts);
    }
    std::uint64_t all = 0;
    for (std::size_t t = 0; t < tasks_.size(); ++t) all += mix({names_[t], tasks_[t]});
    return all;
  }

 private:
  // A word or a whole object, and what was done to it.
  struct place {
    std::uint64_t name = 0;   // the same in every execution; 0 until it is asked for
    std::uint64_t write = 0;  // hash of the last write
    // Sums of the hashes of what came since, by meeting: their order does not matter.
    std::uint64_t since[static_cast<unsigned>(meets_as::count_)] = {};
  };
  struct access {
    place* at;
    meets_as how;
  };

  // Slots of the heap and numbers of tasks depend on the interleaving; who made an object or a
  // task, and as his how many-th, does not.
  std::uint64_t stable_name(object_id id, std::uint64_t word) const {
    const object_entry& o = e_.objects[id];
    return mix({names_[o.maker], e_.objects.cls(o.cls).hash, o.number, word});
  }
  place& word_at(object_id id, std::uint32_t word) {
    place& p = words_[word];
    if (p.name == 0) p.name = stable_name(id, word - e_.memory.word_of(e_.objects[id].base));
    return p;
  }
  place& object_at(object_id id) {
    place& p = objects_[id];
    if (p.name == 0) p.name = stable_name(id, whole_object);
    return p;
  }
  std::uint64_t stable_value(const step& s) {
    if (s.kind == op_kind::create)
      return names_[s.value] = mix({names_[s.task], ++children_[s.task]});
    if (s.kind == op_kind::join) return names_[s.value];
    // Identities are left out for the same reason; a trace determines them anyhow.
    const std::uint64_t high = s.value >> 32;
    return high == 0 || high == 0xffffffff ? s.value : 1;
  }

  void add(step_id i, std::span<const touched_word> parts) {
    const step& s = e_.steps()[i];
    std::uint64_t& mine = tasks_[s.task];
    const std::uint64_t where = s.object == 0 ? 0 : word_at(s.object, e_.word_of(i)).name;
    mine = mix({mine, names_[s.task], static_cast<std::uint64_t>(s.kind), where, stable_value(s)});
    made_.clear();
    const meets_as how = meeting(s.kind, s.value == 0);
    if (s.object != 0 && how != meets_as::nothing && parts.empty())
      note(s.object, e_.word_of(i), how, s.kind == op_kind::kfree);
    for (const touched_word& t : parts)
      note(e_.object_at(t.word), t.word, t.write ? meets_as::write : meets_as::look, false);
    std::uint64_t sum = mine;
    for (const access& a : made_) {
      const place& b = *a.at;
      std::uint64_t before = 0;
      for (unsigned m = 0; m < std::size(b.since); ++m)
        if (b.since[m] != 0 && conflict(a.how, static_cast<meets_as>(m)))
          before = before * 31 + b.since[m];
      sum += mix({b.name, b.write, before});
    }
    mine = made_.empty() ? mine : mix({sum});
    for (const access& a : made_) {
      place& now = *a.at;
      if (a.how == meets_as::write)
        now = {.name = now.name, .write = mine};
      else
        now.since[static_cast<unsigned>(a.how)] += mine;
    }
  }

  // Each access depends on its object being alive.
  void note(object_id object, std::uint32_t word, meets_as how, bool whole) {
    if (!whole) note_place(word_at(object, word), how);
    note_place(object_at(object), whole ? how : meets_as::look);
  }
  void note_place(place& at, meets_as how) {
    for (access& a : made_)
      if (a.at == &at) {
        if (how == meets_as::write) a.how = how;
        return;
      }
    made_.push_back({&at, how});
  }

  const engine& e_;
  std::vector<std::uint64_t> tasks_, names_, children_;
  std::vector<place> objects_, words_;
  std::vector<access> made_;  // by the step at hand
};

}  // namespace

std::uint64_t trace_hash(const engine& e) { return trace_hasher(e).run(); }

enumeration enumerate(engine& e, const program& p,
                      const std::function<std::string(void* world)>& outcome,
                      const enumerate_options& o) {
  e.promote(o.points);
  depth_first order(o.preemptions);
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
    const execution_result r = e.run(q, order, o.each);
    const ended how = r.how;
    if (how != ended::finished) hash = trace_hash(e);
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
