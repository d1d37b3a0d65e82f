// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A program as data: what to set up, what each task calls, under which knobs and limits. Its text
// is program_text.h, its bytes program_bytes.h; bind.h makes it run.
//
// A call may bind a variable, `area#1 = ioas_map(...)`: the object that it makes has the variable's
// name, so variables and objects made by the kernel are one name space. A variable is named by the
// task that binds it (0 is the setup) and a number; its class is the result class of the flow.
//
// Invariants of a valid program (what the parser accepts, the decoder and the mutator produce):
//  1. A variable is bound by one call. Within a task it is bound before it is used; what other
//  tasks
//     bind may be used at any time, and is 0 ("no such object") until then.
//  2. The variable of an argument has the class that the argument asks for.
//  3. Knobs and limits are set once each, in the order of the tables, to values in range.
//  4. Calls of agents stand in tasks of agents only, other calls never do. CPUs come before agents.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"

namespace iorace {

// The tables that programs are written against; tests bring their own.
struct schema {
  std::span<const kern::flow_info> flows;
  std::span<const kern::knob_info> knobs;
  std::span<const kern::limit_info> limits;
  std::span<const kern::invariant_info> invariants = {};

  // Each returns null if there is none of that name.
  const kern::flow_info* flow(std::string_view name) const;
  const kern::knob_info* knob(std::string_view name) const;
  const kern::limit_info* limit(std::string_view name) const;
};
// The tables of model/.
const schema& kernel_schema();

inline constexpr unsigned program_tasks_max = 32;
inline constexpr unsigned program_calls_max = 256;    // per task
inline constexpr unsigned variable_number_max = 999;  // of a variable

struct variable {
  std::uint16_t task = 0;
  std::uint16_t number = 0;  // from 1; 0 is no variable
  explicit operator bool() const { return number != 0; }
  auto operator<=>(const variable&) const = default;
};
// "area#1", or "area#2.1" if bound by task 2.
std::string name_of(const char* cls, variable v);

// An object argument has a variable, or none; all others have a value.
struct argument {
  std::uint64_t value = 0;
  variable object = {};
  bool operator==(const argument&) const = default;
};

// Comment lines above something and the comment behind it, without their '#'.
struct comments {
  std::vector<std::string> above;
  std::string behind;
};

struct call {
  const kern::flow_info* flow = nullptr;
  std::uint16_t result = 0;  // number of the variable that it binds, 0 if none
  std::array<argument, kern::args_max> args = {};
  std::optional<long> expected = {};  // return code, 0 or -E...
  comments notes = {};
};

struct task_data {
  task_kind kind = task_kind::cpu;
  std::string name = {};  // of agents: "user1"; CPUs are numbered
  std::vector<call> calls = {};
  comments notes = {};
};

// What may be drawn: a flow, and for each of its arguments a fixed value or any.
struct menu_item {
  const kern::flow_info* flow = nullptr;
  std::array<std::optional<argument>, kern::args_max> args = {};
  comments notes = {};
};

struct menu_data {
  unsigned tasks = 3;
  unsigned calls = 4;  // per task
  std::vector<menu_item> items = {};
  comments notes = {};
};

enum class base_profile : std::uint8_t { upstream, repaired };

struct knob_setting {
  unsigned knob;  // index into the schema's table
  unsigned value;
  bool operator==(const knob_setting&) const = default;
};
struct limit_setting {
  unsigned limit;
  std::uint64_t value;
  bool operator==(const limit_setting&) const = default;
};

struct program_data {
  base_profile profile = base_profile::upstream;
  bool says_profile = false;             // somebody chose it; otherwise it is the default
  std::vector<knob_setting> knobs = {};  // what the program says, also where it is the default
  std::vector<limit_setting> limits = {};
  std::vector<call> setup = {};
  comments setup_notes = {};
  std::vector<task_data> tasks = {};  // tasks[i] is task i + 1
  std::optional<menu_data> menu = {};

  // Task 0 is the setup.
  std::vector<call>& calls_of(unsigned task) { return task == 0 ? setup : tasks[task - 1].calls; }
  const std::vector<call>& calls_of(unsigned task) const {
    return task == 0 ? setup : tasks[task - 1].calls;
  }
  unsigned task_count() const { return static_cast<unsigned>(tasks.size()); }
  std::size_t call_count() const;
};

inline std::size_t arg_count(const call& c) { return c.flow->args.size(); }

// A call with every argument dull and no variables.
call dull_call(const kern::flow_info& flow);

// Returns true iff `flow` may stand in the setup (task null) or in `task`.
bool may_stand(const kern::flow_info& flow, const task_data* task);

// Variables of class `cls` that call number `before` of `task` may use, in the order of their
// names.
std::vector<variable> visible(const program_data& p, const char* cls, unsigned task,
                              std::size_t before);

// Returns true iff what a call of `flow` makes can be named. What agents do makes nothing.
bool makes_variable(const kern::flow_info& flow);
// Names everything that can be named.
void bind_all(program_data& p);

// Returns the number for one more variable of class `cls` in `task`.
std::uint16_t next_number(const program_data& p, const char* cls, unsigned task);

// Makes a program valid again after calls were inserted, removed or moved: variables are numbered
// in the order of their calls and every use follows its variable; a use that has lost its variable
// gets the first visible one of its class, or none.
void renumber(program_data& p);

// The task as programs write it: "setup", "cpu1", "agent user1".
std::string task_title(const program_data& p, unsigned task);

// Hash (XXH3) of everything but the comments: two programs with one hash are taken for equal.
std::uint64_t hash_of(const program_data& p);

// The chapters that its calls need, those of its menu as well.
kern::chapter_set chapters_of(const program_data& p);
// Knobs and limits: the profile's, then what the program sets.
kern::config config_of(const program_data& p, const schema& s);
// Settings from outside ("--with", IORACE_WITH), which the program's own win over.
void add_settings(program_data& p, const program_data& from);

}  // namespace iorace
