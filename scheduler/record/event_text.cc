// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/event_text.h"

#include <fmt/format.h>

#include "scheduler/record/columns.h"

namespace iorace {
namespace {

std::string change_of(const recording::line& l) {
  if (l.value.empty()) return "";
  return l.before.empty() ? " -> " + l.value : fmt::format(" {} -> {}", l.before, l.value);
}

std::string result_of(const recording::line& l) { return l.value.empty() ? "" : " = " + l.value; }

// What was done to a place, as a participle; other operations keep their own name.
const char* done(op_kind k) {
  switch (k) {
    case op_kind::kfree:
      return "freed";
    case op_kind::kmalloc:
      return "allocated";
    case op_kind::read:
    case op_kind::read_once:
    case op_kind::load_acquire:
      return "read";
    case op_kind::write:
    case op_kind::write_once:
    case op_kind::store_release:
      return "written";
    default:
      return traits(k).name;
  }
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

const recording::line* line_of(const recording& r, std::uint32_t number) {
  return number == 0 || number > r.lines.size() ? nullptr : &r.lines[number - 1];
}

// What the verdict is about, where the engine knows it as a place; what it says about it elsewhere.
std::string subject(const recording& r, const recording::line* at) {
  if (at == nullptr || at->object.empty()) return r.end.detail;
  if (r.end.name == "data-race") return at->place();
  if (r.end.name == "use-after-free" || r.end.name == "double-free") return at->object;
  return r.end.detail;
}

// Returns " cpu=1", or " task=kworker1".
std::string who(std::string_view prefix, std::string_view task) {
  if (task.empty()) return "";
  if (starts_with(task, "cpu")) return fmt::format(" {}cpu={}", prefix, task.substr(3));
  return fmt::format(" {}task={}", prefix, task);
}

}  // namespace

std::string event_text(const recording::line& l, std::string_view place) {
  switch (l.kind) {
    case op_kind::read:
      return l.value.empty() ? fmt::format("read({})", place)
                             : fmt::format("{} = {}", place, l.value);
    case op_kind::write:
      return l.value.empty() ? fmt::format("write({})", place) : std::string(place) + change_of(l);
    case op_kind::read_once:
      return fmt::format("READ_ONCE({}){}", place, result_of(l));
    case op_kind::write_once:
      return fmt::format("WRITE_ONCE({}){}", place, change_of(l));
    case op_kind::load_acquire:
      return fmt::format("smp_load_acquire({}){}", place, result_of(l));
    case op_kind::store_release:
      return fmt::format("smp_store_release({}){}", place, change_of(l));
    case op_kind::atomic:
    case op_kind::atomic_sync:
      return fmt::format("atomic({}){}", place, change_of(l));
    case op_kind::warn_on:
      return "WARN_ON()";
    case op_kind::bug_on:
      return "BUG_ON()";
    default:
      return fmt::format("{}({}){}", traits(l.kind).name, place, result_of(l));
  }
}

std::string column_name(std::string_view task) {
  if (starts_with(task, "cpu")) return "CPU" + std::string(task.substr(3));
  return std::string(task);
}

std::string side_text(const recording& r, const recording::line& l) {
  return fmt::format("{} by {} ({})", done(l.kind), column_name(r.tasks[l.task]), l.number);
}

std::string verdict_line(const recording& r) {
  if (r.end.name.empty()) return "nothing was found";
  const recording::line* at = line_of(r, r.end.at);
  const recording::line* other = line_of(r, r.end.other);
  // A title with one function says where: "kernel-warn in iommufd_object_destroy_user".
  const bool located = starts_with(r.end.title, r.end.name + " in ");
  std::string text = located ? r.end.title : r.end.name;
  const std::string about = subject(r, at);
  if (!about.empty()) text += ": " + about;
  if (other != nullptr && other != at) text += ", " + side_text(r, *other);
  if (at != nullptr)
    text += ", " + side_text(r, *at);
  else if (located && !r.end.task.empty() && r.end.task != r.tasks[0])
    text += ", " + column_name(r.end.task);
  return text;
}

std::string verdict_words(const recording& r) {
  const recording::line* at = line_of(r, r.end.at);
  const recording::line* other = line_of(r, r.end.other);
  std::string text;
  if (at != nullptr) {
    text += ' ' + (r.end.name == "data-race" ? at->place() : at->object);
    text += fmt::format(" step={}", at->number);
  }
  text += who("", at != nullptr ? r.tasks[at->task] : r.end.task);
  if (other == nullptr) {
    text += who("other-", r.end.other_task);
  } else if (other != at) {
    const bool freed = other->kind == op_kind::kfree;
    const std::string& task = r.tasks[other->task];
    text += fmt::format(" {}={}", freed ? "freed-at" : "other-step", other->number);
    if (freed && starts_with(task, "cpu"))
      text += " freed-by=" + task.substr(3);
    else
      text += who("other-", task);
  }
  const std::size_t start = text.find_first_not_of(' ');
  return start == text.npos ? "" : text.substr(start);
}

}  // namespace iorace
