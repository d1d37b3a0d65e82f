// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: the errors of a flow as a table, in the order in which the kernel looks for them. Each
// row makes a call that succeeds go wrong in one way. Alone it must give its code; together with
// the next row, too, because the kernel finds it first. Together the rows give every code that the
// flow lists.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "model/iommufd/inside_test.h"
#include "model/test_calls.h"

namespace iorace::kern {

struct faulty_call {
  const flow_info& flow;
  call_args args = {};
  std::vector<body> before = {};                            // tampers with the world
  std::vector<body> after = {};                             // and puts it right again
  std::set<std::pair<std::string, unsigned>> failing = {};  // site, which of its draws

  // Arguments are dull; an access is descriptor 3, any other object is number 1.
  explicit faulty_call(const char* name) : flow(flow_called(name)) {
    for (std::size_t i = 0; i < flow.args.size(); ++i) {
      args.value[i] = flow.args[i].dull;
      if (flow.args[i].kind == arg_kind::object)
        args.value[i] = std::string_view(flow.args[i].cls) == "access" ? 3 : 1;
    }
  }
  std::uint64_t& operator[](std::string_view name) {
    for (std::size_t i = 0; i < flow.args.size(); ++i)
      if (name == flow.args[i].name) return args.value[i];
    ADD_FAILURE() << flow.name << " has no argument " << name;
    return args.value[0];
  }
  void fail(const char* site, unsigned which = 1) { failing.emplace(site, which); }
};

struct error_row {
  const char* what;
  int code;
  std::function<void(faulty_call&)> cause;
  unsigned skip = 0;  // so many of the next rows cannot be true as well
};

struct error_table {
  const char* flow;
  body setup;
  std::function<void(faulty_call&)> base;  // arguments of the call that succeeds
  std::vector<error_row> rows;
  std::set<int> elsewhere = {};  // listed codes that another table, or nothing, shows
  config c = repaired_config();
};

// Fails the draws that a call says.
class fail_these final : public strategy {
 public:
  explicit fail_these(const faulty_call& call) : call_(call) {}
  void begin(const execution_options&) override { draws_.clear(); }
  // Others move where the call waits for them.
  task_id pick(const choice_view& view) override {
    task_id t = 1;
    while (!view.is_enabled(t)) ++t;
    return t;
  }
  std::uint32_t draw(task_id, const char* site, std::uint32_t, draw_kind) override {
    return call_.failing.contains({site, ++draws_[site]}) ? 1 : 0;
  }

 private:
  const faulty_call& call_;
  std::map<std::string, unsigned> draws_;
};

// Runs `cpu1` after `setup` with the failures of `call`, and expects nothing to be found.
inline void run_failing(engine& e, const faulty_call& call, const config& c, const body& setup,
                        const body& cpu1) {
  fail_these choose(call);
  execution_options o;
  o.faults_max = static_cast<std::uint32_t>(call.failing.size());
  EXPECT_EQ(e.run(program_of(c, setup, {cpu1}), choose, o).how, ended::finished)
      << e.last_finding().title << ": " << e.last_finding().detail;
}

inline long result_of(engine& e, const faulty_call& call, const error_table& table) {
  long rc = 0;
  const auto setup = [&](world* w) {
    table.setup(w);
    for (const body& b : call.before) b(w);
  };
  const auto cpu1 = [&](world* w) {
    rc = call.flow.run(*w, call.args).rc;
    for (const body& b : call.after) b(w);
  };
  run_failing(e, call, table.c, setup, cpu1);
  return rc;
}

inline void expect_errors(const error_table& table) {
  engine e;
  const auto call_with = [&](std::initializer_list<std::size_t> rows) {
    faulty_call call(table.flow);
    table.base(call);
    for (const std::size_t i : rows) table.rows[i].cause(call);
    return result_of(e, call, table);
  };
  EXPECT_EQ(call_with({}), 0) << table.flow << " as it should be";
  std::set<int> listed(flow_called(table.flow).errors.begin(),
                       flow_called(table.flow).errors.end());
  for (const int code : table.elsewhere) EXPECT_EQ(listed.erase(code), 1u) << "code " << code;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const error_row& row = table.rows[i];
    EXPECT_EQ(call_with({i}), -row.code) << table.flow << ": " << row.what;
    listed.erase(row.code);
    const std::size_t next = i + 1 + row.skip;
    if (next >= table.rows.size()) continue;
    EXPECT_EQ(call_with({i, next}), -row.code)
        << table.flow << ": " << row.what << ", and " << table.rows[next].what;
  }
  EXPECT_THAT(listed, testing::IsEmpty()) << "never returned by " << table.flow;
}

// Another task is about to publish the first area of ioas 1, or to take it out.
inline void busy(faulty_call& c) {
  const auto pages = std::make_shared<iopt_pages*>();
  c.before.push_back([=](world* w) {
    *pages = first_area(w)->pages.peek();
    first_area(w)->pages.poke(nullptr);
  });
  c.after.push_back([=](world* w) { first_area(w)->pages.poke(*pages); });
}

}  // namespace iorace::kern
