// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The engine: runs one execution at a time on the calling OS thread. A task stops before each
// operation, declares it, and goes on when the strategy picks it; control passes directly from task
// to task. What primitives and detectors need is public here; programs use the headers beside this.
//
// Invariants. (1) At most one task runs; `self()` is it. (2) The pending operation of every task
// that has started and not ended is in pending_. (3) A bit of enabled_ is set iff that task's
// pending operation has no precondition or it holds. (4) An execution that ends early abandons its
// fibers: no destructor of a task's locals runs, and nothing may rely on one.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scheduler/detect/lock_order.h"
#include "scheduler/detect/race.h"
#include "scheduler/engine/arena.h"
#include "scheduler/engine/clocks.h"
#include "scheduler/engine/container.h"
#include "scheduler/engine/execution.h"
#include "scheduler/engine/finding.h"
#include "scheduler/engine/frame_node.h"
#include "scheduler/engine/heap.h"
#include "scheduler/engine/line.h"
#include "scheduler/engine/objects.h"
#include "scheduler/engine/scope.h"
#include "scheduler/engine/setup_image.h"
#include "scheduler/engine/step_record.h"
#include "scheduler/engine/sync_base.h"
#include "scheduler/engine/task.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/explore/program.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {

class engine;
// The engine whose execution this OS thread is in; null outside executions.
extern constinit thread_local engine* running_engine;

class engine {
 public:
  engine();
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  // Runs one execution to its end. Requires: not called from a task. What it left behind (steps,
  // frames, names, finding) can be read until the next one.
  execution_result run(const program& p, strategy& s, const execution_options& o);
  // Fields ("type.field") whose plain accesses are points, from the next execution on.
  void promote(std::span<const std::string> fields) {
    objects.promote(fields);
    setup_.of = nullptr;
  }

  // --- for primitives; see scheduler/README.md, "adding a primitive" ---
  static engine& current() {
    if (__builtin_expect(running_engine == nullptr, 0)) outside();
    return *running_engine;
  }
  task_id self() const { return self_; }
  bool quiet() const { return (mode_ & quiet_bit) != 0; }
  bool starting() const { return (mode_ & starting_bit) != 0; }
  bool peeking() const { return mode_ >= peek_unit; }
  const execution_options& options() const { return *options_; }
  task& task_at(task_id t) { return *tasks_[t]; }
  const task& task_at(task_id t) const { return *tasks_[t]; }
  bool is_enabled(task_id t) const { return view_.is_enabled(t); }
  unsigned tasks() const { return task_count_; }
  const pending_op& pending_of(task_id t) const { return pending_[t]; }

  // Declares the operation and returns when it is to be executed. Checks that the object lives, was
  // initialised, and that the task may sleep if the operation does. A waiting operation (with a
  // precondition) is on `object`'s list meanwhile. Requires: exactly one commit() follows.
  [[gnu::always_inline]] void begin(op_kind kind, sync_base* object, enabled_fn enabled = nullptr,
                                    waits_for by = waits_for::kernel);
  // The same for an operation on no object (choices, copies, task events).
  [[gnu::always_inline]] void begin_plain(op_kind kind);
  // The same for schedule(): waits on the task itself and names `queue`, which may be freed
  // meanwhile.
  void begin_sleep(const void* queue, enabled_fn woken, waits_for by);
  // The same for an operation that names `place` but may find that it need not touch it.
  void begin_unchecked(op_kind kind, const void* place);
  // Checks that `place`, too, is alive and that the marked access there races with no other.
  void touch(op_kind kind, const void* place, access_type how);
  // The same as begin() for a plain or marked operation on several places of one container; the
  // first is the one that it names. touch_part() follows for each access that is made, lean_on()
  // for what only has to be alive, then commit_access().
  void begin_access(op_kind kind, std::initializer_list<const void*> places);
  void touch_part(op_kind kind, const void* place, access_type how, bool marked);
  void lean_on(const void* place, op_kind kind);
  // Notes that the operation depends on `place`, too, dead or alive.
  void depend_on(const void* place, access_type how);
  void commit_access(op_kind kind, const void* place, std::uint64_t value);
  // The same for a join of task `id`.
  void begin_join(task_id id);
  // Records the operation that begin() declared.
  [[gnu::always_inline]] void commit(std::uint64_t value);
  // Records an operation that the other forms of it declared.
  [[gnu::always_inline]] void commit(op_kind kind, const void* place, std::uint64_t value);

