// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/checkpoint.h"

#include <cerrno>
#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include "scheduler/record/ledger.h"

namespace iorace::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t version = 1;
constexpr std::size_t bytes_max = std::size_t{1} << 30;
constexpr std::string_view first_word = "iorace-checkpoint", last_word = "checksum";

std::uint64_t checksum(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

// Which iorace this is: another build may execute something else, whatever its version.
const std::string& this_build() {
  static const std::string build = [] {
    const auto program = read_file("/proc/self/exe", bytes_max);
    return fmt::format("{} {:016x}", IORACE_VERSION, program ? checksum(*program) : 0);
  }();
  return build;
}

// Everything of a file that is executed, whatever its comments say.
std::uint64_t identity(const trace_file& t) {
  return checksum(fmt::format("{:x} {} {} {} {}", hash_of(t.program), t.options.faults,
                              t.options.fair, t.options.points, fmt::join(t.points, " ")));
}

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

void write_done(ledger_writer& to, const seed_report& r) {
  to.line("seed").count(r.seed).count(static_cast<std::uint64_t>(r.seconds * 1000));
  sample_state s;
  s.result = r.run.sampled;
  for (sampled_finding& f : s.result.findings) f.known = nullptr;
  write_state(s, to);
  to.line("stopped").count(r.run.sampled.stopped);
  write_words(to, "knobs-unused", r.run.never.knobs);
  write_words(to, "probes-unreached", r.run.never.probes);
  to.line("probes-reached").count(r.run.never.probes_reached);
  write_words(to, "calls-never-ok", r.run.never.calls);
  write_words(to, "traces", r.paths);
}

seed_report read_done(ledger_reader& from) {
  seed_report r;
  r.seed = from.line("seed").count();
  r.seconds = static_cast<double>(from.count()) / 1000;
  r.run.sampled = read_state(from).result;
  r.run.sampled.stopped = from.line("stopped").flag();
  r.run.never.knobs = read_words(from, "knobs-unused");
  r.run.never.probes = read_words(from, "probes-unreached");
  r.run.never.probes_reached = from.line("probes-reached").count();
  r.run.never.calls = read_words(from, "calls-never-ok");
  r.paths = read_words(from, "traces");
  if (from.ok() && r.paths.size() != r.run.sampled.findings.size())
    from.fail("expected a trace per finding");
  return r;
}

void write_reached(ledger_writer& to, const reached_rows& r) {
  to.line("reached");
  for (const kern::row_set& rows : {r.knobs, r.probes})
    for (const std::uint64_t word : rows) to.hash(word);
  std::string calls;
  for (const bool one : r.calls) calls += one ? '1' : '0';
  to.line("calls-ok").words(calls);
}
reached_rows read_reached(ledger_reader& from) {
  reached_rows r;
  from.line("reached");
  for (kern::row_set* rows : {&r.knobs, &r.probes})
    for (std::uint64_t& word : *rows) word = from.hash();
  for (const char one : from.line("calls-ok").words()) r.calls.push_back(one == '1');
  return r;
}

resumed_run read_run(ledger_reader& from) {
  resumed_run r;
  from.line(first_word).count(version);
  from.line("version").words();
  r.at.command = from.line("run").words();
  r.at.program = from.line("program").hash();
  for (auto n = from.line("done").count(); n != 0 && from.ok(); --n)
    r.at.done.push_back(read_done(from));
  r.at.seed = from.line("seed").count();
  for (auto n = from.line("traces").count(); n != 0 && from.ok(); --n) {
    const std::string title = from.line("title").words();
    r.at.paths[title] = from.line("path").words();
  }
  r.state.reached = read_reached(from);
  r.state.sampled = read_state(from);
  return r;
}

// What is wrong with a file as a whole, or nothing.
std::string complaint(std::string_view text) {
  const std::string first = fmt::format("{} {}\n", first_word, version);
  if (!text.starts_with(first))
    return fmt::format("is no checkpoint, expected a first line '{} {}'", first_word, version);
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  if (text.substr(last) != fmt::format("{} {:016x}\n", last_word, checksum(text.substr(0, last))))
    return "was cut or edited, expected its last line to be the checksum of the others";
  const std::string mine = fmt::format("\nversion {}\n", this_build());
  if (text.substr(first.size() - 1, mine.size()) != mine)
    return "was written by another version or build of iorace, expected one by "
           "this " IORACE_VERSION;
  return {};
}

}  // namespace

checkpoint checkpoint_of(const run_request& o, const subject& s) {
  run_request plain = o;
  plain.scenario = s.name;
  plain.seeds.text = fmt::format("{}", o.seeds.first);
  if (o.seeds.many) plain.seeds.text += fmt::format("..{}", o.seeds.last);
  plain.executions_max = executions_default;
  plain.time_max.reset();
  plain.jobs = 1;
  checkpoint c;
  c.command = repeat_line(plain, s.trace.program);
  c.program = identity(s.trace);
  c.seed = o.seeds.first;
  return c;
}

std::string checkpoint_text(const checkpoint& c, const sample_state& s, const reached_rows& r) {
  ledger_writer to;
  to.line(first_word).count(version);
  to.line("version").words(this_build());
  to.line("run").words(c.command);
  to.line("program").hash(c.program);
  to.line("done").count(c.done.size());
  for (const seed_report& one : c.done) write_done(to, one);
  to.line("seed").count(c.seed);
  to.line("traces").count(c.paths.size());
  for (const auto& [title, path] : c.paths) {
    to.line("title").words(title);
    to.line("path").words(path);
  }
  write_reached(to, r);
  write_state(s, to);
  std::string text = to.take();
  return text += fmt::format("{} {:016x}\n", last_word, checksum(text));
}

result<std::optional<resumed_run>> load_checkpoint(const std::string& path,
                                                   const checkpoint& wanted) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
  } else if (!S_ISREG(info.st_mode)) {
    return fail(path + ": is a directory or device, expected a file");
  }
  const auto text = read_file(path, bytes_max);
  if (!text) return fail(text.error());
  if (const std::string wrong = complaint(*text); !wrong.empty()) return fail(path + ": " + wrong);
  ledger_reader from(std::string_view(*text).substr(0, text->rfind(last_word)));
  resumed_run r = read_run(from);
  if (const auto end = from.finish(); !end) return fail_at(end.error().in(path));
  if (r.at.command != wanted.command)
    return fail(fmt::format("{}: is of '{}', expected '{}'", path, r.at.command, wanted.command));
  if (r.at.program != wanted.program)
    return fail(path + ": its program has changed, expected the one that the run began with");
  return r;
}

result<void> checkpoint_file::save(const checkpoint& c, const sample_state& s,
                                   const reached_rows& r) {
  const auto start = clock::now();
  if (const auto done = write_file(path_, checkpoint_text(c, s, r), existing::replace); !done)
    return fail(done.error());
  const auto end = clock::now();
  next_ = end + std::max<clock::duration>(1s, 20 * (end - start));
  return {};
}

}  // namespace iorace::cli
