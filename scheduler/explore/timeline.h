// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The lives of the tasks of an execution: what each did, and what it would have done next when a
// finding ended everything. Used by explain.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/record/explanation.h"
#include "scheduler/record/recording.h"
#include "scheduler/record/schedule.h"
#include "scheduler/record/sections.h"

namespace iorace {

class timeline {
 public:
  // An operation. Moments are in the order of their steps; those that were not reached are behind
  // all others.
  struct moment {
    task_id task = 0;
    std::size_t own = 0;               // how many operations of its task come before it
    std::size_t at = 0;                // how many of all tasks do
    std::size_t source = 0;            // what holds it: 0 is the execution itself
    std::size_t line = 0;              // of that
    std::vector<std::string> touched;  // see conflicts.h
    std::string object;
    bool frees = false;  // all of the object
    bool reached() const { return source == 0; }
  };

  // `points` are the promoted fields. Both must outlive it.
  timeline(const recording& r, std::span<const std::string> points);
  timeline(const timeline&) = delete;
  timeline& operator=(const timeline&) = delete;
  // Adds what `t` would have done next: what it does in `on`, in which it was not stopped, behind
  // what it did, up to the end of its call. If that is nothing: what it was about to do. Adds
  // nothing if `t` did something else in `on`.
  void add_future(task_id t, recording on);

  const std::vector<moment>& moments() const { return moments_; }
  explained_operation explained(const moment& m) const;
  const std::string& task(task_id t) const { return steps_.tasks[t]; }

  // Whether the order of the two could matter by itself: locks count only where nothing that they
  // protect is in conflict. Requires: `a` comes before `b`.
  bool conflict(const moment& a, const moment& b) const;
  // Whether the call of the program that `a` is in had ended before that of `b` began.
  bool one_call_after_the_other(const moment& a, const moment& b) const;
  // Where the task of `m` can be held in front of it: at the last place before it, or where it
  // takes one of the locks that it holds, the latest first. As numbers of its operations.
  std::vector<std::size_t> holds(const moment& m) const;
  // The place of the `own`th operation of `t`, or the last one before it where it can stop.
  const anchor& stop_before(task_id t, std::size_t own) const;
  // Where `t` stood at the position `at`; nothing if it had ended, or did when the finding came.
  std::optional<anchor> standing_at(task_id t, std::size_t at) const;

 private:
  struct source {
    recording steps;
    lock_sections sections;
    explicit source(recording r) : steps(std::move(r)), sections(steps) {}
  };
  const recording::line& line(const moment& m) const {
    return sources_[m.source].steps.lines[m.line];
  }
  std::uint32_t call_of(const moment& m) const;
  void add(std::size_t from, task_id t, std::size_t line);
  bool data_conflict(const moment& a, const moment& b) const;
  std::vector<const moment*> protected_by(const moment& taken) const;
  std::size_t last_stop(task_id t, std::size_t own) const;

  const recording& steps_;
  std::span<const std::string> points_;
  std::deque<source> sources_;
  std::vector<moment> moments_;
  std::vector<std::vector<anchor>> places_;     // by task: where each of its operations is
  std::vector<std::vector<std::size_t>> mine_;  // by task: its moments
};

}  // namespace iorace
