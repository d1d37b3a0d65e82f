// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/profile.h"

#include <algorithm>
#include <tuple>

namespace iorace {
namespace {

constexpr std::uint32_t executions_max = 64;  // then sums are halved
constexpr std::size_t rows_max = 4096;

constexpr auto by_place = [](const auto& a, const auto& b) {
  return std::tie(a.place, a.task) < std::tie(b.place, b.task);
};
constexpr auto by_task = [](const auto& a, const auto& b) { return a.task < b.task; };

constexpr bool event_count::*flags[] = {&event_count::writes, &event_count::member,
                                        &event_count::lock, &event_count::sync, &event_count::bare};

std::uint64_t flags_of(const event_count& e) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < std::size(flags); ++i) bits |= std::uint64_t{e.*flags[i]} << i;
  return bits;
}
void set_flags(event_count& e, std::uint64_t bits) {
  for (std::size_t i = 0; i < std::size(flags); ++i) e.*flags[i] = (bits >> i & 1) != 0;
}

}  // namespace

const profile::known_task* profile::find(std::uint64_t task) const {
  const known_task wanted{task, 0, 0};
  const auto at = std::lower_bound(tasks_.begin(), tasks_.end(), wanted, by_task);
  return at != tasks_.end() && at->task == task ? &*at : nullptr;
}

profile::known_task& profile::task_of(const event_count& e) {
  const known_task wanted{e.task, e.parent, 0};
  const auto at = std::lower_bound(tasks_.begin(), tasks_.end(), wanted, by_task);
  return at != tasks_.end() && at->task == e.task ? *at : *tasks_.insert(at, wanted);
}

void profile::count_task(const event_count& e) {
  known_task& k = task_of(e);
  if (!e.finished) return;
  if (++k.executions > 1) return;
  for (event_count& sum : sums_)  // from here on they are sums, and no longer the most seen
    if (sum.task == e.task) sum.count = 0;
}

void profile::add(std::span<const event_count> execution) {
  for (const event_count& e : execution)
    if (e.place == 0) count_task(e);
  for (const event_count& e : execution) {
    const known_task& k = task_of(e);
    if (!e.finished && k.executions != 0) continue;
    const auto at = std::lower_bound(sums_.begin(), sums_.end(), e, by_place);
    if (at == sums_.end() || at->task != e.task || at->place != e.place) {
      if (sums_.size() < rows_max) sums_.insert(at, e);
      continue;
    }
    at->count = e.finished ? at->count + e.count : std::max(at->count, e.count);
    at->writes |= e.writes;
    at->bare |= e.bare;
    at->sync |= e.sync;
    at->role = e.role;
  }
}

// Returns how many operations a task makes that came to its end, on average and at least 1.
std::uint64_t profile::usual_count() const {
  std::uint64_t sum = 0, executions = 1;
  for (const event_count& e : sums_) {
    const known_task* k = e.place == 0 ? find(e.task) : nullptr;
    if (k == nullptr || k->executions == 0) continue;
    sum += e.count;
    executions += k->executions;
  }
  return std::max<std::uint64_t>(sum / executions, 1);
}

// Gives the average to the task and to all who stand for it. Who never came to its end would have
// made more than was seen: otherwise the first to be held back would be so for ever.
void profile::share_out(const event_count& sum, std::uint64_t usual) {
  const known_task* k = find(sum.task);
  if (k == nullptr) return;
  const std::uint32_t executions = std::max(k->executions, 1u);
  std::uint64_t average = (std::uint64_t{sum.count} * unit + executions / 2) / executions;
  if (k->executions == 0 && sum.place == 0) average = std::max(average, usual * unit);
  for (; k != nullptr; k = find(k->parent))
    shares_.push_back({sum.place, k->task, static_cast<std::uint32_t>(average)});
}

void profile::find_contested() {
  for (auto* lists : {contested_, members_}) lists[0].clear(), lists[1].clear();
  for (std::size_t i = 0; i < sums_.size();) {
    const event_count& first = sums_[i];
    std::size_t end = i;
    bool writes = false, bare = false, alike = true, sync = false;
    for (; end < sums_.size() && sums_[end].place == first.place; ++end) {
      writes |= sums_[end].writes;
      bare |= sums_[end].bare;
      sync |= sums_[end].sync;
      alike &= sums_[end].role == first.role;
    }
    const bool telling = first.lock ? !alike : bare;
    if (first.place != 0 && end - i > 1 && writes) {
      if (!first.member) contested_[telling].push_back(first.place);
      if (first.member && telling) members_[0].push_back(first.place);
      if (first.member && telling && sync) members_[1].push_back(first.place);
    }
    i = end;
  }
}

void profile::summarize() {
  fade();
  derive();
}