  // Happens-before: the object's past becomes the task's; the task's becomes the object's.
  [[gnu::always_inline]] void acquire(sync_base& object) { acquire(object.clock); }
  [[gnu::always_inline]] void release(sync_base& object) { release(object.clock); }
  // The same by a clock of a primitive that has several.
  [[gnu::always_inline]] void acquire(std::uint32_t& clock);
  [[gnu::always_inline]] void release(std::uint32_t& clock);
  // The past of task `id`, which has ended, becomes the running one's.
  void acquire_all_of(task_id id);
  // The object's state changed: tasks that wait on it may have become enabled or not.
  void changed(sync_base& object);
  // Held locks: recursive locking, lock order, cycles and locks held at exit are judged from these.
  void hold(const void* lock, op_kind how);
  void unhold(const void* lock);
  bool holds(const void* lock, task_id t) const;
  bool holds(const void* lock) const { return holds(lock, self_); }
  void atomic_enter() { ++me_->atomic_depth; }
  void atomic_leave() { --me_->atomic_depth; }
  // How a verdict words what the running task may not sleep in.
  const char* atomic_words() const;
  std::uint32_t draw(const char* site, std::uint32_t n, draw_kind kind);
  // Draws whether something fails, within the execution's budget of faults.
  bool draw_fault(const char* site) {
    return faults_ < options_->faults_max && draw(site, 2, draw_kind::fault) != 0;
  }
  task_id create(task_kind kind, const char* name, void (*body)(void*), void* argument);
  // The same for a task that a primitive keeps to do its work. One that is made by the setup begins
  // with the program's bodies. To be called after the commit() of an event; part of it. One too
  // many cuts the execution short.
  void attend(task_kind kind, const char* name, void (*body)(void*), void* argument);
  // True iff the check runs: there is nobody left to do anything later.
  bool checking() const { return quiet() && checks_; }

  // Ends the execution with a verdict. The title is made from the innermost functions of both
  // sides.
  [[noreturn, gnu::cold]] void found(verdict v, const line& detail, step_id other = no_step,
                                     step_id at = no_step);
  // The same with a finding made elsewhere. Leaves nothing behind in `f`.
  [[noreturn]] void found_as(finding&& f);
  [[noreturn]] void end(ended how);
  // Convicts unless `place` lies in a live object. `kind` is about to be done to it, or has begun.
  void check_live(const void* place, op_kind kind, bool begun = false) {
    if (__builtin_expect(!is_alive(place), 0)) found_dead(place, kind, begun);
  }
  bool is_alive(const void* place) const {
    return memory.contains(place) && memory.at(place).bad == 0;
  }
  // The same for a task that has stopped since `place` was alive.
  void check_still_live(const void* place, op_kind kind) {
    if (__builtin_expect(!me_->doubtful, 1)) return;
    me_->doubtful = false;
    check_live(place, kind);
  }

  // One declared access to memory: begins, records and commits it. `mask` has the bits of a value.
  // Returns false iff it is a cmpxchg that fails: there is something else than `old`.
  bool access(op_kind kind, const void* place, std::uint64_t mask, bool pointer,
              std::uint64_t value, const std::uint64_t* old = nullptr);
  // The same for a plain access, with short ways for what is usual.
  template <op_kind kind, bool pointer>
  [[gnu::always_inline]] void plain_access(const void* place, std::uint64_t mask,
                                           std::uint64_t value);

  void* allocate(const class_info& cls, std::size_t bytes, gfp flags, bool may_fail);
  // Makes an object without an operation, for what a primitive keeps. Never fails.
  void* keep(const class_info& cls, std::size_t bytes, task_id maker);
  void free(const void* object);

  void frame_enter(const char* function, bool call);
  void frame_leave() {
    if (!peeking()) me_->frame = frames_[me_->frame].parent;
  }
#ifdef IORACE_TSAN
  void frame_opened_at(const void* code) {
    if (!peeking()) frames_[frame_count_ - 1].code = code;
  }
#endif
  void peek_begin();
  void peek_end();

