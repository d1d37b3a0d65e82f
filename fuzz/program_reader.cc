// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fuzz/argument.h"
#include "fuzz/program_text.h"
#include "fuzz/return_code.h"

namespace iorace {
namespace {

struct agent_kind {
  std::string_view name;
  task_kind kind;
};
constexpr agent_kind agent_kinds[] = {
    {"kthread", task_kind::kthread}, {"worker", task_kind::worker}, {"irq", task_kind::irq},
    {"device", task_kind::device},   {"user", task_kind::user},     {"timer", task_kind::timer},
};

std::vector<std::string_view> arg_names(const kern::flow_info& f) {
  std::vector<std::string_view> names;
  for (const kern::arg_info& a : f.args) names.emplace_back(a.name);
  return names;
}

}  // namespace

parsed<bool> program_reader::section(std::string_view title, std::size_t column, scanner& in,
                                     const comments& notes) {
  in_menu_ = false;
  const auto done = [&](parsed<void> r) -> parsed<bool> {
    if (!r) return tl::unexpected(r.error());
    if (!in.at_end()) return in.wanted("the end of the line");
    return true;
  };
  if (title == "setup") {
    task_ = 0;
    p_.setup_notes = notes;
    return done({});
  }
  if (title.starts_with("cpu")) {
    const auto number = number_from(title.substr(3));
    if (!number)
      return in.error(column, fmt::format("{} is no CPU, expected [cpu1]", quoted(title)));
    return done(cpu_section(
        in, column, static_cast<unsigned>(std::min<std::uint64_t>(*number, 1u << 30)), notes));
  }
  if (title.starts_with("agent ")) return done(agent_section(in, column, title.substr(6), notes));
  if (title == "menu") return done(menu_section(in, notes));
  return false;
}

parsed<void> program_reader::cpu_section(scanner& in, std::size_t column, unsigned number,
                                         const comments& notes) {
  if (number != p_.task_count() + 1)
    return in.error(column, fmt::format("section [cpu{}] is out of order, expected [cpu{}]", number,
                                        p_.task_count() + 1));
  if (number > program_tasks_max)
    return in.error(column, fmt::format("too many tasks, expected at most {}", program_tasks_max));
  p_.tasks.push_back({.notes = notes});
  task_ = number;
  return {};
}

parsed<void> program_reader::agent_section(scanner& in, std::size_t column, std::string_view name,
                                           const comments& notes) {
  const auto kind = std::find_if(std::begin(agent_kinds), std::end(agent_kinds),
                                 [&](const agent_kind& k) { return name.starts_with(k.name); });
  const bool number = kind != std::end(agent_kinds) &&
                      (name == kind->name || number_from(name.substr(kind->name.size())));
  if (!number) {
    std::vector<std::string_view> names;
    for (const agent_kind& k : agent_kinds) names.push_back(k.name);
    return in.error(column, fmt::format("unknown agent {}, {}, and a number", quoted(name),
                                        expected_one_of(name, names)));
  }
  for (const task_data& t : p_.tasks)
    if (t.name == name)
      return in.error(column,
                      fmt::format("agent {} appears twice, expected another number", quoted(name)));
  if (p_.task_count() == program_tasks_max)
    return in.error(column, fmt::format("too many tasks, expected at most {}", program_tasks_max));
  p_.tasks.push_back({.kind = kind->kind, .name = std::string(name), .notes = notes});
  task_ = p_.task_count();
  return {};
}

parsed<void> program_reader::menu_section(scanner& in, const comments& notes) {
  p_.menu = menu_data{.notes = notes};
  in_menu_ = true;
  struct size {
    std::string_view name;
    unsigned* value;
    unsigned max;
  };
  const size sizes[] = {{"tasks", &p_.menu->tasks, program_tasks_max},
                        {"calls", &p_.menu->calls, 64}};
  while (!in.at_end()) {
    const std::size_t at = in.mark();
    const std::string_view name = in.word();
    const auto found = std::find_if(std::begin(sizes), std::end(sizes),
                                    [&](const size& s) { return s.name == name; });
    if (found == std::end(sizes) || !in.take('=')) {
      in.reset(at);
      return in.wanted("tasks=N or calls=N");
    }
    const auto number = number_from(in.word());
    if (!number || *number == 0 || *number > found->max)
      return in.error(at, fmt::format("{} is out of range, expected 1 to {}", name, found->max));
    *found->value = static_cast<unsigned>(*number);
  }
  return {};
}

parsed<void> program_reader::line(scanner& in, comments notes) {
  if (in_menu_) {
    menu_item item{.notes = std::move(notes)};
    if (auto r = menu_line(in, item); !r) return r;
    p_.menu->items.push_back(std::move(item));
    return {};
  }
  std::vector<call>& calls = p_.calls_of(task_);
  if (calls.size() == program_calls_max)
    return in.error_here(fmt::format("too many calls, expected at most {}", program_calls_max));
  call c{.notes = std::move(notes)};
  if (auto r = call_line(in, c); !r) return r;
  for (use& u : arg_columns_) {
    u.task = task_;
    u.place = calls.size();
    uses_.push_back(u);
  }
  calls.push_back(std::move(c));
  return {};
}

parsed<void> program_reader::call_line(scanner& in, call& c) {
  std::size_t at = in.mark();
  std::string_view name = in.word("_#.");
  std::string_view variable;
  std::size_t variable_at = at;
  if (in.take('=')) {
    variable = name;
    at = in.mark();
    name = in.word("_#.");
    if (variable.empty())
      return in.error(variable_at, "a variable is missing, expected one such as ioas#1");
  }
  const auto f = flow(in, at, name);
  if (!f) return tl::unexpected(f.error());
  if (!may_stand(**f, task_ == 0 ? nullptr : &p_.tasks[task_ - 1]))
    return in.error(at, fmt::format("{} cannot be called here, expected it in {}", name,
                                    (*f)->context == kern::flow_context::agent
                                        ? "an [agent] section"
                                        : "[setup] or a [cpuN] section"));
  c.flow = *f;
  if (!variable.empty())
    if (auto r = result(in, variable_at, variable, c); !r) return r;
  menu_item read{.flow = c.flow};
  if (auto r = arguments(in, read); !r) return r;
  const call dull = dull_call(*c.flow);
  for (std::size_t i = 0; i < arg_count(c); ++i) {
    const kern::arg_info& info = c.flow->args[i];
    if (!read.args[i] && ways(info.kind).positional())
      return in.error(at, fmt::format("{} lacks its {}, expected a variable such as {}#1 or none",
                                      name, info.name, info.cls));
    c.args[i] = read.args[i].value_or(dull.args[i]);
  }
  if (in.take('=')) {
    const std::size_t code_at = in.mark();
    const auto code = code_from(in.word("-"));
    if (!code) return in.error(code_at, code.error());
    c.expected = *code;
  }
  if (!in.at_end()) return in.wanted("'= RESULT' or the end of the line");
  return {};
}

parsed<void> program_reader::menu_line(scanner& in, menu_item& item) {
  arg_columns_.clear();
  const std::size_t at = in.mark();
  const auto f = flow(in, at, in.word());
  if (!f) return tl::unexpected(f.error());
  item.flow = *f;
  if (!may_stand(**f, nullptr))
    return in.error(
        at, fmt::format("{} is an agent's, expected a call that a CPU makes", item.flow->name));
  if (!in.at_end())
    if (auto r = arguments(in, item); !r) return r;
  for (const use& u : arg_columns_)
    if (item.args[u.index]->object.task != 0)
      return in.error(u.column, "a menu knows no such variable, expected one of the [setup]");
  for (use u : arg_columns_) {
    u.task = program_tasks_max + 1;
    u.place = p_.menu->items.size();
    uses_.push_back(u);
  }
  if (!in.at_end()) return in.wanted("the end of the line");
  return {};
}

parsed<void> program_reader::result(scanner& in, std::size_t at, std::string_view name, call& c) {
  if (!makes_variable(*c.flow))
    return in.error(at,
                    fmt::format("{} makes nothing that {} could name", c.flow->name, quoted(name)));
  const kern::arg_info as_argument{
      .name = c.flow->result, .kind = kern::arg_kind::object, .cls = c.flow->result};
  const auto v = ways(kern::arg_kind::object).parse(as_argument, name);
  const variable next{static_cast<std::uint16_t>(task_), next_number(p_, c.flow->result, task_)};
  if (!v || !v->object || v->object.task != task_)
    return in.error(at, fmt::format("{} cannot name what {} makes here, expected {}", quoted(name),
                                    c.flow->name, name_of(c.flow->result, next)));
  for (const call& other : p_.calls_of(task_))
    if (other.result == v->object.number && std::strcmp(other.flow->result, c.flow->result) == 0)
      return in.error(at, fmt::format("variable {} is bound twice, expected {}", name,
                                      name_of(c.flow->result, next)));
  c.result = v->object.number;
  return {};
}

parsed<const kern::flow_info*> program_reader::flow(scanner& in, std::size_t at,
                                                    std::string_view name) {
  if (name.empty()) return in.wanted("a call");
  if (const kern::flow_info* f = schema_.flow(name)) return f;
  std::vector<std::string_view> names;
  for (const kern::flow_info& f : schema_.flows) names.emplace_back(f.name);
  return in.error(at,
                  fmt::format("unknown call {}, {}", quoted(name), expected_one_of(name, names)));
}

// The argument that comes next: "name=" or, for objects, its place.
parsed<std::size_t> program_reader::arg_index(scanner& in, const kern::flow_info& f,
                                              const std::vector<bool>& given) {
  const std::size_t at = in.mark();
  const std::string_view name = in.word();
  if (!name.empty() && in.take('=')) {
    for (std::size_t i = 0; i < f.args.size(); ++i)
      if (name == f.args[i].name) {
        if (given[i])
          return in.error(at, fmt::format("argument {} is given twice, expected it once", name));
        return i;
      }
    return in.error(at, fmt::format("unknown argument {} of {}, {}", quoted(name), f.name,
                                    expected_one_of(name, arg_names(f))));
  }
  in.reset(at);
  for (std::size_t i = 0; i < f.args.size(); ++i)
    if (ways(f.args[i].kind).positional() && !given[i]) return i;
  std::string wanted = "expected ')'";
  if (const auto names = arg_names(f); !names.empty())
    wanted += fmt::format(" or NAME=VALUE, a NAME of {}", fmt::join(names, ", "));
  return in.error(at, fmt::format("unexpected {}, {}", quoted(in.until(",)")), wanted));
}

parsed<void> program_reader::arguments(scanner& in, menu_item& item) {
  arg_columns_.clear();
  if (!in.take('(')) return in.wanted("'('");
  std::vector<bool> given(item.flow->args.size());
  while (!in.take(')')) {
    if (std::find(given.begin(), given.end(), true) != given.end() && !in.take(','))
      return in.wanted("',' or ')'");
    const auto index = arg_index(in, *item.flow, given);
    if (!index) return tl::unexpected(index.error());
    given[*index] = true;
    const std::size_t at = in.mark();
    const std::string_view word = in.until(",) ");
    if (in_menu_ && word == "?") continue;
    const kern::arg_info& info = item.flow->args[*index];
    const auto a = ways(info.kind).parse(info, word);
    if (!a) return in.error(at, a.error());
    item.args[*index] = *a;
    if (a->object) arg_columns_.push_back({0, 0, *index, in.line(), at});
  }
  return {};
}

parsed<void> program_reader::finish() {
  for (const use& u : uses_) {
    const bool of_menu = u.task > program_tasks_max;
    const kern::flow_info& f =
        of_menu ? *p_.menu->items[u.place].flow : *p_.calls_of(u.task)[u.place].flow;
    const variable v = of_menu ? p_.menu->items[u.place].args[u.index]->object
                               : p_.calls_of(u.task)[u.place].args[u.index].object;
    const char* cls = f.args[u.index].cls;
    const auto all = visible(p_, cls, of_menu ? 0 : u.task, of_menu ? p_.setup.size() : u.place);
    if (std::find(all.begin(), all.end(), v) != all.end()) continue;
    std::vector<std::string> names;
    for (const variable o : all) names.push_back(name_of(cls, o));
    names.push_back("none");
    const std::vector<std::string_view> views(names.begin(), names.end());
    return scanner(text_line{u.line, {}, {}, false})
        .error(u.column, fmt::format("nothing above binds {}, {}", name_of(cls, v),
                                     expected_one_of(name_of(cls, v), views)));
  }
  return {};
}

}  // namespace iorace
