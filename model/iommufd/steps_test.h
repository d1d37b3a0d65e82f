// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: between two neighbouring numbered steps of a flow any other CPU may run. A flow is a
// list of steps, each with its first operation; expect_pairs() runs CPU1 alone, finds the steps in
// what it did, and shows for each pair an execution that switches to CPU2 right there. Where a pair
// lies under one lock, the lock is named, and must be held from the one step to the other.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "model/test_calls.h"
#include "scheduler/engine/tasks.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

struct flow_step {
  const char* number;
  const char* first;       // "operation object.field", as in traces; "" if there is none: no other
                           // CPU can tell this step from the one before
  const char* under = "";  // the lock that is held since the step before
};

struct stepped_flow {
  unsigned pairs;     // of neighbouring steps
  unsigned unlocked;  // how many of them lie under no lock
  body setup;
  body cpu1;
  std::vector<flow_step> steps;
  config c = repaired_config();
  const char* fault = "";  // what fails, if anything
  unsigned draw = 1;       // which of its draws does
};

// CPU1 alone up to its point number `at`, then CPU2 to its end, then CPU1 again.
class switch_at final : public strategy {
 public:
  switch_at(unsigned at, std::string_view fault, unsigned draw)
      : at_(at), fault_(fault), draw_(draw) {}
  void begin(const execution_options&) override { made_ = draws_ = 0; }
  task_id pick(const choice_view& view) override {
    const bool first = view.is_enabled(1) && made_ < at_;
    if (first) ++made_;
    if (first) return 1;
    // Where the one that is to move waits, it is for the hardware.
    for (task_id t = 3; made_ < at_ && t < view.tasks; ++t)
      if (view.is_enabled(t)) return t;
    task_id t = view.is_enabled(2) ? 2 : 1;
    while (!view.is_enabled(t)) ++t;
    return t;
  }
  std::uint32_t draw(task_id, const char* site, std::uint32_t, draw_kind) override {
    return site == fault_ && ++draws_ == draw_ ? 1 : 0;
  }

 private:
  unsigned at_;
  std::string_view fault_;
  unsigned draw_;
  unsigned made_ = 0, draws_ = 0;
};

// What CPU1 did: "operation object.field" and, for promotion, class.field.
struct done_op {
  std::string text;
  std::string field;
};

struct one_switch {
  std::vector<done_op> ops;
  std::size_t at = 0;  // index of CPU1's first operation after CPU2 ran; past the end if none
};

inline one_switch run_with_switch(engine& e, const program& p, const stepped_flow& flow,
                                  unsigned at) {
  switch_at choose(at, flow.fault, flow.draw);
  execution_options o;
  o.faults_max = *flow.fault == 0 ? 0 : 1;
  EXPECT_EQ(e.run(p, choose, o).how, ended::finished) << e.last_finding().title;
  one_switch r;
  bool seen = false;
  for (const step& s : e.steps()) {
    if (s.task == 2 && !seen) {
      seen = true;
      r.at = r.ops.size();
    }
    if (s.task != 1 || s.kind == op_kind::exit) continue;
    done_op op = {traits(s.kind).name, ""};
    if (s.object != 0) {
      op.text += " " + e.place_name(s.object, s.field);
      op.field = e.objects.class_field(s.object, s.field);
    }
    r.ops.push_back(std::move(op));
  }
  return r;
}

inline bool takes_a_lock(const std::string& op) {
  return op.starts_with("down_") || op.substr(0, op.find(' ')).ends_with("_lock");
}

// Is `lock` taken by the step that begins at ops[from], or before, and not dropped before ops[to]?
inline bool held_between(const std::vector<done_op>& ops, const std::string& lock, std::size_t from,
                         std::size_t to) {
  while (from < to && takes_a_lock(ops[from].text)) ++from;
  for (std::size_t i = to; i-- > 0;) {
    if (!ops[i].text.ends_with(" " + lock)) continue;
    if (takes_a_lock(ops[i].text)) return i <= from;
    if (ops[i].text.starts_with("up_") || ops[i].text.find("unlock ") != std::string::npos)
      return false;
  }
  return false;
}

// Index of each step's first operation, in order. A step without one has that of the step before.
inline std::vector<std::size_t> find_steps(const std::vector<flow_step>& steps,
                                           const std::vector<done_op>& ops) {
  std::vector<std::size_t> found;
  for (const flow_step& s : steps) {
    if (*s.first == 0) {
      found.push_back(found.back());
      continue;
    }
    std::size_t i = found.empty() ? 0 : found.back() + 1;
    const std::size_t begin = i;
    while (i < ops.size() && ops[i].text != s.first) ++i;
    std::string rest;
    for (std::size_t k = begin; i == ops.size() && k < i; ++k) rest += "  " + ops[k].text + "\n";
    EXPECT_LT(i, ops.size()) << "step " << s.number << ": no " << s.first << " in\n" << rest;
    if (i == ops.size()) return {};
    found.push_back(i);
  }
  return found;
}

// Before which operations of CPU1 is there an execution that switches to CPU2 and back?
inline std::set<std::size_t> find_switches(engine& e, const program& p, const stepped_flow& flow,
                                           std::size_t ops) {
  std::set<std::size_t> switches;
  for (unsigned at = 0;; ++at) {
    const one_switch r = run_with_switch(e, p, flow, at);
    EXPECT_EQ(r.ops.size(), ops);
    if (r.at == r.ops.size()) return switches;
    switches.insert(r.at);
  }
}

inline void expect_pairs(const stepped_flow& flow) {
  const program p =
      program_of(flow.c, flow.setup, {flow.cpu1, [](world*) { copy_from_user("the other CPU"); }});
  engine e;
  const std::vector<done_op> ops = run_with_switch(e, p, flow, ~0u).ops;
  const std::vector<std::size_t> at = find_steps(flow.steps, ops);
  ASSERT_EQ(at.size(), flow.steps.size());

  // Plain accesses are points only once promoted.
  std::vector<std::string> points;
  for (const std::size_t i : at) points.push_back(ops[i].field);
  e.promote(points);
  const std::set<std::size_t> switches = find_switches(e, p, flow, ops.size());

  unsigned unlocked = 0;
  for (std::size_t i = 1; i < at.size(); ++i) {
    const flow_step& s = flow.steps[i];
    EXPECT_TRUE(*s.first == 0 || switches.contains(at[i])) << "no switch before step " << s.number;
    if (*s.under == 0)
      ++unlocked;
    else
      EXPECT_TRUE(held_between(ops, s.under, at[i - 1], at[i]))
          << s.under << " is not held up to step " << s.number;
    EXPECT_TRUE(*s.first != 0 || *s.under != 0) << "step " << s.number << " is under no lock";
  }
  EXPECT_EQ(flow.pairs, flow.steps.size() - 1);
  EXPECT_EQ(flow.unlocked, unlocked);
}

}  // namespace iorace::kern
