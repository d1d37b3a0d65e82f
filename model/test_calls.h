// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: programs of calls by name, as a trace would spell them.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/kernel.h"
#include "model/model.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/this_build_test.h"
#include "scheduler/explore/sample.h"
#include "scheduler/strategies/round_robin.h"

namespace iorace::kern {

inline const flow_info& flow_called(std::string_view name) {
  for (const flow_info& f : flows())
    if (name == f.name) return f;
  ADD_FAILURE() << "no flow " << name;
  return flows()[0];
}

// Makes the call in the running task. Arguments left out are dull.
inline call_result make_call(world* w, std::string_view name, std::span<const std::uint64_t> args) {
  const flow_info& flow = flow_called(name);
  call_args a = {};
  for (std::size_t i = 0; i < flow.args.size(); ++i) a.value[i] = flow.args[i].dull;
  std::size_t i = 0;
  for (const std::uint64_t v : args) a.value[i++] = v;
  return flow.run(*w, a);
}
inline call_result make_call(world* w, std::string_view name,
                             std::initializer_list<std::uint64_t> args = {}) {
  return make_call(w, name, std::span(args.begin(), args.size()));
}

// A configuration by names, over `base`.
inline config with(config base,
                   std::initializer_list<std::pair<const char*, const char*>> settings) {
  for (const auto& [name, value] : settings) {
    bool known = false;
    for (std::size_t k = 0; k < knobs().size(); ++k)
      for (std::size_t v = 0; v < knobs()[k].values.size(); ++v)
        if (std::string_view(name) == knobs()[k].name &&
            std::string_view(value) == knobs()[k].values[v].name) {
          base.knobs[k] = static_cast<unsigned>(v);
          known = true;
        }
    for (std::size_t l = 0; l < limits().size(); ++l)
      if (std::string_view(name) == limits()[l].name) {
        base.limits[l] = std::stoull(value);
        known = true;
      }
    EXPECT_TRUE(known) << name << "=" << value;
  }
  return base;
}

using body = std::function<void(world*)>;
inline body call_of(const char* flow, std::initializer_list<std::uint64_t> args) {
  return
      [flow, values = std::vector<std::uint64_t>(args)](world* w) { make_call(w, flow, values); };
}

// `c` must outlive the program.
inline program program_of(const config& c, const body& setup, const std::vector<body>& cpus) {
  program p;
  p.setup = [&c, setup] {
    world* const w = make_world(c);
    setup(w);
    return static_cast<void*>(w);
  };
  for (const body& b : cpus) p.cpu([b](void* w) { b(static_cast<world*>(w)); });
  p.check = [](void* w) { finish_world(*static_cast<world*>(w)); };
  return p;
}

// Runs `cpu` alone after `setup`; returns the title of what it is convicted of, or "".
inline std::string title_alone(const config& c, const body& setup, const body& cpu) {
  const program p = program_of(c, setup, {[&cpu](world* w) {
                                 KFUNC();
                                 cpu(w);
                               }});
  engine e;
  round_robin choose;
  e.run(p, choose, {});
  return e.last_finding().title;
}
// The verdict that a title begins with.
inline std::string verdict_of(const std::string& title) {
  return title.substr(0, title.find_first_of(": "));
}

inline sample_options options_for(const std::string& strategy, std::uint64_t executions,
                                  std::uint64_t seed, std::uint32_t faults_max) {
  sample_options o;
  o.strategy = strategy;
  o.executions_max = executions;
  o.each.seed = seed;
  o.each.faults_max = faults_max;
  return o;
}

// Titles of up to `executions` executions, in the order in which they were found.
inline std::vector<std::string> titles(const program& p, const std::string& strategy,
                                       std::uint64_t executions, std::uint64_t seed = 1,
                                       std::uint32_t faults_max = 0) {
  const std::uint64_t most = std::min(executions, in_this_build(executions, std::uint64_t{400}));
  sample_options o = options_for(strategy, most, seed, faults_max);
  o.keep_going = true;
  std::vector<std::string> found;
  for (const sampled_finding& f : sample(p, o).findings) found.push_back(f.what.title);
  return found;
}

// Whether one of up to `executions` executions is convicted of `title`.
inline bool convicts(const program& p, const std::string& strategy, std::uint64_t executions,
                     const std::string& title, std::uint32_t faults_max = 0) {
  sample_options o = options_for(strategy, executions, 1, faults_max);
  o.pass_over = [&title](const finding& f) { return f.title != title; };
  return !sample(p, o).findings.empty();
}

}  // namespace iorace::kern
