// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/program.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <tuple>

#include <fmt/format.h>
#include <xxhash.h>

namespace iorace {
namespace {

template <class Row>
const Row* find_row(std::span<const Row> rows, std::string_view name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return name == r.name; });
  return found == rows.end() ? nullptr : &*found;
}

bool is_object(const kern::arg_info& a) { return a.kind == kern::arg_kind::object; }

class hasher {
 public:
  void add(std::uint64_t v) { words_.push_back(v); }
  void add(const std::string& s) { add(XXH3_64bits(s.data(), s.size())); }
  void add(const argument& a) {
    add(a.value);
    add(a.object.task);
    add(a.object.number);
  }
  void add(const kern::flow_info& f) { add(std::string(f.name)); }
  void add(const call& c) {
    add(*c.flow);
    add(c.result);
    for (std::size_t i = 0; i < arg_count(c); ++i) add(c.args[i]);
    add(c.expected ? static_cast<std::uint64_t>(*c.expected) : std::uint64_t{1} << 63);
  }
  std::uint64_t value() const {
    return XXH3_64bits(words_.data(), words_.size() * sizeof words_[0]);
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace

const kern::flow_info* schema::flow(std::string_view name) const { return find_row(flows, name); }
const kern::knob_info* schema::knob(std::string_view name) const { return find_row(knobs, name); }
const kern::limit_info* schema::limit(std::string_view name) const {
  return find_row(limits, name);
}

std::string name_of(const char* cls, variable v) {
  if (v.task == 0) return fmt::format("{}#{}", cls, v.number);
  return fmt::format("{}#{}.{}", cls, v.task, v.number);
}

std::size_t program_data::call_count() const {
  std::size_t n = setup.size();
  for (const task_data& t : tasks) n += t.calls.size();
  return n;
}

call dull_call(const kern::flow_info& flow) {
  call c{.flow = &flow};
  for (std::size_t i = 0; i < flow.args.size(); ++i) c.args[i].value = flow.args[i].dull;
  return c;
}

bool may_stand(const kern::flow_info& flow, const task_data* task) {
  const bool of_agent = flow.context == kern::flow_context::agent;
  return of_agent == (task != nullptr && task->kind != task_kind::cpu);
}

std::vector<variable> visible(const program_data& p, const char* cls, unsigned task,
                              std::size_t before) {
  std::vector<variable> found;
  for (unsigned t = 0; t <= p.task_count(); ++t) {
    if (task == 0 && t != 0) break;
    const std::vector<call>& calls = p.calls_of(t);
    const std::size_t end = t == task ? std::min(before, calls.size()) : calls.size();
    for (std::size_t i = 0; i < end; ++i)
      if (calls[i].result != 0 && std::strcmp(calls[i].flow->result, cls) == 0)
        found.push_back({static_cast<std::uint16_t>(t), calls[i].result});
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool makes_variable(const kern::flow_info& flow) {
  return flow.result != nullptr && flow.context != kern::flow_context::agent;
}

void bind_all(program_data& p) {
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (call& c : p.calls_of(t))
      if (c.result == 0 && makes_variable(*c.flow)) c.result = next_number(p, c.flow->result, t);
}

std::uint16_t next_number(const program_data& p, const char* cls, unsigned task) {
  std::uint16_t highest = 0;
  for (const call& c : p.calls_of(task))
    if (c.result != 0 && std::strcmp(c.flow->result, cls) == 0)
      highest = std::max(highest, c.result);
  return static_cast<std::uint16_t>(highest + 1);
}

void renumber(program_data& p) {
  std::map<std::tuple<std::string_view, unsigned, unsigned>, variable> now;
  for (unsigned t = 0; t <= p.task_count(); ++t) {
    std::map<std::string_view, std::uint16_t> count;
    for (call& c : p.calls_of(t)) {
      if (c.result == 0) continue;
      const std::uint16_t number = ++count[c.flow->result];
      now[{c.flow->result, t, c.result}] = {static_cast<std::uint16_t>(t), number};
      c.result = number;
    }
  }
  for (unsigned t = 0; t <= p.task_count(); ++t) {
    std::vector<call>& calls = p.calls_of(t);
    for (std::size_t i = 0; i < calls.size(); ++i)
      for (std::size_t a = 0; a < arg_count(calls[i]); ++a) {
        const kern::arg_info& info = calls[i].flow->args[a];
        variable& v = calls[i].args[a].object;
        if (!is_object(info) || !v) continue;
        const auto found = now.find({info.cls, v.task, v.number});
        const std::vector<variable> all = visible(p, info.cls, t, i);
        if (found != now.end()) v = found->second;
        if (found == now.end() || std::find(all.begin(), all.end(), v) == all.end())
          v = all.empty() ? variable{} : all.front();
      }
  }
}

std::string task_title(const program_data& p, unsigned task) {
  if (task == 0) return "setup";
  const task_data& t = p.tasks[task - 1];
  if (t.kind != task_kind::cpu) return "agent " + t.name;
  const auto before = std::count_if(p.tasks.begin(), p.tasks.begin() + (task - 1),
                                    [](const task_data& o) { return o.kind == task_kind::cpu; });
  return fmt::format("cpu{}", before + 1);
}

std::uint64_t hash_of(const program_data& p) {
  hasher h;
  h.add(static_cast<std::uint64_t>(p.profile));
  h.add(p.knobs.size());
  for (const knob_setting& k : p.knobs) h.add(std::uint64_t{k.knob} << 32 | k.value);
  h.add(p.limits.size());
  for (const limit_setting& l : p.limits) h.add(l.limit), h.add(l.value);
  h.add(p.task_count());
  for (unsigned t = 0; t <= p.task_count(); ++t) {
    if (t != 0) h.add(task_title(p, t));
    h.add(p.calls_of(t).size());
    for (const call& c : p.calls_of(t)) h.add(c);
  }
  if (p.menu) {
    h.add(std::uint64_t{p.menu->tasks} << 32 | p.menu->calls);
    for (const menu_item& item : p.menu->items) {
      h.add(*item.flow);
      for (const auto& a : item.args)
        h.add(a.value_or(argument{~std::uint64_t{0}, {0xffff, 0xffff}}));
    }
  }
  return h.value();
}

kern::chapter_set chapters_of(const program_data& p) {
  kern::chapter_set used = 0;
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (const call& c : p.calls_of(t)) used |= kern::chapters_of(*c.flow);
  if (p.menu)
    for (const menu_item& item : p.menu->items) used |= kern::chapters_of(*item.flow);
  return used;
}

kern::config config_of(const program_data& p, const schema& s) {
  kern::config c;
  for (const kern::knob_info& k : s.knobs)
    c.knobs.push_back(p.profile == base_profile::repaired ? k.repaired : 0);
  for (const kern::limit_info& l : s.limits) c.limits.push_back(l.value);
  for (const knob_setting& k : p.knobs) c.knobs[k.knob] = k.value;
  for (const limit_setting& l : p.limits) c.limits[l.limit] = l.value;
  return c;
}

void add_settings(program_data& p, const program_data& from) {
  for (const knob_setting& k : from.knobs)
    if (std::none_of(p.knobs.begin(), p.knobs.end(), [&](auto& own) { return own.knob == k.knob; }))
      p.knobs.push_back(k);
  for (const limit_setting& l : from.limits)
    if (std::none_of(p.limits.begin(), p.limits.end(),
                     [&](auto& own) { return own.limit == l.limit; }))
      p.limits.push_back(l);
  std::sort(p.knobs.begin(), p.knobs.end(), [](auto& a, auto& b) { return a.knob < b.knob; });
  std::sort(p.limits.begin(), p.limits.end(), [](auto& a, auto& b) { return a.limit < b.limit; });
}

}  // namespace iorace
