// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Verdicts that one operation decides: assertions of the kernel, results, invariants, links and
// counts. The last test holds scheduler/README.md to its word: each verdict is planted somewhere,
// and its near miss acquitted.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scheduler/detect/planted_test.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/refcount.h"

namespace iorace::this_file {
namespace {

// --- a lost update, noticed by the kernel ---

void raise_locked(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  const int v = READ_ONCE(r->value);
  WRITE_ONCE(r->value, v + 1);
  mutex_unlock(&r->a);
}
void raise_unlocked(room* r) {
  KFUNC();
  const int v = READ_ONCE(r->value);
  WRITE_ONCE(r->value, v + 1);
}
void warn_unless_raised(room* r) {
  KFUNC();
  const int before = READ_ONCE(r->value);
  raise_unlocked(r);
  WARN_ON(READ_ONCE(r->value) != before + 1);
}
void warn_unless_raised_locked(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  warn_unless_raised(r);
  mutex_unlock(&r->a);
}

TEST(checks, kernel_warn_names_the_function) {
  expect_convicted(in_a_room({warn_unless_raised, raise_unlocked}),
                   "kernel-warn in warn_unless_raised");
  expect_acquitted(in_a_room({warn_unless_raised_locked, raise_locked}));
}

program checked(program p) {
  p.check = [](void* r) {
    KFUNC();
    BUG_ON(static_cast<room*>(r)->value != 2);
  };
  return p;
}

TEST(checks, kernel_bug_is_for_the_program_too) {
  const tally t = run_often(checked(in_a_room({raise_unlocked, raise_unlocked})));
  ASSERT_EQ(t.titles.size(), 1u);
  EXPECT_EQ(t.titles.begin()->first.substr(0, 13), "kernel-bug in");
  EXPECT_GT(t.found, 50u);
  expect_acquitted(checked(in_a_room({raise_locked, raise_locked})));
}

// --- lockdep_assert_held ---

void with_assertions(room* r) {
  lockdep_assert_held(&r->a);
  lockdep_assert_held_write(&r->sem);
}
void inside(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  down_write(&r->sem);
  with_assertions(r);
  up_write(&r->sem);
  mutex_unlock(&r->a);
}
void after_downgrade(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  down_write(&r->sem);
  downgrade_write(&r->sem);
  with_assertions(r);
  up_read(&r->sem);
  mutex_unlock(&r->a);
}
void outside(room* r) {
  KFUNC();
  lockdep_assert_held(&r->a);
}
void hold_a(room* r) {
  KFUNC();
  mutex_lock(&r->a);
  mutex_unlock(&r->a);
}
void not_held(room* r) {
  KFUNC();
  lockdep_assert_not_held(&r->a);
}

TEST(checks, lockdep_assert_asks_the_running_task) {
  expect_convicted(in_a_room({after_downgrade}), "lockdep-assert in after_downgrade",
                   convicted::always);
  // That somebody else holds the lock is no excuse.
  expect_convicted(in_a_room({outside, hold_a}), "lockdep-assert in outside", convicted::always);
  expect_acquitted(in_a_room({inside, inside, hold_a}));
  expect_acquitted(in_a_room({not_held, hold_a}));
}

// --- results and invariants, which their owners judge ---

// Convicts when its own update of the value and CPU2's became one.
void convict_a_lost_update(room* r, const char* name, const side& there) {
  const peek_scope look;
  if (r->value.peek() == 1 && task_finished(2))
    convict(name, {.function = "pin"}, there, "one of two updates is lost");
}
void pin(room* r) {
  KFUNC();
  raise_unlocked(r);
  convict_a_lost_update(r, "unexpected-result", {});
}
void pin_locked(room* r) {
  KFUNC();
  raise_locked(r);
  convict_a_lost_update(r, "unexpected-result", {});
}
void pin_against_unmap(room* r) {
  KFUNC();
  raise_unlocked(r);
  convict_a_lost_update(r, "pin-survives-unmap", {.function = "unmap", .task = 2});
}
void pin_locked_against_unmap(room* r) {
  KFUNC();
  raise_locked(r);
  convict_a_lost_update(r, "pin-survives-unmap", {.function = "unmap", .task = 2});
}

TEST(checks, convict_words_results_and_invariants) {
  expect_convicted(in_a_room({pin, raise_unlocked}), "unexpected-result in pin");
  expect_acquitted(in_a_room({pin_locked, raise_locked}));
  expect_convicted(in_a_room({pin_against_unmap, raise_unlocked}),
                   "pin-survives-unmap: pin v unmap");
  expect_acquitted(in_a_room({pin_locked_against_unmap, raise_locked}));
}

// --- the list of all of them ---

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string every_test() {
  const std::filesystem::path root = std::filesystem::path(IORACE_SOURCE_DIR) / "scheduler";
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().string().ends_with("_test.cc")) all += contents(entry.path());
  return all;
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::istringstream in(row);
  for (std::string cell; std::getline(in, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(' ');
    if (first == cell.npos) continue;
    cells.push_back(cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
  }
  return cells;
}

// "`suite.name`: what" names a test that exists.
bool names_a_test(const std::string& cell, const std::string& tests) {
  const std::size_t dot = cell.find('.');
  const std::size_t end = cell.find('`', 1);
  if (cell.empty() || cell[0] != '`' || dot == cell.npos || end == cell.npos || dot > end)
    return false;
  const std::string test =
      "TEST(" + cell.substr(1, dot - 1) + ", " + cell.substr(dot + 1, end - dot - 1) + ")";
  return tests.find(test) != tests.npos;
}

TEST(checks, every_verdict_has_a_planted_bug_and_a_near_miss) {
  std::map<std::string, std::vector<std::string>> rows;
  std::istringstream readme(
      contents(std::filesystem::path(IORACE_SOURCE_DIR) / "scheduler/README.md"));
  for (std::string row; std::getline(readme, row);)
    if (row.starts_with("| `")) {
      const std::vector<std::string> cells = cells_of(row);
      rows[cells[0]] = cells;
    }
  const std::string tests = every_test();
  for (const verdict_info& v : verdicts()) {
    if (v.id == verdict::none) continue;
    const auto row = rows.find("`" + std::string(v.name) + "`");
    ASSERT_NE(row, rows.end()) << v.name << " has no row in scheduler/README.md";
    ASSERT_EQ(row->second.size(), 3u) << v.name;
    EXPECT_TRUE(names_a_test(row->second[1], tests)) << v.name << ": " << row->second[1];
    EXPECT_TRUE(names_a_test(row->second[2], tests)) << v.name << ": " << row->second[2];
  }
}

}  // namespace
}  // namespace iorace::this_file
