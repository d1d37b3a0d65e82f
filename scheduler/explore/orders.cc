// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The search for the orders that matter: conflicting operations of two tasks, the nearest first.
#include "scheduler/explore/orders.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/strategies/hold.h"

namespace iorace {
namespace {

using moment = timeline::moment;
using moment_pair = std::pair<const moment*, const moment*>;

constexpr std::size_t conflicts_max = 32;  // of one operation: the next ones

// An order that matters: turned round by holding the task of `first` at its `held_at`th operation.
struct turned_order {
  const moment* first;
  const moment* second;
  std::size_t held_at;
  instead what;
};

// Turning `a` round turns `b` round as well.
bool contains(const turned_order& a, const turned_order& b) {
  return a.first->task == b.first->task && a.held_at <= b.held_at && b.second->at <= a.second->at;
}

class order_search {
 public:
  order_search(attempts& tries, const timeline& t) : tries_(tries), time_(t) {}

  std::vector<turned_order> run(std::uint32_t end) {
    for (const auto& [a, b] : pairs()) {
      if (tries_.over(end)) break;
      const auto turned = turn_round(*a, *b);
      if (!turned) continue;
      std::erase_if(matter_, [&](const turned_order& o) { return contains(o, *turned); });
      matter_.push_back(*turned);
    }
    std::sort(matter_.begin(), matter_.end(), [](const turned_order& a, const turned_order& b) {
      return std::pair(a.first->at, a.second->at) < std::pair(b.first->at, b.second->at);
    });
    return std::move(matter_);
  }

 private:
  std::vector<moment_pair> pairs() const {
    std::map<std::string_view, std::vector<const moment*>> places, objects;
    for (const moment& m : time_.moments()) {
      for (const std::string& place : m.touched) places[place].push_back(&m);
      objects[m.object].push_back(&m);
    }
    std::vector<moment_pair> all;
    for (const moment& a : time_.moments()) {
      if (!a.reached()) continue;
      for (const std::string& place : a.touched) add_pairs(a, places[place], all);
      add_pairs(a, objects[a.object], all, true);
    }
    const auto key = [](const moment_pair& p) {
      const auto& [a, b] = p;
      return std::tuple(b->at - a->at, a->at, b->task);
    };
    std::sort(all.begin(), all.end(),
              [&](const moment_pair& x, const moment_pair& y) { return key(x) < key(y); });
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  void add_pairs(const moment& a, const std::vector<const moment*>& others,
                 std::vector<moment_pair>& all, bool frees = false) const {
    std::size_t n = 0;
    auto b = std::upper_bound(others.begin(), others.end(), &a,
                              [](const moment* x, const moment* y) { return x->at < y->at; });
    for (; b != others.end() && n < conflicts_max; ++b)
      if ((!frees || a.frees || (*b)->frees) && time_.conflict(a, **b)) {
        all.push_back({&a, *b});
        ++n;
      }
  }

  // Returns the order of `a` and `b` if it matters and none that turns round with it does.
  std::optional<turned_order> turn_round(const moment& a, const moment& b) {
    for (const std::size_t at : time_.holds(a)) {
      turned_order o{&a, &b, at, {}};
      if (std::any_of(matter_.begin(), matter_.end(),
                      [&](const turned_order& inner) { return contains(o, inner); }))
        return std::nullopt;
      const holding what{.task = time_.task(a.task),
                         .at = time_.stop_before(a.task, at),
                         .other = time_.task(b.task),
                         .past = time_.stop_before(b.task, b.own),
                         .at_once = !b.reached(),
                         .caught_up = time_.standing_at(a.task, b.at)};
      replay follow(tries_.plan(), tries_.called());
      hold h(follow, what, tries_.called());
      tries_.execute(h);
      if (!h.turned_round()) continue;
      if (!tries_.leads_elsewhere()) return std::nullopt;
      o.what = tries_.ending();
      return o;
    }
    return std::nullopt;
  }

  attempts& tries_;
  const timeline& time_;
  std::vector<turned_order> matter_;
};

explained_order single(const timeline& t, const turned_order& o) {
  return {.after = std::nullopt,
          .first = t.explained(*o.first),
          .last = t.explained(*o.first),
          .before = t.explained(*o.second),
          .without_after = {},
          .without_before = o.what};
}

// Takes out those between calls that did not overlap, and returns one for each two calls.
std::vector<explained_order> take_calls(const timeline& t, std::vector<turned_order>& matter) {
  std::vector<explained_order> calls;
  std::set<std::pair<std::string, std::string>> known;
  const auto key = [](const explained_operation& x) { return x.task + ' ' + x.call; };
  std::erase_if(matter, [&](const turned_order& o) {
    if (!t.one_call_after_the_other(*o.first, *o.second)) return false;
    explained_order order = single(t, o);
    if (known.insert({key(order.first), key(*order.before)}).second)
      calls.push_back(std::move(order));
    return true;
  });
  return calls;
}

// Joins two orders where a piece of one task lies between two operations of the other.
std::vector<explained_order> joined(const timeline& t, std::vector<turned_order> matter) {
  std::vector<explained_order> orders;
  while (!matter.empty()) {
    const turned_order a = matter.front();
    matter.erase(matter.begin());
    const auto b = std::find_if(matter.begin(), matter.end(), [&](const turned_order& o) {
      return a.first->task == o.second->task && a.second->task == o.first->task &&
             a.second->at <= o.first->at;
    });
    orders.push_back(single(t, a));
    if (b == matter.end()) continue;
    orders.back() = {.after = t.explained(*a.first),
                     .first = t.explained(*a.second),
                     .last = t.explained(*b->first),
                     .before = t.explained(*b->second),
                     .without_after = a.what,
                     .without_before = b->what};
    matter.erase(b);
  }
  return orders;
}

}  // namespace

void find_orders(attempts& tries, const timeline& t, std::uint32_t end, explanation& to) {
  std::vector<turned_order> matter = order_search(tries, t).run(end);
  to.calls = take_calls(t, matter);
  to.orders = joined(t, std::move(matter));
}

}  // namespace iorace
