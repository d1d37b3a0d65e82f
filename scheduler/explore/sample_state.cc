// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/sample_state.h"

#include <algorithm>
#include <limits>

namespace iorace {
namespace {

constexpr std::uint64_t version = 2;

// Findings of one batch share what it knew, and it may be what is known now: each is written once.
class shelf {
 public:
  void put(const std::shared_ptr<const knowledge>& k) {
    if (k != nullptr && std::find(all_.begin(), all_.end(), k) == all_.end()) all_.push_back(k);
  }
  // Its place, from 1; 0 for none.
  std::uint64_t place(const std::shared_ptr<const knowledge>& k) const {
    if (k == nullptr) return 0;
    return static_cast<std::uint64_t>(std::find(all_.begin(), all_.end(), k) - all_.begin()) + 1;
  }
  std::shared_ptr<const knowledge> take(ledger_reader& from) const {
    const std::uint64_t at = from.count(all_.size());
    return at == 0 ? nullptr : all_[at - 1];
  }

  void write(ledger_writer& to) const {
    to.line("knowledge").count(all_.size());
    for (const auto& k : all_) k->write(to);
  }
  void read(ledger_reader& from) {
    for (auto n = from.line("knowledge").count(); n != 0 && from.ok(); --n) {
      const auto k = std::make_shared<knowledge>();
      k->read(from);
      all_.push_back(k);
    }
  }

 private:
  std::vector<std::shared_ptr<const knowledge>> all_;
};

void write_words(ledger_writer& to, std::string_view key, const std::vector<std::string>& all) {
  to.line(key).count(all.size());
  for (const std::string& one : all) to.line("").words(one);
}
std::vector<std::string> read_words(ledger_reader& from, std::string_view key) {
  std::vector<std::string> all;
  for (auto n = from.line(key).count(); n != 0 && from.ok(); --n)
    all.push_back(from.line("").words());
  return all;
}

// The numbers of a result by name, in the order of the text.
template <class Result, class F>
void each_number(Result& r, F f) {
  auto& s = r.statistics;
  f("executions", r.executions), f("points", r.points), f("operations", r.operations);
  f("cut", r.cut), f("step-bound", r.step_bound), f("digest", r.digest);
  f("looked-at", s.looked_at), f("traces", s.traces), f("once", s.once), f("exact", s.exact);
  f("pairs", s.pairs), f("pairs-exact", s.pairs_exact);
  f("pct-executions", s.pct_executions), f("pct-depth", s.pct_depth);
  f("tasks-max", s.tasks_max), f("points-max", s.points_max);
}

template <class T>
void read_number(ledger_reader& from, T& to, std::uint64_t max = std::numeric_limits<T>::max()) {
  to = static_cast<T>(from.count(max));
}

verdict read_verdict(ledger_reader& from) {
  const std::string name = from.words();
  for (const verdict_info& v : verdicts())
    if (name == v.name) return v.id;
  from.fail("expected a verdict");
  return verdict::none;
}

void write_finding(ledger_writer& to, const sampled_finding& f, const shelf& known) {
  to.line("finding").words(f.what.name);
  to.line("verdict").words(verdicts()[static_cast<std::size_t>(f.what.kind)].name);
  to.line("title").words(f.what.title);
  to.line("detail").words(f.what.detail);
  to.line("where").count(f.what.execution);
  to.count(f.what.at).count(f.what.other).count(f.what.task).count(f.what.other_task);
  const execution_options& o = f.options;
  to.line("strategy").words(f.strategy);
  to.line("options").hash(o.seed).count(o.number).count(o.points_max).count(o.points_estimate);
  to.count(o.faults_max).count(o.fair).count(o.detect_races).count(o.reuse_setup);
  write_words(to, "promoted", f.points);
  to.line("knew").count(known.place(f.known));
}

sampled_finding read_finding(ledger_reader& from, const shelf& known) {
  sampled_finding f;
  f.what.name = from.line("finding").words();
  f.what.kind = read_verdict(from.line("verdict"));
  f.what.title = from.line("title").words();
  f.what.detail = from.line("detail").words();
  read_number(from.line("where"), f.what.execution);
  read_number(from, f.what.at), read_number(from, f.what.other);
  read_number(from, f.what.task), read_number(from, f.what.other_task);
  execution_options& o = f.options;
  f.strategy = from.line("strategy").words();
  if (from.ok() && make_strategy(f.strategy) == nullptr) from.fail("expected a strategy");
  o.seed = from.line("options").hash();
  read_number(from, o.number), read_number(from, o.points_max);
  read_number(from, o.points_estimate), read_number(from, o.faults_max);
  o.fair = from.flag(), o.detect_races = from.flag(), o.reuse_setup = from.flag();
  f.points = read_words(from, "promoted");
  f.known = known.take(from.line("knew"));
  return f;
}

}  // namespace

void write_state(const sample_state& s, ledger_writer& to) {
  to.line("sample").count(version);
  each_number(s.result, [&](const char* key, std::uint64_t n) { to.line(key).count(n); });
  to.line("batch").count(s.batch_end).count(s.estimate).count(s.longest);
  write_words(to, "promoted", s.points);
  write_words(to, "promoted-next", s.result.promoted);
  s.traces.write(to, "traces-seen");
  s.pairs.write(to, "pairs-seen");
  shelf known;
  known.put(s.known);
  known.put(s.learning);
  for (const sampled_finding& f : s.result.findings) known.put(f.known);
  known.write(to);
  to.line("known").count(known.place(s.known)).count(known.place(s.learning));
  to.line("findings").count(s.result.findings.size());
  for (const sampled_finding& f : s.result.findings) write_finding(to, f, known);
}

sample_state read_state(ledger_reader& from) {
  sample_state s;
  if (from.line("sample").count() != version && from.ok())
    from.fail("expected version " + std::to_string(version));
  each_number(s.result, [&](const char* key, auto& n) { read_number(from.line(key), n); });
  read_number(from.line("batch"), s.batch_end);
  read_number(from, s.estimate), read_number(from, s.longest);
  s.points = read_words(from, "promoted");
  s.result.promoted = read_words(from, "promoted-next");
  s.traces.read(from, "traces-seen");
  s.pairs.read(from, "pairs-seen");
  shelf known;
  known.read(from);
  if (auto now = known.take(from.line("known")); now != nullptr) s.known = std::move(now);
  if (const auto learning = known.take(from); learning != nullptr)
    s.learning = std::make_shared<knowledge>(*learning);
  for (auto n = from.line("findings").count(); n != 0 && from.ok(); --n)
    s.result.findings.push_back(read_finding(from, known));
  return s;
}

std::string to_text(const sample_state& s) {
  ledger_writer to;
  write_state(s, to);
  return to.take();
}

tl::expected<sample_state, text_error> parse_state(std::string_view text) {
  ledger_reader from(text);
  sample_state s = read_state(from);
  if (const auto end = from.finish(); !end) return tl::unexpected(end.error());
  return s;
}

}  // namespace iorace