  // --- the execution, for records, titles and invariants ---
  std::span<const step> steps() const { return {record_->steps, step_count_}; }
  std::size_t first_step() const { return first_step_; }
  std::uint32_t frame_of(step_id s) const { return record_->notes[s].frame; }
  // The word of the arena that a step names, which tells the elements of an array apart;
  // meaningless where the step has no object.
  std::uint32_t word_of(step_id s) const { return record_->notes[s].word; }
  object_id object_at(std::uint32_t word) const { return memory.object_at(word); }
  // The accesses of which container operations (lists, trees) consist, in order.
  std::span<const touched_word> touched() const { return touched_; }
  const frame_node& frame(std::uint32_t node) const { return frames_[node]; }
  std::uint32_t innermost(task_id t) const { return tasks_[t]->frame; }
  const char* function_of(std::uint32_t node) const;
  const char* pending_function(task_id t) const { return function_of(tasks_[t]->frame); }
  const std::string& task_name(task_id t) const { return tasks_[t]->name; }
  std::string object_name(object_id id) const;
  // "area#1.num_accesses", or "area#1" where the operation concerns the whole object.
  std::string place_name(object_id id, std::uint16_t tag) const {
    return element_name(id, tag, nullptr);
  }
  // The same with the element of an array that `place` is in: "tlb#1.tag[2]".
  std::string element_name(object_id id, std::uint16_t tag, const void* place) const;
  // The same, written into `buffer` and cut to its size; allocates nothing.
  std::string_view place_name(object_id id, std::uint16_t tag, std::span<char> buffer,
                              const void* place = nullptr) const;
  // The identity of an address as recorded in values: object in the upper half, offset + 1 below.
  std::uint64_t identity(const void* p) const;
  std::string identity_name(std::uint64_t value) const;
  // What a verdict calls the member at `p`, and an object.
  line name_of(const void* p);
  line name_of(object_id id) const;
  const finding& last_finding() const { return finding_; }
  std::span<const wanted_point> wanted_points() const { return wanted_points_; }
  std::span<const noted_cycle> cycles() const { return cycles_; }  // in the order of their closing
  std::uint64_t digest() const;
  void print_context() const;
  void* specimen = nullptr;  // see tasks.h
  // What primitives know of the execution as a whole; null when it begins.
  void* rcu = nullptr;
  void* servers = nullptr;

  arena memory;
  object_table objects;
  clocks time;
  race_detector races;
  lock_order order;

 private:
  friend struct engine_fibers;
  friend struct engine_turns;
  void begin_execution(const program& p, strategy& s, const execution_options& o);
  [[gnu::cold]] void forget_finding();
  void run_setup(const program& p);
  void save_setup(const program& p);
  bool restore_setup(const program& p);
  [[gnu::noinline]] void name_task(task& t, const char* name);
  [[gnu::cold]] void make_slot();
  task& add_task(task_kind kind, const char* name);
  task_id make_task(task_kind kind, const char* name, void (*body)(void*), void* argument);
  void add_attendants();
  object_id add_object(std::uint16_t cls, void* p, std::size_t bytes, task_id maker, bool kernel);
  void run_alone(const std::function<void()>& f);
  [[gnu::always_inline]] void run_bodies();
  [[gnu::always_inline]] void enter_task(task_id id);
  void collect_tasks(unsigned n);
  void start_task(task_id t);
  fiber* exit_task();
  [[noreturn]] void leave_for_good();
  [[gnu::always_inline]] void stop();
  [[gnu::always_inline]] void hand_over();
  [[noreturn]] static void outside();
  void become(task_id t) {
    self_ = t;
    me_ = tasks_[t].get();
    mine_ = &pending_[t];
    stamp_ = std::uint64_t{t} << 56;
    time.become(t);
  }
  [[gnu::always_inline]] task_id choose_next(task_id current);
  task_id nobody_enabled();
  [[gnu::always_inline]] fiber& change_to(task_id next);
  [[gnu::always_inline]] fiber* successor();
  fiber* next_start();
  [[gnu::cold]] void begin_unusual(op_kind kind, sync_base* object);
  void begin_alone(sync_base* object, enabled_fn enabled);
  void begin_plain_unusual(op_kind kind);
  void check_may_sleep(op_kind kind, const void* object);
  void ask_waiters(sync_base& object);
  bool set_enabled(task_id t, bool on);
  [[gnu::always_inline]] void wait_on(sync_base* object, enabled_fn enabled);
  [[gnu::always_inline]] void stop_waiting(sync_base* object);
  void find_cycle(task_id t);
  void note_order(const void* lock, std::uint16_t lock_class);
  bool time_passes();
  bool somebody_waits() const;
  bool note_cycle(task_id t);
  finding judge_stuck();
  void describe(verdict v, const line& detail, step_id other, step_id at);
  bool reaches(task_id from, task_id target, std::uint64_t* visited, std::string& path) const;
  [[noreturn]] void stuck();
  task_id take_turns();
  fiber* probe_livelock();
  std::uint64_t state_hash() const;
  finding word_livelock(std::size_t period) const;
  [[noreturn, gnu::cold]] void found_dead(const void* place, op_kind kind, bool stopped);
  [[noreturn, gnu::cold]] void found_held(const task& t);
  [[noreturn, gnu::cold]] void found_race(const void* place, step_id other);
  [[gnu::noinline]] step_id race_with(const void* place, bool marked, bool write);
  [[gnu::always_inline]] bool execute(op_kind kind, const void* place, std::uint64_t mask,
                                      bool pointer, std::uint64_t value, const std::uint64_t* old);
  template <op_kind kind, bool pointer>
  [[gnu::always_inline]] bool execute_at_once(const void* place, std::uint64_t mask,
                                              std::uint64_t value, std::uint64_t what);
  template <op_kind kind, bool pointer>
  [[gnu::noinline]] void access_at_point(const void* place, std::uint64_t mask, std::uint64_t value,
                                         cell c);
  template <op_kind kind, bool pointer>
  [[gnu::noinline]] void execute_unusual(const void* place, std::uint64_t mask,
                                         std::uint64_t value);
  template <op_kind kind, bool pointer>
  [[gnu::noinline]] void access_unusual(const void* place, std::uint64_t mask, std::uint64_t value);
  void make_frame_room();
  [[gnu::cold]] void enter_behind(const char* function, bool call);
  static std::uint64_t identity_of_number(const void* p);
  void order_marked(history& h, const op_traits& row);
  void note_late_frees(std::uint32_t first, std::uint32_t words);
  void note_touched(const void* place, access_type how, bool marked);
  void judge_part(op_kind kind, const void* place, step_id race);
  [[noreturn, gnu::cold]] void convict_misuse(op_kind kind);
  void note_unordered(const history& h, op_kind kind, bool write);
  void want_point(const cell& c);
  // The second half of a step and of a pending operation but for its last byte: object, field and
  // kind.
  static std::uint64_t packed(cell c, op_kind kind) {
    return (std::bit_cast<std::uint64_t>(c) & 0xffffffffffff) | static_cast<std::uint64_t>(kind)
                                                                    << 48;
  }
  void declare(const void* place, cell c, op_kind kind) {
    pending_op& mine = *mine_;
    mine.place = place;
    const std::uint64_t rest = packed(c, kind);
    std::memcpy(&mine.object, &rest, sizeof rest);
  }
  // What declare() has packed.
  std::uint64_t declared() const {
    std::uint64_t what;
    std::memcpy(&what, &mine_->object, sizeof what);
    return what;
  }
  void append(op_kind kind, const void* place, cell c, std::uint64_t value) {
    append_packed(packed(c, kind), memory.word_of(place), value);
  }
  void append_packed(std::uint64_t what, std::uint32_t word, std::uint64_t value) {
    const std::uint32_t at = step_count_;
    if (__builtin_expect(at == operations_max, 0)) end(ended::step_bound);
    step& s = record_->steps[at];
    s.value = value;
    what |= stamp_;
    std::memcpy(&s.object, &what, sizeof what);
    const std::uint64_t note = std::bit_cast<std::uint64_t>(step_note{me_->frame, word});
    std::memcpy(&record_->notes[at], &note, sizeof note);  // in one piece
    step_count_ = at + 1;
  }

