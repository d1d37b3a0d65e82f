// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/capture.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "scheduler/record/lists.h"

namespace iorace {

std::string_view engine_names::task(task_id t) const { return engine_.task_name(t); }
std::string_view engine_names::function(task_id t) const { return engine_.pending_function(t); }
std::string_view engine_names::place(const pending_op& op, std::span<char> buffer) const {
  return engine_.place_name(op.object, op.field, buffer);
}

namespace {

// Builds the recording in one pass over the steps, those of the setup included: they tell the
// values that the first writes replace.
class capturing {
 public:
  explicit capturing(const engine& e) : engine_(e) {
    for (const step& s : e.steps())
      if (points_somewhere(s)) pointers_.insert({class_of_object(s.object), s.field});
  }

  recording take() {
    result_.frames.push_back({});
    for (task_id t = 0; t < engine_.tasks(); ++t) result_.tasks.push_back(engine_.task_name(t));
    const std::span<const step> steps = engine_.steps();
    for (step_id i = 0; i < steps.size(); ++i) add(steps[i], i);
    const finding& f = engine_.last_finding();
    if (f.kind == verdict::none) return std::move(result_);
    for (task_id t = 1; t < engine_.tasks(); ++t)
      if (!finished_.contains(t) && (t != f.task || is_wait(f.kind)) && !rests(t)) add_pending(t);
    const auto name = [&](task_id t) { return t < engine_.tasks() ? engine_.task_name(t) : ""; };
    result_.end = {.name = f.name,
                   .title = f.title,
                   .detail = f.detail,
                   .at = number_of(f.at),
                   .other = number_of(f.other),
                   .task = name(f.task),
                   .other_task = name(f.other_task)};
    return std::move(result_);
  }

 private:
  std::uint16_t class_of_object(object_id id) const { return engine_.objects[id].cls; }

  bool points_somewhere(const step& s) const {
    const auto id = static_cast<object_id>(s.value >> 32);
    const std::uint32_t offset = static_cast<std::uint32_t>(s.value) - 1;
    return s.object != 0 && id != 0 && id < engine_.objects.size() &&
           offset < engine_.objects[id].bytes;
  }

  // Decimal; hexadecimal where it looks like an address; the name of what it points to; an error
  // code as such. A 32-bit one has lost its sign on the way.
  std::string printed(const step& s) const {
    const bool pointer = pointers_.contains({class_of_object(s.object), s.field});
    if (pointer && s.value == 0) return "NULL";
    if (pointer && s.value == 1) return "PTR";
    if (points_somewhere(s)) return engine_.identity_name(s.value);
    if (s.value >= ~std::uint64_t{4095}) return std::to_string(static_cast<std::int64_t>(s.value));
    if (s.value >> 32 == 0 && static_cast<std::uint32_t>(s.value) >= ~std::uint32_t{4095})
      return std::to_string(static_cast<std::int32_t>(s.value));
    return s.value < 4096 ? std::to_string(s.value) : fmt::format("{:#x}", s.value);
  }

  std::uint32_t frame(std::uint32_t node) {
    if (node == 0) return 0;
    if (const auto known = frames_.find(node); known != frames_.end()) return known->second;
    const frame_node& f = engine_.frame(node);
    const std::uint32_t parent = frame(f.parent);
    result_.frames.push_back({f.function, parent, f.call});
    return frames_[node] = static_cast<std::uint32_t>(result_.frames.size() - 1);
  }

  // A place holds a value iff it is one word of memory.
  static bool is_variable(const step& s) { return s.object != 0 && s.kind <= op_kind::atomic_sync; }

  // Tasks get their objects zeroed; a setup may write values that no step tells of.
  bool is_fresh(const step& s) const {
    const step_id made = engine_.objects[s.object].made_at;
    return made != no_step && made >= engine_.first_step();
  }

  void name_place(object_id object, std::uint16_t tag, const void* place, recording::line& to) {
    if (object == 0) return;
    to.object = engine_.object_name(object);
    to.field = engine_.objects.field_name(object, tag);
    if (to.field.empty()) return;
    const object_table::element e = engine_.objects.element_at(object, place);
    to.object += e.of_object;
    to.field += e.of_member;
  }