void profile::fade() {
  for (known_task& k : tasks_) {
    if (k.executions <= executions_max) continue;
    k.executions /= 2;
    for (event_count& e : sums_)
      if (e.task == k.task) e.count /= 2;
  }
}

void profile::derive() {
  shares_.clear();
  const std::uint64_t usual = usual_count();
  for (const event_count& e : sums_) share_out(e, usual);
  std::sort(shares_.begin(), shares_.end(), by_place);
  std::size_t kept = 0;
  for (const share& s : shares_) {
    share& last = shares_[kept == 0 ? 0 : kept - 1];
    if (kept != 0 && last.place == s.place && last.task == s.task)
      last.weight += s.weight;
    else
      shares_[kept++] = s;
  }
  shares_.resize(kept);
  find_contested();
}

std::uint32_t profile::weight(std::uint64_t task, std::uint64_t place) const {
  const share wanted{place, task, 0};
  const auto at = std::lower_bound(shares_.begin(), shares_.end(), wanted, by_place);
  return at != shares_.end() && at->task == task && at->place == place ? at->weight : 0;
}

void profile::write(ledger_writer& to) const {
  to.line("tasks").count(tasks_.size());
  for (const known_task& k : tasks_) to.line("").hash(k.task).hash(k.parent).count(k.executions);
  to.line("operations").count(sums_.size());
  for (const event_count& e : sums_)
    to.line("").hash(e.place).hash(e.task).count(e.count).hash(e.role).hash(flags_of(e));
}

void profile::read(ledger_reader& from) {
  tasks_.clear();
  for (auto n = from.line("tasks").count(); n != 0 && from.ok(); --n) {
    known_task& k = tasks_.emplace_back();
    k.task = from.line("").hash();
    k.parent = from.hash();
    k.executions = static_cast<std::uint32_t>(from.count(~0u));
  }
  sums_.clear();
  for (auto n = from.line("operations").count(rows_max); n != 0 && from.ok(); --n) {
    event_count& e = sums_.emplace_back();
    e.place = from.line("").hash();
    e.task = from.hash();
    e.count = static_cast<std::uint32_t>(from.count(~0u));
    e.role = from.hash();
    set_flags(e, from.hash());
  }
  derive();
}

event_count* event_counter::entry(const lineage& tasks, task_id t, std::uint64_t place,
                                  std::uint64_t set) {
  const std::uint64_t task = in_set(tasks.signature(t), set);
  std::uint32_t& at = index_[mixed(task, place)];
  if (at == 0) {
    if (counts_.size() == rows_max) return nullptr;
    event_count& e = counts_.emplace_back();
    e.task = task;
    e.parent = in_set(tasks.signature(tasks.parent(t)), set);
    e.place = place;
    e.role = t;  // until report()
    at = static_cast<std::uint32_t>(counts_.size());
  }
  return &counts_[at - 1];
}

void event_counter::count_at(const lineage& tasks, task_id t, std::uint64_t place, op_kind kind,
                             bool member) {
  event_count* e = entry(tasks, t, place);
  if (e == nullptr) return;
  ++e->count;
  if (place == 0) return;
  e->member = member;
  e->writes |= traits(kind).access == access_type::write;
  e->lock = takes_lock(kind) || drops_lock(kind);
  e->bare |= held_[t] == 0;
  e->sync |= (traits(kind).flags & (op_acquire | op_release)) != 0;
}

void event_counter::count(const lineage& tasks, task_id t, const choice_view& view) {
  const pending_op& op = view.pending[t];
  const std::uint64_t place = place_key(view, op);
  count_at(tasks, t, 0, op.kind, false);
  if (place != 0) {
    count_at(tasks, t, place, op.kind, false);
    count_at(tasks, t, member_key(view, op), op.kind, true);
  }
  role_[t] = mixed(role_[t], mixed(place, static_cast<std::uint64_t>(op.kind)));
  // A try counts: whether it succeeds is not known here.
  if (takes_lock(op.kind) && held_[t] < 255) ++held_[t];
  if (drops_lock(op.kind) && held_[t] > 0) --held_[t];
}

void event_counter::count_in(std::uint64_t set, const lineage& tasks, task_id t, bool at_it) {
  const auto count_at_place = [&](std::uint64_t place) {
    if (event_count* e = entry(tasks, t, place, set)) ++e->count;
  };
  count_at_place(0);
  if (at_it) count_at_place(set);
}

void event_counter::report(bool all, std::vector<event_count>& to) const {
  for (const event_count& e : counts_) {
    to.push_back(e);
    to.back().finished = all || finished_.find(e.task) != nullptr;
    to.back().role = role_[e.role];
  }
}

}  // namespace iorace
