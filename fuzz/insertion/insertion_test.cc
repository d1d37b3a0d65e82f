// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Traces outlive edits of the model: an unrelated operation is inserted at the beginning of each
// function that the traces of repro/ execute, one function at a time, and they are replayed.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fuzz/insertion/inserted_point.h"
#include "fuzz/trace_run.h"
#include "scheduler/engine/shared.h"
#include "scheduler/sync/spinlock.h"

namespace iorace {

// What is inserted concerns this object of the setup and nothing else.
struct bystander {
  shared<int> v;
  spinlock_t lock;
};
IORACE_DESCRIBE(bystander, "bystander", v, lock);

namespace {

enum class edit { none, read, write, lock };

// What the copy of the model is to do differently.
struct {
  edit what = edit::none;
  std::string function;
  bystander* object = nullptr;
} edited;

}  // namespace

void inserted_point(const char* function) {
  if (edited.what == edit::none || edited.function != function) return;
  if (engine::current().peeking()) return;
  switch (edited.what) {
    case edit::none:
      break;
    case edit::read:
      READ_ONCE(edited.object->v);
      break;
    case edit::write:
      WRITE_ONCE(edited.object->v, 1);
      break;
    case edit::lock:
      spin_lock(&edited.object->lock);
      spin_unlock(&edited.object->lock);
  }
}

namespace {

replay_report replayed(const trace_file& t) {
  static engine e;
  const bound_program bound(t.program, kernel_schema());
  program p = bound.runnable();
  if (edited.what != edit::none)
    p.setup = [setup = p.setup] {
      edited.object = make<bystander>();
      spin_lock_init(&edited.object->lock);
      return setup();
    };
  return replay_trace(e, p, input_of(t), expectation_of(t));
}

struct recorded {
  std::string file;
  trace_file trace;
  std::set<std::string> functions;  // that its steps stand in
};

// In these the scheduler's own tasks go off: nobody inserts anything there.
bool is_the_schedulers(std::string_view function) {
  return function == "call_timer_fn" || function == "delayed_work_timer_fn" ||
         function == "device" || function == "kthread" || function == "process_one_work" ||
         function == "rcu_do_batch";
}

std::set<std::string> functions_of(const recording& r) {
  std::set<std::string> found;
  for (const recording::line& l : r.lines)
    for (std::uint32_t at = l.frame; at != 0; at = r.frames[at].parent)
      if (!r.frames[at].call && !is_the_schedulers(r.frames[at].function))
        found.insert(r.frames[at].function);
  return found;
}

// All traces of repro/, in the order of their names. Nothing is inserted yet.
std::vector<recorded> repro() {
  edited.what = edit::none;
  std::vector<recorded> all;
  const std::filesystem::path folder = IORACE_SOURCE_DIR "/repro";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".trace") continue;
    auto t = load_trace(entry.path().string(), kernel_schema());
    if (!t) {
      ADD_FAILURE() << t.error();
      continue;
    }
    const replay_report now = replayed(*t);
    EXPECT_EQ(now.status, replay_status::same) << entry.path() << ": " << now.what;
    all.push_back({std::filesystem::relative(entry.path(), folder).string(), std::move(*t),
                   functions_of(now.steps)});
  }
  std::ranges::sort(all, {}, &recorded::file);
  return all;
}

// How many replays came to each status.
struct tally {
  std::map<replay_status, std::size_t> of;

  std::size_t all() const {
    std::size_t n = 0;
    for (const auto& [status, count] : of) n += count;
    return n;
  }
  bool mostly_kept() {
    return 10 * (of[replay_status::same] + of[replay_status::drifted]) >= 9 * all();
  }
  std::string text() const {
    std::string text;
    for (const auto& [status, count] : of)
      if (count != 0) text += fmt::format(" {} {}", count, name_of(status));
    return text;
  }
};

// Replays the traces that execute `function`; each must meet the insertion.
tally replay_edited(const std::vector<recorded>& traces, const std::string& function) {
  edited.function = function;
  tally t;
  for (const recorded& r : traces) {
    if (!r.functions.contains(function)) continue;
    const replay_report got = replayed(r.trace);
    const auto inserted =
        std::ranges::count(got.steps.lines, "bystander#1", &recording::line::object);
    EXPECT_GT(inserted, 0) << r.file << ", " << function;
    EXPECT_NE(got.status, replay_status::same) << r.file << ", " << function;
    if (got.status != replay_status::drifted)
      fmt::print("{} in {}: {}: {}\n", function, r.file, name_of(got.status), got.what);
    ++t.of[got.status];
  }
  return t;
}

void edit_each_function(edit what) {
  const std::vector<recorded> traces = repro();
  ASSERT_GE(traces.size(), 20u);
  std::set<std::string> functions;
  for (const recorded& r : traces) functions.insert(r.functions.begin(), r.functions.end());
  ASSERT_GE(functions.size(), 20u);
  edited.what = what;
  tally total;
  for (const std::string& f : functions) {
    tally t = replay_edited(traces, f);
    EXPECT_TRUE(t.mostly_kept()) << f << ":" << t.text();
    for (const auto& [status, count] : t.of) total.of[status] += count;
  }
  EXPECT_TRUE(total.mostly_kept());
  fmt::print("{} traces, {} functions, {} replays:{}\n", traces.size(), functions.size(),
             total.all(), total.text());
}

TEST(insertion, of_a_read_leaves_nine_traces_of_ten) { edit_each_function(edit::read); }
TEST(insertion, of_a_write_leaves_nine_traces_of_ten) { edit_each_function(edit::write); }
TEST(insertion, of_a_locked_section_leaves_nine_traces_of_ten) { edit_each_function(edit::lock); }

}  // namespace
}  // namespace iorace
