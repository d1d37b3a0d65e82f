// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What one execution of the model has besides kernel objects: the frozen configuration, the open
// files, the user's memory, the work that a task still owes before it returns to user mode.
//
// Everything here lives in scratch memory and is nobody's object. Two rules keep it invisible to
// the detectors: it is either written before the tasks start, or touched by one task only, or
// touched in out-of-line functions that no sanitizer instruments.
#pragma once

#include "model/iommufd/idev_knobs.h"
#include "model/kernel.h"
#include "model/model.h"

namespace iorace::kern {

struct file;
struct files_struct;
struct iommufd_ctx;
struct ghosts;
struct mm_struct;
struct mock_machine;
struct page;

struct hw_world;
struct iommu_world;
struct vfio_pci_world;
struct vfio_type1_world;
struct iopf_world;
struct idev_world;

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

// Of the chapters that the program does not use, it has nothing.
struct world {
  u8 knob[knob::idev_count];
  u64 limit[limit::idev_count];
  chapter_set chapters;
  row_set consulted;
  row_set reached;
  iommufd_ctx* ictx;
  files_struct* files;
  mm_struct* mm;
  page* pages;   // limit user_pages of them
  u64 repinned;  // ghost: those whose pins have changed since they were judged
  ghosts* ghost;
  mock_machine* mock;
  hw_world* hw;
  iommu_world* iommu;
  vfio_pci_world* vfio_pci;
  vfio_type1_world* vfio_type1;
  iopf_world* iopf;
  idev_world* idev;
  task_local* task[tasks_max];
};
static_assert(knob::idev_count <= rows_max && probe::idev_count <= rows_max);

// For functions that alone read and write what the project keeps about a world, several tasks
// after one another: out of line, so that ThreadSanitizer does not see it.
#define UNSEEN __attribute__((noinline, no_sanitize("thread")))

// The world of the execution that runs on this thread.
world& this_world();
task_local& this_task();

// Returns the index of the value of knob `k`, and notes that it was asked for.
unsigned chosen(unsigned k);
// Presence knobs: true iff the statement that follows is left out, which is what `value` means.
inline bool omit(unsigned k, unsigned value) { return chosen(k) == value; }

inline u64 limit_value(unsigned l) { return this_world().limit[l]; }
// Ends the execution without a verdict if the limit is below the kernel's own, else returns.
void cut_if_below_kernel(unsigned l);

// Counts that a rare place was reached.
void probe_reached(unsigned p);

}  // namespace iorace::kern

#define PROBE(name) ::iorace::kern::probe_reached(::iorace::kern::probe::name)
// A moment at which invariants may be judged: says where the flow is, never what happened.
#define CONTRACT(moment, ...) ::iorace::kern::contract::moment(__VA_ARGS__)
