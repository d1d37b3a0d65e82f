// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What one execution of the model has besides kernel objects: the frozen configuration, the open
// files, the user's memory, the work that a task still owes before it returns to user mode.
//
// Everything here lives in scratch memory and is nobody's object. Two rules keep it invisible to
// the detectors: it is either written before the tasks start, or touched by one task only, or
// touched in out-of-line functions that no sanitizer instruments.
#pragma once

#include "model/iommufd/knobs.h"
#include "model/kernel.h"
#include "model/model.h"

namespace iorace::kern {

struct file;
struct files_struct;
struct iommufd_ctx;
struct ghosts;
struct mm_struct;
struct page;

inline constexpr unsigned tasks_max = 128;
inline constexpr unsigned task_works_max = 16;

// Of one task, touched by that task only; ghosts look at it in a peek_scope.
struct task_local {
  file* work[task_works_max];  // files whose last reference this task has dropped
  unsigned works;
  const void* marked;  // ghost: the area that this task's unmap is revoking
  u64 entered;         // ghost: when this task's unmap began
  bool passed;         // ghost: it has taken out an area,
  u64 passed_last;     //   the last of which ended here
};

struct world {
  u8 knob[knob::count];
  u64 limit[limit::count];
  u64 consulted;  // bit i: knob i was asked
  u64 reached;    // bit i: probe i was passed
  iommufd_ctx* ictx;
  files_struct* files;
  mm_struct* mm;
  page* pages;  // limit user_pages of them
  ghosts* ghost;
  task_local* task[tasks_max];
};

// The world of the execution that runs on this thread.
world& this_world();
task_local& this_task();

// Returns the index of the value of `k`, and notes that it was asked for.
unsigned chosen(knob::id k);
// Presence knobs: true iff the statement that follows is left out, which is what `value` means.
inline bool omit(knob::id k, unsigned value) { return chosen(k) == value; }

inline u64 limit_value(limit::id l) { return this_world().limit[l]; }
// Ends the execution without a verdict if the limit is below the kernel's own, else returns.
void cut_if_below_kernel(limit::id l);

// Counts that a rare place was reached.
void probe_reached(probe::id p);

}  // namespace iorace::kern

#define PROBE(name) ::iorace::kern::probe_reached(::iorace::kern::probe::name)
// A moment at which invariants may be judged: says where the flow is, never what happened.
#define CONTRACT(moment, ...) ::iorace::kern::contract::moment(__VA_ARGS__)
