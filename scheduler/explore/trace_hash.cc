// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/trace_hash.h"

#include <algorithm>
#include <numeric>

// In line: it hashes a few words at a time, and often.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace iorace {
namespace {

std::uint64_t mix(std::initializer_list<std::uint64_t> parts) {
  return XXH3_64bits(parts.begin(), parts.size() * sizeof(std::uint64_t));
}

constexpr std::uint64_t whole_object = ~std::uint64_t{0};

}  // namespace

std::uint64_t trace_hasher::of(const engine& e) {
  e_ = &e;
  ++hashed_;
  tasks_.assign(e.tasks(), 0);
  children_.assign(e.tasks(), 0);
  names_.resize(e.tasks());
  std::iota(names_.begin(), names_.end(), 0);
  objects_.resize(std::max<std::size_t>(objects_.size(), e.objects.size()));
  words_.resize(std::max<std::size_t>(words_.size(), e.memory.used() / granule));

  const std::size_t steps = e.steps().size();
  std::span<const touched_word> touched = e.touched();
  for (std::size_t i = 0; i < steps; ++i) {
    std::size_t parts = 0;
    while (parts < touched.size() && touched[parts].step == i) ++parts;
    if (i >= e.first_step()) add(static_cast<step_id>(i), touched.first(parts));
    touched = touched.subspan(parts);
  }
  std::uint64_t all = 0;
  for (std::size_t t = 0; t < tasks_.size(); ++t) all += mix({names_[t], tasks_[t]});
  return all;
}

// Slots of the heap and numbers of tasks depend on the interleaving; who made an object or a task,
// and as his how many-th, does not.
std::uint64_t trace_hasher::stable_name(object_id id, std::uint64_t word) const {
  const object_entry& o = e_->objects[id];
  return mix({names_[o.maker], e_->objects.cls(o.cls).hash, o.number, word});
}

trace_hasher::place& trace_hasher::word_at(object_id id, std::uint32_t word) {
  place& p = words_[word];
  if (p.hashed != hashed_)
    p = {.hashed = hashed_,
         .name = stable_name(id, word - e_->memory.word_of(e_->objects[id].base))};
  return p;
}

trace_hasher::place& trace_hasher::object_at(object_id id) {
  place& p = objects_[id];
  if (p.hashed != hashed_) p = {.hashed = hashed_, .name = stable_name(id, whole_object)};
  return p;
}

std::uint64_t trace_hasher::stable_value(const step& s) {
  if (s.kind == op_kind::create)
    return names_[s.value] = mix({names_[s.task], ++children_[s.task]});
  if (s.kind == op_kind::join) return names_[s.value];
  // Identities are left out for the same reason; a trace determines them anyhow.
  const std::uint64_t high = s.value >> 32;
  return high == 0 || high == 0xffffffff ? s.value : 1;
}

void trace_hasher::add(step_id i, std::span<const touched_word> parts) {
  const step& s = e_->steps()[i];
  std::uint64_t& mine = tasks_[s.task];
  const std::uint64_t where = s.object == 0 ? 0 : word_at(s.object, e_->word_of(i)).name;
  mine = mix({mine, names_[s.task], static_cast<std::uint64_t>(s.kind), where, stable_value(s)});
  made_.clear();
  const meets_as how = meeting(s.kind, s.value == 0);
  if (s.object != 0 && how != meets_as::nothing && parts.empty())
    note(s.object, e_->word_of(i), how, s.kind == op_kind::kfree);
  for (const touched_word& t : parts)
    note(e_->object_at(t.word), t.word, t.write ? meets_as::write : meets_as::look, false);
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
      now = {.hashed = hashed_, .name = now.name, .write = mine};
    else
      now.since[static_cast<unsigned>(a.how)] += mine;
  }
}

// Each access depends on its object being alive.
void trace_hasher::note(object_id object, std::uint32_t word, meets_as how, bool whole) {
  if (!whole) note_place(word_at(object, word), how);
  note_place(object_at(object), whole ? how : meets_as::look);
}
void trace_hasher::note_place(place& at, meets_as how) {
  for (access& a : made_)
    if (a.at == &at) {
      if (how == meets_as::write) a.how = how;
      return;
    }
  made_.push_back({&at, how});
}

}  // namespace iorace
