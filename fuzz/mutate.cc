// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/mutate.h"

#include <algorithm>
#include <cstring>

#include "fuzz/argument.h"

namespace iorace {
namespace {

constexpr unsigned attempts_max = 16;

const task_data* task_at(const program_data& p, unsigned task) {
  return task == 0 ? nullptr : &p.tasks[task - 1];
}

const kern::flow_info* draw_flow(const schema& s, const task_data* where, dice& d) {
  std::vector<const kern::flow_info*> fitting;
  for (const kern::flow_info& f : s.flows)
    if (may_stand(f, where)) fitting.push_back(&f);
  return fitting.empty() ? nullptr : d.of(fitting);
}

// A flow that makes an object of class `cls`, or null.
const kern::flow_info* maker_of(const schema& s, const char* cls, dice& d) {
  std::vector<const kern::flow_info*> makers;
  for (const kern::flow_info& f : s.flows)
    if (makes_variable(f) && std::strcmp(f.result, cls) == 0) makers.push_back(&f);
  return makers.empty() ? nullptr : d.of(makers);
}

// Where a program has a call: (task, place), uniformly among all calls.
struct position {
  unsigned task = 0;
  std::size_t place = 0;
};
position draw_position(const program_data& p, dice& d) {
  std::size_t index = d.below(p.call_count());
  for (unsigned t = 0;; ++t) {
    if (index < p.calls_of(t).size()) return {t, index};
    index -= p.calls_of(t).size();
  }
}

bool is_used(const program_data& p, unsigned task, const call& c) {
  if (c.result == 0) return false;
  const variable v{static_cast<std::uint16_t>(task), c.result};
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (const call& o : p.calls_of(t))
      for (std::size_t a = 0; a < arg_count(o); ++a)
        if (o.args[a].object == v && std::strcmp(o.flow->args[a].cls, c.flow->result) == 0)
          return true;
  return false;
}

// Puts the call there under a number of its own, and then everything in order.
void insert_call(program_data& p, unsigned task, std::size_t place, call c) {
  if (makes_variable(*c.flow)) c.result = next_number(p, c.flow->result, task);
  std::vector<call>& calls = p.calls_of(task);
  calls.insert(calls.begin() + static_cast<std::ptrdiff_t>(place), std::move(c));
  renumber(p);
}

// The mutations. Each returns false if it found nothing to do.
class mutation {
 public:
  mutation(fuzz_input& in, const schema& s, dice& d, const mutation_limits& l)
      : in_(in), p_(in.program), s_(s), d_(d), limits_(l) {}

  bool any() {
    struct row {
      unsigned weight;
      bool (mutation::*way)();
    };
    static constexpr row rows[] = {
        {20, &mutation::add_call},      {8, &mutation::remove_call}, {6, &mutation::move_call},
        {16, &mutation::change_arg},    {16, &mutation::add_switch}, {6, &mutation::remove_switch},
        {16, &mutation::change_switch}, {4, &mutation::change_draw},
    };
    unsigned all = 0;
    for (const row& r : rows) all += r.weight;
    unsigned drawn = d_.below(all);
    for (const row& r : rows) {
      if (drawn < r.weight) return (this->*r.way)();
      drawn -= r.weight;
    }
    return false;
  }

 private:
  bool add_call() {
    if (p_.call_count() >= limits_.calls) return remove_call();
    const bool may_grow = p_.task_count() < limits_.tasks;
    unsigned task = d_.below(p_.task_count() + (may_grow ? 2 : 1));
    const bool grow = task > p_.task_count();
    if (grow && (p_.tasks.empty() || p_.tasks.back().kind == task_kind::cpu))
      p_.tasks.push_back({});
    else if (grow)
      task = 0;
    const kern::flow_info* flow = draw_flow(s_, task_at(p_, task), d_);
    if (flow == nullptr) return false;
    std::size_t place = p_.calls_of(task).size();
    if (d_.one_in(4)) place = d_.below(place + 1);
    call c = draw_call(p_, task, place, *flow, s_, d_);
    // What a task lacks is mostly the setup's to make: then all can use it.
    if (c.flow != nullptr && c.flow != flow && task != 0 && !d_.one_in(4)) {
      if (grow) p_.tasks.pop_back();
      task = 0;
      place = p_.setup.size();
      c = draw_call(p_, task, place, *c.flow, s_, d_);
    }
    if (c.flow == nullptr) return false;
    insert_call(p_, task, place, std::move(c));
    return true;
  }

