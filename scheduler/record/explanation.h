// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An explanation: which orders a finding needs, as plain data and as text. explore/explain.h makes
// one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/record/recording.h"
#include "scheduler/record/schedule.h"
#include "scheduler/record/sections.h"

namespace iorace {

struct explained_operation {
  struct lock {
    op_kind how = op_kind::mutex_lock;  // how it was taken
    std::string place;                  // "ioas#1.iova_rwsem"
  };
  std::string task;               // "cpu1"
  std::uint32_t step = 0;         // its number; 0: the finding came before it
  std::string call;               // of the program: its label; empty if it has none
  std::vector<std::string> path;  // functions, outermost first
  op_kind kind = op_kind::read;
  std::string place;        // "area#1.num_accesses"; empty if it has none
  std::string text;         // as it is drawn: "area#1.num_accesses 0 -> 1"
  std::vector<lock> locks;  // that its task holds before it, in the order in which it took them
};

// What the nearest execution with one thing the other way round ends with.
struct instead {
  std::string title;  // empty: it ends without a finding
};

// A piece of one task lies between two operations of another one: `after` < `first` <= `last` <
// `before`. Each of the two orders that this states, after < first and last < before, matters: the
// nearest execution with it the other way round does not end with the finding. One may be missing.
struct explained_order {
  std::optional<explained_operation> after;
  explained_operation first, last;
  std::optional<explained_operation> before;
  instead without_after, without_before;
};

// A choice that was not the dull one, and whose dull answer does not lead to the finding.
struct explained_choice {
  choice what;
  instead dull;
};

// The nearest execution that ends without a finding, or else with another one: one switch is
// elsewhere.
struct passing_neighbour {
  segment was, moved;          // the line of the schedule, before and after
  std::string let_in;          // whose turn it is behind it
  bool later = false;          // the switch moved to a later place of its task
  std::size_t operations = 0;  // of its task: by how many it moved
  instead ends;
  struct schedule plan;  // of the whole execution
  bool one_line = true;  // that line is all that is not as in the schedule that was explained
};

struct explanation {
  std::string verdict;  // empty: the execution ends without a finding
  std::string title;
  std::string detail;
  std::string task;  // who is convicted: "cpu1"; "setup" for the check at the end
  std::optional<explained_operation> here, there;  // the two sides, as far as there are two
  bool alone = false;                              // only one task did anything
  std::vector<explained_order> orders;             // in the order of their steps
  // Orders of calls of the program that did not overlap: what had to be there for the finding to
  // come. One for each two calls; `after` is missing.
  std::vector<explained_order> calls;
  std::vector<explained_choice> choices;
  std::optional<passing_neighbour> neighbour;
  bool minimal = false;          // no line of the schedule can be left out
  bool complete = true;          // false: there was more to try than executions_max allows
  std::uint32_t executions = 0;  // that it took
};

// Returns line `i` of `r` as an explanation has it.
explained_operation explained(const recording& r, const lock_sections& sections, std::size_t i);

struct explanation_text_options {
  unsigned width = 80;
  bool color = false;  // emphasise the title
};
// Returns the explanation for people, printable ASCII, each line ended by a newline.
std::string to_text(const explanation& e, const explanation_text_options& o = {});

}  // namespace iorace