  std::array<std::unique_ptr<task>, tasks_max> tasks_;
  unsigned task_count_ = 0;
  unsigned unfinished_ = 0;        // of these, without the setup
  unsigned stride_tasks_ = 8;      // rows in the clocks; grows when a program creates more
  unsigned cpus_ = 0, named_ = 0;  // so many slots would get the names that they have
  std::array<pending_op, tasks_max> pending_{};
  std::uint64_t enabled_[(tasks_max + 63) / 64] = {};
  choice_view view_{};
  task_id self_ = 0;
  // Of the task `self_`: itself, its pending operation, and the last byte of its steps.
  task* me_ = nullptr;
  pending_op* mine_ = nullptr;
  std::uint64_t stamp_ = 0;
  // Zero while tasks are interleaved and watched for races. Setup and check are quiet; a new task
  // on its way to its first operation is starting; nobody looks for races in a blind execution;
  // above that, the number of peek_scopes.
  static constexpr unsigned quiet_bit = 1, starting_bit = 2, blind_bit = 4, peek_unit = 8;
  unsigned mode_ = quiet_bit;
  unsigned interleaved_ = 0;  // the mode of tasks that are: 0 or blind_bit
  unsigned bodies_ = 0;       // tasks of the program, setup included
  fiber* starter_ = nullptr;  // of the task that is starting; null for a body
  fiber main_;
  const execution_options* options_ = nullptr;
  strategy* strategy_ = nullptr;
  execution_result result_;
  std::uint32_t points_max_ = 0, faults_ = 0, steps_at_bound_ = 0;
  std::uint32_t choices_ = 0;  // drawn so far, injected failures not counted
  finding finding_;
  std::vector<noted_cycle> cycles_;
  std::vector<wanted_point> wanted_points_;
  container_access part_;  // that begin_access() began
  bool checks_ = false;
  std::vector<attendant> attendants_;  // that the setup asked for
  const std::function<void()>* alone_ = nullptr;
  void* world_ = nullptr;
  step_record::owner record_ = step_record::make();
  std::vector<touched_word> touched_;
  std::uint32_t step_count_ = 0;
  std::size_t first_step_ = 0;
  std::vector<frame_node> frames_;  // frame_count_ of them are of this execution
  std::uint32_t frame_count_ = 0, frame_room_ = 0;
  setup_image setup_;
  std::vector<std::uint64_t> probe_hashes_;
  task_id probe_next_ = 0;
};

}  // namespace iorace