  bool remove_call() {
    if (p_.call_count() == 0) return remove_task();
    position at = draw_position(p_, d_);
    for (unsigned i = 0; i < 3 && is_used(p_, at.task, p_.calls_of(at.task)[at.place]); ++i)
      at = draw_position(p_, d_);
    std::vector<call>& calls = p_.calls_of(at.task);
    calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(at.place));
    renumber(p_);
    if (calls.empty() && at.task == p_.task_count()) remove_task();
    return true;
  }

  // An empty last task goes.
  bool remove_task() {
    if (p_.tasks.empty() || !p_.tasks.back().calls.empty()) return false;
    p_.tasks.pop_back();
    return true;
  }

  bool move_call() {
    if (p_.call_count() == 0) return false;
    const position from = draw_position(p_, d_);
    const unsigned to = d_.below(p_.task_count() + 1);
    call c = p_.calls_of(from.task)[from.place];
    if (!may_stand(*c.flow, task_at(p_, to))) return false;
    std::vector<call>& source = p_.calls_of(from.task);
    source.erase(source.begin() + static_cast<std::ptrdiff_t>(from.place));
    const variable was{static_cast<std::uint16_t>(from.task), c.result};
    if (was) {
      c.result = next_number(p_, c.flow->result, to);
      rename(c.flow->result, was, {static_cast<std::uint16_t>(to), c.result});
    }
    std::vector<call>& target = p_.calls_of(to);
    target.insert(target.begin() + d_.below(target.size() + 1), std::move(c));
    renumber(p_);
    return true;
  }

  void rename(const char* cls, variable from, variable to) {
    for (unsigned t = 0; t <= p_.task_count(); ++t)
      for (call& c : p_.calls_of(t))
        for (std::size_t a = 0; a < arg_count(c); ++a)
          if (c.args[a].object == from && std::strcmp(c.flow->args[a].cls, cls) == 0)
            c.args[a].object = to;
  }

  bool change_arg() {
    if (p_.call_count() == 0) return false;
    const position at = draw_position(p_, d_);
    call& c = p_.calls_of(at.task)[at.place];
    if (arg_count(c) == 0) return false;
    const std::size_t a = d_.below(arg_count(c));
    const kern::arg_info& info = c.flow->args[a];
    const argument before = c.args[a];
    c.args[a] =
        ways(info.kind).mutate(info, before, context_of(p_, at.task, at.place, *c.flow, a), d_);
    return c.args[a] != before;
  }

  // Half of them anywhere in a call or two; half by order of magnitude, so that near ones are
  // tried.
  std::uint32_t draw_after() {
    return d_.one_in(2) ? d_.below(128) : d_.below(std::uint64_t{1} << d_.below(10));
  }
  std::uint32_t draw_to() { return d_.one_in(3) ? d_.below(std::max(1u, limits_.tasks - 1)) : 0; }

  bool add_switch() {
    std::vector<bytes_switch>& all = in_.schedule.switches;
    if (all.size() >= limits_.switches) return remove_switch();
    const bytes_switch added{draw_after(), draw_to()};
    const std::size_t place = d_.one_in(2) ? all.size() : d_.below(all.size() + 1);
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(place), added);
    return true;
  }
  bool remove_switch() {
    std::vector<bytes_switch>& all = in_.schedule.switches;
    if (all.empty()) return false;
    all.erase(all.begin() + d_.below(all.size()));
    return true;
  }
  bool change_switch() {
    if (in_.schedule.switches.empty()) return add_switch();
    bytes_switch& s = in_.schedule.switches[d_.below(in_.schedule.switches.size())];
    const bytes_switch before = s;
    switch (d_.below(5)) {
      case 0:
        s.after = draw_after();
        break;
      case 1:
        s.to = draw_to();
        break;
      case 2:
        s.after += 1 + d_.below(8);
        break;
      default:
        s.after -= std::min<std::uint32_t>(s.after, 1 + d_.below(8));
        break;
    }
    return s != before;
  }
  bool change_draw() {
    std::vector<std::uint32_t>& all = in_.schedule.draws;
    const std::size_t place = d_.below(std::min(all.size() + 4, limits_.draws));
    if (all.size() <= place) all.resize(place + 1);
    const std::uint32_t before = all[place];
    all[place] = d_.one_in(2) ? 0 : d_.below(4);
    const bool changed = all[place] != before;
    while (!all.empty() && all.back() == 0) all.pop_back();
    return changed;
  }

