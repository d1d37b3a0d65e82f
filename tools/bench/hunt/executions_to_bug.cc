// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// executions_to_bug: a table of programs and strategies. See tools/README.md.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "scheduler/strategies/strategy.h"
#include "tools/bench/hunt/hunt.h"

namespace iorace::bench {
namespace {

struct request {
  std::vector<std::string> programs = {"account",   "bluetooth_driver", "deadlock01",
                                       "reorder_3", "reorder_10",       "reorder_100",
                                       "twostage",  "twostage_100",     "wronglock"};
  std::vector<std::string> strategies = {"portfolio"};
  hunt_options each;
  bool json = false;
};

void print(const request& o) {
  nlohmann::json rows = nlohmann::json::array();
  if (!o.json)
    fmt::print("{:<18}{:<14}{:>9}{:>10}{:>10}{:>9}{:>12}\n", "program", "strategy", "median",
               "mean", "+-95%", "hits", "points");
  for (const std::string& program : o.programs)
    for (const std::string& strategy : o.strategies) {
      hunt_options each = o.each;
      each.strategy = strategy;
      const hunt_result r = hunt(*make_program(program), each);
      if (!o.json) {
        fmt::print("{:<18}{:<14}{:>9.1f}{:>10.1f}{:>10.1f}{:>9}{:>12}\n", program, strategy,
                   r.median(), r.mean(), r.half_width(),
                   fmt::format("{}/{}", r.hits.size(), r.seeds), r.points);
        std::fflush(stdout);
        continue;
      }
      const bool half = 2 * r.hits.size() > r.seeds;
      rows.push_back({{"program", program},
                      {"strategy", strategy},
                      {"seeds", r.seeds},
                      {"hits", r.hits.size()},
                      {"median", half ? nlohmann::json(r.median()) : nlohmann::json()},
                      {"mean", r.mean()},
                      {"interval95", {r.mean() - r.half_width(), r.mean() + r.half_width()}},
                      {"executions", r.executions},
                      {"points", r.points}});
    }
  if (o.json) fmt::print("{}\n", rows.dump(2));
}

int list() {
  for (const program_info& p : programs())
    fmt::print("{:<20}{}\n", p.size == 0 ? p.name : fmt::format("{}N", p.name), p.summary);
  return 0;
}

int run(int argc, char** argv) {
  request o;
  bool listing = false;
  std::string format = "text";
  CLI::App app("Counts executions until a known bug is found.", "executions_to_bug");
  app.add_flag("--list", listing, "list the programs");
  app.add_option("--programs", o.programs, "names, commas between them")->delimiter(',');
  app.add_option("--strategies", o.strategies, "names, commas between them")->delimiter(',');
  app.add_option("--seeds", o.each.seeds, "how many (100)");
  app.add_option("--first-seed", o.each.first_seed, "the first of them (0)");
  app.add_option("--max-executions", o.each.executions_max, "per seed (20000)");
  app.add_option("--max-points", o.each.points_max, "per execution (20000)");
  app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (listing) return list();
  o.json = format == "json";
  for (const std::string& name : o.programs)
    if (!make_program(name)) return fmt::print(stderr, "no program {}, see --list\n", name), 2;
  for (const std::string& name : o.strategies)
    if (make_strategy(name) == nullptr) return fmt::print(stderr, "no strategy {}\n", name), 2;
  print(o);
  return 0;
}

}  // namespace
}  // namespace iorace::bench

int main(int argc, char** argv) { return iorace::bench::run(argc, argv); }
