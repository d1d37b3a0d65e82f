// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the fuzz targets have in common: an input is a program and its schedule, an injected fault
// included, and is executed once. A target says which calls programs are made of.
// Profile, knobs and limits come from IORACE_WITH, as in
//   IORACE_WITH=profile=repaired,selftest_access.lock=spin iommufd_fuzzer corpus/iommufd_fuzzer
// A finding prints its title and the command that replays it, then aborts. What upstream is known
// to do wrong (the titles of repro/upstream/, or of the folder that IORACE_KNOWN names) is no
// finding under the profile upstream: otherwise nothing behind it would ever be found.
#include "fuzz/fuzzer.h"

#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <fmt/format.h>
#include <xxhash.h>

#include "fuzz/bind.h"
#include "fuzz/mutate.h"
#include "fuzz/settings.h"
#include "fuzz/trace_file.h"
#include "scheduler/engine/check.h"
#include "scheduler/engine/engine.h"
#include "scheduler/strategies/bytes.h"

namespace {

using namespace iorace;

// What an input may call.
const schema& tables() {
  static const schema s = [] {
    schema of = kernel_schema();
    of.flows = fuzzed.flows();
    return of;
  }();
  return s;
}

struct fuzzing {
  engine machine;
  program_data settings;  // profile, knobs and limits
  std::string folder;     // where what was found goes: libFuzzer's -artifact_prefix
  std::set<std::string, std::less<>> known;  // titles that are no finding
};
fuzzing& state() {
  static fuzzing f;
  return f;
}

// What libFuzzer is told besides covered code: which two calls of different tasks both succeeded.
// Races need such pairs, and code that was covered by failing calls says nothing of them.
// Rows beyond the last one share a counter with others.
constexpr std::size_t flows_max = 64;
__attribute__((used, section("__libfuzzer_extra_counters")))
std::uint8_t pairs[flows_max * flows_max];

void count_pairs(const program_data& p) {
  std::array<std::uint64_t, program_tasks_max + 1>
      succeeded{};  // by task: bit f is row f of the table
  const std::span<const call_outcome> outcomes = latest_outcomes();
  std::size_t i = p.setup.size();
  for (unsigned t = 1; t <= p.task_count(); ++t)
    for (const call& c : p.calls_of(t)) {
      if (i == outcomes.size()) return;
      const auto row = static_cast<std::size_t>(c.flow - tables().flows.data()) % flows_max;
      if (outcomes[i].returned && outcomes[i].rc == 0) succeeded[t] |= std::uint64_t{1} << row;
      ++i;
    }
  for (unsigned t = 1; t <= p.task_count(); ++t)
    for (unsigned u = 1; u <= p.task_count(); ++u)
      for (std::uint64_t a = t == u ? 0 : succeeded[t]; a != 0; a &= a - 1)
        for (std::uint64_t b = succeeded[u]; b != 0; b &= b - 1)
          pairs[static_cast<std::size_t>(std::countr_zero(a)) * flows_max +
                static_cast<std::size_t>(std::countr_zero(b))] = 1;
}

// Writes the input that was found and returns its name.
std::string keep_input(std::span<const std::uint8_t> bytes) {
  const std::string path = fmt::format("{}{}-{:016x}.bin", state().folder, fuzzed.name,
                                       XXH3_64bits(bytes.data(), bytes.size()));
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto written = write_file(path, content, existing::replace); !written)
    fmt::print(stderr, "iorace: {}\n", written.error());
  return path;
}

// Traces that cannot be read are somebody else's test.
void read_known() {
  const char* folder = std::getenv("IORACE_KNOWN");
  if (folder == nullptr) folder = IORACE_SOURCE_DIR "/repro/upstream";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (const auto t = load_trace(entry.path().string(), kernel_schema()); t && !t->title.empty())
      state().known.insert(t->title);
  if (none) fmt::print(stderr, "iorace: {}: {}: no title is known\n", folder, none.message());
}

// The setup, which nobody else runs beside, waits for somebody: that is the program's own fault.
bool setup_waits(const finding& f) { return f.kind == verdict::deadlock && f.task == 0; }

void report(const finding& f, const fuzz_input& in) {
  const std::string settings = settings_text(state().settings, kernel_schema());
  fmt::print(stderr, "{}\n{}\nreplay: {}{}{}iorace replay {}\n", f.title, f.detail,
             settings.empty() ? "" : "IORACE_WITH=", settings, settings.empty() ? "" : " ",
             keep_input(encode_input(in)));
  std::fflush(stderr);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view prefix = "-artifact_prefix=";
  for (int i = 1; i < *argc; ++i)
    if (const std::string_view arg = (*argv)[i]; arg.starts_with(prefix))
      state().folder = arg.substr(prefix.size());
  if (state().folder.empty()) state().folder = "./";
  const char* with = std::getenv("IORACE_WITH");
  const auto set = set_list(state().settings, with == nullptr ? "" : with, kernel_schema());
  // The input, which libFuzzer writes and names after what is printed here.
  static const std::string again = fmt::format(
      "{}{}{}{} FILE", with == nullptr ? "" : "IORACE_WITH=", with == nullptr ? "" : with,
      with == nullptr ? "" : " ", (*argv)[0]);
  set_rerun_command(again.c_str());
  if (set) {
    if (state().settings.profile == base_profile::upstream) read_known();
    return 0;
  }
  fmt::print(stderr, "IORACE_WITH: {}\n", set.error());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_input in = decode_input({data, size}, tables());
  // A program that was made up has nothing to expect of its calls.
  for (unsigned t = 0; t <= in.program.task_count(); ++t)
    for (call& c : in.program.calls_of(t)) c.expected.reset();
  program_data p = in.program;
  p.profile = state().settings.profile;
  add_settings(p, state().settings);
  const bound_program bound(std::move(p), kernel_schema());
  bytes_strategy strategy(in.schedule);
  const execution_result result = state().machine.run(bound.runnable(), strategy, bytes_options());
  count_pairs(bound.data());
  const finding& f = state().machine.last_finding();
  if (result.how != ended::found || state().known.contains(f.title)) return 0;
  if (setup_waits(f)) return -1;  // out of the corpus
  report(f, in);
  std::abort();
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return mutate_bytes(data, size, max_size, seed, tables());
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* a, std::size_t a_size,
                                                 const std::uint8_t* b, std::size_t b_size,
                                                 std::uint8_t* out, std::size_t max_size,
                                                 unsigned seed) {
  return cross_bytes({a, a_size}, {b, b_size}, out, max_size, seed, tables());
}
