// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/reduce_program.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "fuzz/argument.h"

namespace iorace {
namespace {

// Uses of what is no longer bound name the first object of their class instead, or none.
void give_objects(program_data& p) {
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (std::size_t i = 0; i < p.calls_of(t).size(); ++i) {
      call& c = p.calls_of(t)[i];
      for (std::size_t a = 0; a < arg_count(c); ++a) {
        if (c.flow->args[a].kind != kern::arg_kind::object || !c.args[a].object) continue;
        const auto all = visible(p, c.flow->args[a].cls, t, i);
        if (std::find(all.begin(), all.end(), c.args[a].object) == all.end())
          c.args[a].object = all.empty() ? variable{} : all.front();
      }
    }
}

class reducer {
 public:
  reducer(program_candidate start, const still_fails& fails)
      : best_(std::move(start)), fails_(fails) {
    seen_.insert(hash_of(best_.program));
  }

  void run() {
    bool better = true;
    while (better) {
      better = drop_tasks();
      better |= drop_calls();
      better |= dull_values();
      better |= dull_arguments();
      better |= drop_others();
    }
    program_candidate tidy = best_;
    renumber(tidy.program);
    if (hash_of(tidy.program) != hash_of(best_.program)) try_it(std::move(tidy), counts.others);
  }

  program_candidate best() && { return std::move(best_); }
  reduction_counts counts;

 private:
  bool try_it(program_candidate c, reduction_count& count) {
    if (!seen_.insert(hash_of(c.program)).second) {
      ++counts.repeated;
      return false;
    }
    ++count.tried;
    if (!fails_(c)) return false;
    ++count.kept;
    best_ = std::move(c);
    best_.without.reset();
    return true;
  }

  bool drop_tasks() {
    bool better = false;
    for (unsigned t = best_.program.task_count(); t > 0; --t)
      better |= try_it(without_task(t), counts.tasks);
    return better;
  }

  // Without the task, and its variables.
  program_candidate without_task(unsigned task) const {
    program_candidate c = best_;
    c.program.tasks.erase(c.program.tasks.begin() + (task - 1));
    c.original.erase(c.original.begin() + task);
    for (unsigned t = 0; t <= c.program.task_count(); ++t)
      for (call& o : c.program.calls_of(t))
        for (std::size_t a = 0; a < arg_count(o); ++a) {
          variable& v = o.args[a].object;
          if (v.task == task)
            v = {};
          else if (v.task > task)
            --v.task;
        }
    give_objects(c.program);
    return c;
  }

  // From the last call to the first: users go before what they use.
  bool drop_calls() {
    bool better = false;
    for (unsigned t = best_.program.task_count() + 1; t-- > 0;)
      for (std::size_t i = best_.program.calls_of(t).size(); i-- > 0;) {
        program_candidate c{without_call(best_.program, t, i), best_.original, {{t, i}}};
        better |= try_it(std::move(c), counts.calls);
      }
    return better;
  }

  bool dull_arguments() {
    bool better = false;
    for (unsigned t = 0; t <= best_.program.task_count(); ++t)
      for (std::size_t i = 0; i < best_.program.calls_of(t).size(); ++i)
        for (std::size_t a = 0; a < arg_count(best_.program.calls_of(t)[i]); ++a)
          while (dull_argument(t, i, a)) better = true;
    return better;
  }
  bool dull_argument(unsigned task, std::size_t place, std::size_t a) {
    const call& c = best_.program.calls_of(task)[place];
    const kern::arg_info& info = c.flow->args[a];
    const arg_context_owner context = context_of(best_.program, task, place, *c.flow, a);
    for (const argument& simpler : ways(info.kind).shrink(info, c.args[a], context)) {
      program_candidate candidate = best_;
      candidate.program.calls_of(task)[place].args[a] = simpler;
      if (try_it(std::move(candidate), counts.arguments)) return true;
    }
    return false;
  }

  // What several calls agree upon (an IOVA) becomes dull in all of them at once.
  bool dull_values() {
    bool better = false;
    for (unsigned t = 0; t <= best_.program.task_count(); ++t)
      for (std::size_t i = 0; i < best_.program.calls_of(t).size(); ++i)
        for (std::size_t a = 0; a < arg_count(best_.program.calls_of(t)[i]); ++a) {
          const call& c = best_.program.calls_of(t)[i];
          const kern::arg_info& info = c.flow->args[a];
          if (info.kind == kern::arg_kind::object || c.args[a].value == info.dull) continue;
          better |= try_it(with_dull_value(info.kind, c.args[a].value), counts.arguments);
        }
    return better;
  }
  program_candidate with_dull_value(kern::arg_kind kind, std::uint64_t value) const {
    program_candidate candidate = best_;
    for (unsigned t = 0; t <= candidate.program.task_count(); ++t)
      for (call& c : candidate.program.calls_of(t))
        for (std::size_t a = 0; a < arg_count(c); ++a)
          if (c.flow->args[a].kind == kind && c.args[a].value == value)
            c.args[a].value = c.flow->args[a].dull;
    return candidate;
  }