  fuzz_input& in_;
  program_data& p_;
  const schema& s_;
  dice& d_;
  const mutation_limits& limits_;
};

// Appends the calls of task `from` of `b` to task `to` of `p`, until there are too many.
void append_calls(program_data& p, unsigned to, const program_data& b, unsigned from,
                  std::size_t calls_max) {
  for (call c : b.calls_of(from)) {
    if (p.call_count() >= calls_max || !may_stand(*c.flow, task_at(p, to))) return;
    for (std::size_t a = 0; a < arg_count(c); ++a)
      if (c.args[a].object && c.args[a].object.task == from)
        c.args[a].object.task = static_cast<std::uint16_t>(to);
    insert_call(p, to, p.calls_of(to).size(), std::move(c));
  }
}

std::size_t put(const fuzz_input& in, std::uint8_t* data, std::size_t max_size) {
  const std::vector<std::uint8_t> bytes = encode_input(in);
  if (bytes.size() > max_size) return 0;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace

call draw_call(const program_data& p, unsigned task, std::size_t place, const kern::flow_info& flow,
               const schema& s, dice& d) {
  const kern::flow_info* f = &flow;
  for (unsigned depth = 0; depth <= s.flows.size(); ++depth) {
    call c = dull_call(*f);
    const char* lacking = nullptr;
    for (std::size_t a = 0; a < arg_count(c) && lacking == nullptr; ++a) {
      const kern::arg_info& info = f->args[a];
      const arg_context_owner context = context_of(p, task, place, *f, a);
      if (info.kind == kern::arg_kind::object) {
        if (context.objects.empty())
          lacking = info.cls;
        else
          c.args[a].object = d.one_in(2) ? context.objects[0] : d.of(context.objects);
      } else if (d.one_in(3)) {
        c.args[a] = ways(info.kind).mutate(info, c.args[a], context, d);
      }
    }
    if (lacking == nullptr) return c;
    f = maker_of(s, lacking, d);
    if (f == nullptr) return {};
  }
  return {};
}

fuzz_input mutate(const fuzz_input& parent, const schema& s, dice& d, const mutation_limits& l) {
  for (unsigned i = 0; i < attempts_max; ++i) {
    fuzz_input child = parent;
    if (mutation(child, s, d, l).any()) return child;
  }
  return parent;
}

fuzz_input cross(const fuzz_input& a, const fuzz_input& b, const schema&, dice& d,
                 const mutation_limits& l) {
  fuzz_input child = a;
  switch (d.below(3)) {
    case 0:
      child.schedule = b.schedule;
      break;
    case 1: {
      const unsigned from = d.below(b.program.task_count() + 1);
      const unsigned to =
          from == 0 ? 0 : 1 + d.below(std::min(a.program.task_count() + 1, l.tasks));
      const bool grow = to > child.program.task_count();
      if (grow && to > 1 && child.program.tasks.back().kind != task_kind::cpu) break;
      if (grow) child.program.tasks.push_back({});
      append_calls(child.program, to, b.program, from, l.calls);
      break;
    }
    default: {
      auto& switches = child.schedule.switches;
      switches.resize(d.below(switches.size() + 1));
      for (std::size_t i = d.below(b.schedule.switches.size() + 1);
           i < b.schedule.switches.size() && switches.size() < l.switches; ++i)
        switches.push_back(b.schedule.switches[i]);
    }
  }
  return child;
}

std::size_t mutate_bytes(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                         const schema& s) {
  dice d(seed);
  const fuzz_input parent = decode_input({data, size}, s);
  for (unsigned i = 0; i < attempts_max; ++i)
    if (const std::size_t n = put(mutate(parent, s, d), data, max_size); n != 0) return n;
  return size;
}

std::size_t cross_bytes(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                        std::uint8_t* out, std::size_t max_size, unsigned seed, const schema& s) {
  dice d(seed);
  const fuzz_input x = decode_input(a, s);
  const fuzz_input y = decode_input(b, s);
  // libFuzzer crosses as often as it mutates; mutation finds more.
  const bool crossing = d.one_in(4);
  for (unsigned i = 0; i < attempts_max; ++i)
    if (const std::size_t n = put(crossing ? cross(x, y, s, d) : mutate(x, s, d), out, max_size);
        n != 0)
      return n;
  return put(x, out, max_size);
}

}  // namespace iorace