  // Requires: `kind` is an operation on lists.
  std::vector<std::string> concerned(op_kind kind, std::uint64_t place, std::uint64_t entry) const {
    std::vector<std::string> names;
    for (const std::uint64_t list : lists_.concerned(kind, place, entry))
      names.push_back(engine_.identity_name(list));
    return names;
  }

  void add(const step& s, step_id id) {
    const op_traits& row = traits(s.kind);
    recording::line line{.number = 0,
                         .task = s.task,
                         .kind = s.kind,
                         .frame = 0,
                         .object = {},
                         .field = {},
                         .value = {},
                         .before = {}};
    const bool variable = is_variable(s);
    // The step that convicts has not happened: its value means nothing.
    const bool happened = id != engine_.last_finding().at;
    if (variable || is_try(s.kind) || has_value(s.kind)) line.value = printed(s);
    if (!happened) line.value.clear();
    if (variable && happened) {
      std::string& now = values_[engine_.word_of(id)];
      if (now.empty() && is_fresh(s)) now = printed({0, s.object, s.field, s.kind, s.task});
      if (row.access == access_type::write) line.before = now;
      now = line.value;
    }
    const void* const place = engine_.memory.base() + std::size_t{engine_.word_of(id)} * granule;
    if (is_of_list(s.kind)) {
      const std::uint64_t node = engine_.objects.identity(s.object, place);
      line.lists = concerned(s.kind, node, happened ? s.value : node);
      if (happened) lists_.follow(s.kind, node, s.value);
    }
    if (s.kind == op_kind::exit) finished_.insert(s.task);
    if (id < engine_.first_step() || s.task == 0 || s.kind == op_kind::exit) return;
    line.number = static_cast<std::uint32_t>(result_.lines.size() + 1);
    line.frame = frame(engine_.frame_of(id));
    name_place(s.object, s.field, place, line);
    numbers_[id] = line.number;
    result_.lines.push_back(std::move(line));
  }

  // Verdicts over tasks that wait; all others are over the task that ran.
  static bool is_wait(verdict v) {
    return v == verdict::deadlock || v == verdict::hung_task || v == verdict::lost_wakeup;
  }

  // A task that waits for something to do has nothing pending.
  bool rests(task_id t) const {
    const waits_for by = engine_.task_at(t).by;
    return !engine_.is_enabled(t) && (by == waits_for::work || by == waits_for::alarm);
  }

  void add_pending(task_id t) {
    const pending_op& op = engine_.pending_of(t);
    recording::line line{.number = 0,
                         .task = t,
                         .kind = op.kind,
                         .frame = frame(engine_.innermost(t)),
                         .object = {},
                         .field = {},
                         .value = {},
                         .before = {}};
    name_place(op.object, op.field, op.place, line);
    if (is_of_list(op.kind)) {
      const std::uint64_t node = engine_.objects.identity(op.object, op.place);
      line.lists = concerned(op.kind, node, node);
    }
    result_.pending.push_back(std::move(line));
  }

  // Kinds beside plain variables whose result a reader wants to see.
  static bool has_value(op_kind k) {
    switch (k) {
      case op_kind::choose:
      case op_kind::copy_from_user:
      case op_kind::copy_to_user:
      case op_kind::refcount_read:
      case op_kind::refcount_set:
      case op_kind::refcount_inc:
      case op_kind::refcount_dec:
      case op_kind::refcount_dec_and_test:
      case op_kind::completion_done:
      case op_kind::xa_load:
      case op_kind::xa_store:
      case op_kind::xa_find:
        return true;
      default:
        return false;
    }
  }

  std::uint32_t number_of(step_id id) const {
    const auto known = numbers_.find(id);
    return known == numbers_.end() ? 0 : known->second;
  }

  const engine& engine_;
  recording result_;
  std::set<std::pair<std::uint16_t, std::uint16_t>> pointers_;  // class and field
  std::map<std::uint32_t, std::string> values_;                 // by word of the arena
  list_nodes lists_;
  std::map<std::uint32_t, std::uint32_t> frames_;
  std::set<task_id> finished_;
  std::map<step_id, std::uint32_t> numbers_;
};

}  // namespace

recording capture(const engine& e) { return capturing(e).take(); }

}  // namespace iorace