  // Expectations, knobs and limits that do not matter.
  bool drop_others() {
    bool better = false;
    for (unsigned t = 0; t <= best_.program.task_count(); ++t)
      for (std::size_t i = 0; i < best_.program.calls_of(t).size(); ++i) {
        if (!best_.program.calls_of(t)[i].expected) continue;
        program_candidate c = best_;
        c.program.calls_of(t)[i].expected.reset();
        better |= try_it(std::move(c), counts.others);
      }
    for (std::size_t i = best_.program.knobs.size(); i-- > 0;) {
      program_candidate c = best_;
      c.program.knobs.erase(c.program.knobs.begin() + static_cast<std::ptrdiff_t>(i));
      better |= try_it(std::move(c), counts.others);
    }
    for (std::size_t i = best_.program.limits.size(); i-- > 0;) {
      program_candidate c = best_;
      c.program.limits.erase(c.program.limits.begin() + static_cast<std::ptrdiff_t>(i));
      better |= try_it(std::move(c), counts.others);
    }
    return better;
  }

  program_candidate best_;
  const still_fails& fails_;
  std::set<std::uint64_t> seen_;
};

// The number that CPU `n` has now; 0 if it has gone.
unsigned cpu_now(unsigned n, const program_data& p, const std::vector<unsigned>& original) {
  const auto found = std::find(original.begin() + 1, original.end(), n);
  const auto task = static_cast<unsigned>(found - original.begin());
  return found == original.end() || p.tasks[task - 1].kind != task_kind::cpu ? 0 : task;
}

// "cpu3" as it is called now; empty if it has gone. Others keep their names.
std::string task_now(std::string_view name, const program_data& p,
                     const std::vector<unsigned>& original) {
  unsigned n = 0;
  if (!name.starts_with("cpu") || name.size() > 6) return std::string(name);
  for (const char c : name.substr(3)) n = n * 10 + static_cast<unsigned>(c - '0');
  const unsigned now = cpu_now(n, p, original);
  return now == 0 ? std::string() : fmt::format("cpu{}", now);
}

// "area#3.1.num_accesses" as it is called now; empty if its task has gone. An object of the setup
// has no task: in "area#1.num_accesses" no number follows the dot.
std::string place_now(std::string_view place, const program_data& p,
                      const std::vector<unsigned>& original) {
  const auto digit = [&](std::size_t i) {
    return i < place.size() && place[i] >= '0' && place[i] <= '9';
  };
  const std::size_t hash = place.find('#');
  std::size_t end = hash + 1;
  unsigned n = 0;
  for (; hash != place.npos && digit(end) && end < hash + 4; ++end)
    n = n * 10 + static_cast<unsigned>(place[end] - '0');
  if (hash == place.npos || end == hash + 1 || end >= place.size() || place[end] != '.' ||
      !digit(end + 1))
    return std::string(place);
  const unsigned now = cpu_now(n, p, original);
  return now == 0 ? std::string()
                  : fmt::format("{}#{}{}", place.substr(0, hash), now, place.substr(end));
}

}  // namespace

program_data without_call(program_data p, unsigned task, std::size_t place) {
  std::vector<call>& calls = p.calls_of(task);
  calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(place));
  give_objects(p);
  return p;
}

program_candidate reduce_program(const program_data& p, const still_fails& fails,
                                 reduction_counts* counts) {
  program_candidate start{p, {}};
  for (unsigned t = 0; t <= p.task_count(); ++t) start.original.push_back(t);
  reducer r(std::move(start), fails);
  r.run();
  if (counts != nullptr) *counts = r.counts;
  return std::move(r).best();
}

schedule with_tasks(const schedule& s, const program_data& p,
                    const std::vector<unsigned>& original) {
  schedule now;
  for (segment g : s.segments) {
    g.task = task_now(g.task, p, original);
    if (g.task.empty()) continue;
    if (g.until && !g.until->place.empty()) {
      g.until->place = place_now(g.until->place, p, original);
      if (g.until->place.empty()) continue;
    }
    now.segments.push_back(std::move(g));
  }
  for (const choice& c : s.choices) {
    const auto parts = split_choice_site(c.site);
    if (!parts) continue;
    const std::string task = task_now(parts->task, p, original);
    if (!task.empty())
      now.choices.push_back(
          {choice_site(task, parts->function, parts->site, parts->occurrence), c.value});
  }
  return now;
}

}  // namespace iorace
