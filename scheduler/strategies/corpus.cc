// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/corpus.h"

#include <algorithm>

namespace iorace {
namespace {

constexpr std::size_t sites_max = 2048, candidates_max = 16'384, kept_max = 512;
constexpr std::size_t paths_max = 65'536;
constexpr std::uint32_t energy_max_log = 6;
constexpr unsigned tournament = 6;

constexpr auto by_site = [](const site_event& a, const site_event& b) { return a.site < b.site; };

std::uint64_t hash_of(const site_pair& p) { return mixed(p.reader, p.writer); }

void remove(abstract_schedule& plan, unsigned at) {
  plan.constraints[at] = plan.constraints[--plan.count];
}

}  // namespace

std::uint32_t corpus::find(const site_pair& p) const {
  const std::uint32_t* const at = by_hash_.find(hash_of(p));
  return at != nullptr ? *at - 1 : nothing;
}

bool corpus::is_new(const site_event& e) const {
  return sites_.size() < sites_max && known_sites_.find(e.site) == nullptr;
}

bool corpus::is_new(const site_pair& p) const {
  const std::uint32_t at = find(p);
  return at == nothing ? candidates_.size() < candidates_max : !candidates_[at].seen;
}

void corpus::add_candidate(const site_pair& p) {
  if (candidates_.size() == candidates_max) return;
  std::uint32_t& at = by_hash_[hash_of(p)];
  if (at != 0) return;
  candidates_.push_back({p});
  at = static_cast<std::uint32_t>(candidates_.size());
}

// A new site could read from every known one that writes there, and be read by every one that
// reads.
void corpus::add_site(const site_event& e) {
  if (e.place == 0 || !is_new(e)) return;
  known_sites_.insert(e.site);
  sites_.insert(std::lower_bound(sites_.begin(), sites_.end(), e, by_site), e);
  if (e.reads) add_candidate({e.site, 0, e.place});
  for (const site_event& other : sites_) {
    if (other.place != e.place) continue;
    if (e.reads && other.writes) add_candidate({e.site, other.site, e.place});
    if (e.writes && other.reads) add_candidate({other.site, e.site, e.place});
  }
}

void corpus::keep(const reads_from_lesson& l) {
  if (kept_.size() < kept_max)
    kept_.push_back({l.plan, l.path, 0});
  else
    kept_[replaced_++ % kept_max] = {l.plan, l.path, 0};
}

void corpus::learn(const reads_from_lesson& l) {
  if (!l.any) return;
  for (const site_event& e : l.sites) add_site(e);
  bool showed = false;
  for (const site_pair& p : l.pairs) {
    const std::uint32_t at = find(p);
    if (at == nothing || candidates_[at].seen) continue;
    candidates_[at].seen = showed = true;
    ++seen_;
  }
  if (l.parent < kept_.size()) ++kept_[l.parent].chosen;
  if (l.aim < candidates_.size()) ++candidates_[l.aim].tries;
  ++taken_;
  if (const auto path = paths_.find(l.path); path != paths_.end())
    ++path->second;
  else if (paths_.size() < paths_max)
    paths_.emplace(l.path, 1);
  if (showed || kept_.empty()) keep(l);
}

// After AFLFast: a schedule whose path was taken more often than paths are on average is as good as
// forgotten; any other gets twice the energy each time that it is chosen, up to a limit.
void corpus::merged() {
  const std::uint64_t average = paths_.empty() ? 0 : taken_ / paths_.size();
  energy_.clear();
  std::uint32_t sum = 0;
  for (const kept& k : kept_) {
    const auto path = paths_.find(k.path);
    const bool common = path != paths_.end() && path->second > average;
    sum += common ? 1 : 1u << std::min(k.chosen, energy_max_log);
    energy_.push_back(sum);
  }
}

namespace {

void write_pair(ledger_writer& to, const site_pair& p) {
  to.hash(p.reader).hash(p.writer).hash(p.place);
}
site_pair read_pair(ledger_reader& from) {
  site_pair p;
  p.reader = from.hash();
  p.writer = from.hash();
  p.place = from.hash();
  return p;
}

void write_plan(ledger_writer& to, const abstract_schedule& plan) {
  to.hash(plan.seed).count(plan.count);
  for (unsigned i = 0; i < plan.count; ++i) {
    write_pair(to, plan.constraints[i].pair);
    to.count(plan.constraints[i].positive);
  }
}
abstract_schedule read_plan(ledger_reader& from) {
  abstract_schedule plan;
  plan.seed = from.hash();
  plan.count = static_cast<unsigned>(from.count(abstract_schedule::constraints_max));
  for (unsigned i = 0; i < plan.count; ++i) {
    plan.constraints[i].pair = read_pair(from);
    plan.constraints[i].positive = from.flag();
  }
  return plan;
}

}  // namespace

void corpus::write(ledger_writer& to) const {
  to.line("sites").count(sites_.size());
  for (const site_event& e : sites_)
    to.line("").hash(e.site).hash(e.place).count(e.reads).count(e.writes);
  to.line("pairs").count(candidates_.size());
  for (const candidate& c : candidates_) {
    write_pair(to.line(""), c.pair);
    to.count(c.seen).count(c.tries);
  }
  to.line("schedules").count(kept_.size()).count(replaced_);
  for (const kept& k : kept_) write_plan(to.line("").hash(k.path).count(k.chosen), k.plan);
  to.line("paths").count(paths_.size()).count(taken_);
  for (const auto& [path, times] : paths_) to.line("").hash(path).count(times);
}

void corpus::read(ledger_reader& from) {
  *this = {};
  for (auto n = from.line("sites").count(sites_max); n != 0 && from.ok(); --n) {
    site_event& e = sites_.emplace_back();
    e.site = from.line("").hash();
    e.place = from.hash();
    e.reads = from.flag();
    e.writes = from.flag();
    known_sites_.insert(e.site);
  }
  for (auto n = from.line("pairs").count(candidates_max); n != 0 && from.ok(); --n) {
    candidate c{.pair = read_pair(from.line(""))};
    c.seen = from.flag();
    c.tries = static_cast<std::uint32_t>(from.count(~0u));
    candidates_.push_back(c);
    by_hash_[hash_of(c.pair)] = static_cast<std::uint32_t>(candidates_.size());
    seen_ += c.seen;
  }
  auto n = from.line("schedules").count(kept_max);
  replaced_ = from.count();
  for (; n != 0 && from.ok(); --n) {
    kept& k = kept_.emplace_back();
    k.path = from.line("").hash();
    k.chosen = static_cast<std::uint32_t>(from.count(~0u));
    k.plan = read_plan(from);
  }
  n = from.line("paths").count(paths_max);
  taken_ = from.count();
  for (; n != 0 && from.ok(); --n) {
    const std::uint64_t path = from.line("").hash();
    paths_.emplace(path, static_cast<std::uint32_t>(from.count(~0u)));
  }
  merged();
}

// Every other time a pair that nobody has seen and few have tried, else one that was seen, usually
// to be avoided.
constraint corpus::fresh(rng& random, std::uint32_t& aim) const {
  const auto any = [&] { return random.below(static_cast<std::uint32_t>(candidates_.size())); };
  std::uint32_t best = any();
  const bool unseen = random.below(2) == 0;
  const auto better = [&](const candidate& a, const candidate& b) {
    if (a.seen != b.seen) return a.seen != unseen;
    return unseen && a.tries < b.tries;
  };
  for (unsigned i = 1; i < tournament; ++i)
    if (const std::uint32_t next = any(); better(candidates_[next], candidates_[best])) best = next;
  if (!candidates_[best].seen) {
    aim = best;
    return {candidates_[best].pair, true};
  }
  return {candidates_[best].pair, random.below(4) == 0};
}

void corpus::mutate(abstract_schedule& plan, rng& random, std::uint32_t& aim) const {
  enum { negate = 4, remove_one, exchange, reseed };  // anything below inserts
  const std::uint32_t what = plan.count == 0 ? 0 : random.below(8);
  const unsigned at = plan.count == 0 ? 0 : random.below(plan.count);
  switch (what) {
    case negate:
      plan.constraints[at].positive ^= true;
      return;
    case remove_one:
      return remove(plan, at);
    case reseed:
      plan.seed = random.next();
      return;
    case exchange:
      remove(plan, at);
      [[fallthrough]];
    default:
      if (plan.count == abstract_schedule::constraints_max) remove(plan, at);
      plan.constraints[plan.count++] = fresh(random, aim);
  }
}

corpus::proposal corpus::propose(rng& random) const {
  proposal p;
  p.plan.seed = random.next();
  if (energy_.empty() || candidates_.empty() || random.below(8) == 0) return p;
  const std::uint32_t drawn = random.below(energy_.back());
  const auto at = std::upper_bound(energy_.begin(), energy_.end(), drawn);
  p.parent = static_cast<std::uint32_t>(at - energy_.begin());
  const std::uint64_t seed = p.plan.seed;
  p.plan = kept_[p.parent].plan;
  if (random.below(2) == 0) p.plan.seed = seed;
  do mutate(p.plan, random, p.aim);
  while (random.below(4) == 0);
  return p;
}

}  // namespace iorace
