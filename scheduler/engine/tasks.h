// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a task may do besides touching memory and locks: choose, create and join tasks, check,
// report, look without touching.
#pragma once

#include <cstdint>

#include "scheduler/engine/describe.h"
#include "scheduler/engine/finding.h"
#include "scheduler/engine/operation.h"

namespace iorace {

// Who they are. Agents are ordinary tasks; the kind decides how a wait that never ends is judged.
enum class task_kind : std::uint8_t { cpu, kthread, worker, irq, device, user, timer };
// Who must end a wait. An execution is over when nobody waits for anything but work or an alarm,
// which a primitive's own task does between two things to do.
enum class waits_for : std::uint8_t { kernel, user, timer, device, work, alarm };

// The running task.
task_id current_task();

// A choice event: returns a number in [0, n) drawn by the strategy, 0 being the dull one.
// Blocks: a point. Requires: n > 0; `site` outlives the execution.
std::uint32_t choose(const char* site, std::uint32_t n);
// A choice that makes something fail: true at most `faults` times per execution (run option), and
// seldom. Never an event when the budget is used up. Blocks: may be a point.
bool inject_fault(const char* site);

// Makes a task that runs `body(argument)`; returns its id. `name` null: the next cpuN; see
// program::body. Blocks: create is a point. The new task is run up to its first operation at once.
task_id create_task(task_kind kind, const char* name, void (*body)(void*), void* argument);
// Blocks until the task has ended.
void join_task(task_id task);

// WARN_ON and BUG_ON: operations; identity is the enclosing kernel function. A condition that holds
// is a finding and ends the execution, so the return value is always false for the caller.
bool warn_on(bool condition, const char* text);
void bug_on(bool condition, const char* text);

// Convicts on behalf of an invariant: ends the execution. `task` (or no_task) and `function` are
// the two sides of the title "NAME: innermost v function"; `detail` is one line. Does not return in
// a task; no operation is made.
struct side {
  const char* function;
  task_id task = no_task;
  step_id at = no_step;
};
[[noreturn]] void convict(const char* name, const side& here, const side& there,
                          const char* detail);
// Ends the execution without a verdict: a limit below the kernel's was reached.
[[noreturn]] void cut(const char* limit);

// While one lives, accesses are looks: no operation, no point, no check, invisible to detectors and
// to ThreadSanitizer. For invariants, ghosts and printing.
class peek_scope {
 public:
  peek_scope();
  ~peek_scope();
  peek_scope(const peek_scope&) = delete;
  peek_scope& operator=(const peek_scope&) = delete;
};

// State of tasks and objects, for invariants. None makes an operation.
unsigned task_count();
bool task_finished(task_id task);
task_kind kind_of_task(task_id task);
// The innermost frame of `task` whose function satisfies `among` (a null-terminated list), or null.
const char* task_inside(task_id task, const char* const* among);
// The function `depth` frames out from the innermost of the running task; null past the outermost.
const char* caller(unsigned depth);
// A pointer of the specimen's own, null when an execution begins.
void*& specimen();
// Index of the next step.
step_id now();
bool is_live(const void* object);
// Convicts of `leak` if any object made by kzalloc and friends is still allocated.
void check_leaks();

}  // namespace iorace

#define WARN_ON(condition) ::iorace::warn_on(static_cast<bool>(condition), #condition)
#define BUG_ON(condition) ::iorace::bug_on(static_cast<bool>(condition), #condition)
