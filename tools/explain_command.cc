// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// iorace explain FILE.
#include <unistd.h>

#include "fuzz/trace_run.h"
#include "scheduler/explore/explain.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/load.h"
#include "tools/program_report.h"

namespace iorace::cli {
namespace {

json operation_json(const explained_operation& o) {
  json locks = json::array();
  for (const explained_operation::lock& l : o.locks)
    locks.push_back({{"lock", l.place}, {"taken_by", traits(l.how).name}});
  return {{"task", o.task},
          {"step", o.step == 0 ? json() : json(o.step)},
          {"call", o.call},
          {"path", o.path},
          {"operation", traits(o.kind).name},
          {"place", o.place},
          {"text", o.text},
          {"locks", locks}};
}

json operation_json(const std::optional<explained_operation>& o) {
  return o ? operation_json(*o) : json();
}

json instead_json(const instead& i) { return i.title.empty() ? json() : json(i.title); }

json order_json(const explained_order& o) {
  json all = {{"first", operation_json(o.first)},
              {"last", operation_json(o.last)},
              {"after", operation_json(o.after)},
              {"before", operation_json(o.before)}};
  if (o.after) all["otherwise_after"] = instead_json(o.without_after);
  if (o.before) all["otherwise_before"] = instead_json(o.without_before);
  return all;
}

json calls_json(const explanation& e) {
  json all = json::array();
  for (const explained_order& o : e.calls)
    all.push_back({{"first", {{"task", o.first.task}, {"call", o.first.call}}},
                   {"then", {{"task", o.before->task}, {"call", o.before->call}}},
                   {"otherwise", instead_json(o.without_before)}});
  return all;
}

json neighbour_json(const explanation& e) {
  if (!e.neighbour) return json();
  const passing_neighbour& n = *e.neighbour;
  return {
      {"instead_of", to_text(n.was)}, {"switch", to_text(n.moved)}, {"let_in", n.let_in},
      {"operations", n.operations},   {"later", n.later},           {"ends", instead_json(n.ends)},
      {"schedule", to_text(n.plan)}};
}

json explanation_json(const std::string& file, const explanation& e) {
  json all = {{"file", file}, {"finding", json()}};
  if (e.verdict.empty()) return all;
  all["finding"] = {{"verdict", e.verdict},
                    {"title", e.title},
                    {"detail", e.detail},
                    {"task", e.task},
                    {"here", operation_json(e.here)},
                    {"there", operation_json(e.there)}};
  json orders = json::array(), choices = json::array();
  for (const explained_order& o : e.orders) orders.push_back(order_json(o));
  for (const explained_choice& c : e.choices)
    choices.push_back(
        {{"choice", c.what.site}, {"value", c.what.value}, {"otherwise", instead_json(c.dull)}});
  all["orders"] = orders;
  all["calls"] = calls_json(e);
  all["choices"] = choices;
  all["passes"] = neighbour_json(e);
  all["minimal"] = e.minimal;
  all["complete"] = e.complete;
  all["executions"] = e.executions;
  return all;
}

}  // namespace

result<int> explain_command(const explain_request& o) {
  const auto found = load_scenario(o.file, o.with);
  if (!found) return tl::unexpected(found.error());
  const trace_file& t = found->trace;
  const expectation want = expectation_of(t);
  const bound_program bound(t.program, kernel_schema());
  const replay_input in = input_of(t);
  engine e;
  const replay_report got = replay_trace(e, bound.runnable(), in, want);
  if (got.status == replay_status::lost || got.status == replay_status::nondeterministic) {
    note(fmt::format("{}: {}: {}", o.file, name_of(got.status), got.what));
    return exit_lost;
  }
  if (got.status == replay_status::changed)
    note(o.file + ": this is not the execution that was recorded: " + got.what);
  const interrupt_guard guard;
  explain_options how;
  how.stop = [] { return interrupt_guard::interrupted(); };
  const explanation all = explain(e, bound.runnable(), in, how);
  explanation_text_options look;
  look.color = use_color(o.output.color, STDOUT_FILENO);
  const auto done =
      write_stdout(o.output.json ? json_text(explanation_json(o.file, all)) : to_text(all, look));
  if (!done) return tl::unexpected(done.error());
  return interrupt_guard::interrupted() ? exit_interrupted : exit_ok;
}

}  // namespace iorace::cli
