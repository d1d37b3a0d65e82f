// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for iommufd: an input is a program and its schedule, and is executed once.
// Profile, knobs and limits come from IORACE_WITH, as in
//   IORACE_WITH=profile=repaired,selftest_access.lock=spin iommufd_fuzzer corpus/iommufd_fuzzer
// A finding prints its title and the command that replays it, then aborts.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <xxhash.h>

#include "fuzz/bind.h"
#include "fuzz/mutate.h"
#include "fuzz/settings.h"
#include "fuzz/trace_file.h"
#include "scheduler/engine/engine.h"
#include "scheduler/strategies/bytes.h"

namespace {

using namespace iorace;

struct fuzzing {
  engine machine;
  program_data settings;  // profile, knobs and limits
  std::string folder;     // where what was found goes: libFuzzer's -artifact_prefix
};
fuzzing& state() {
  static fuzzing f;
  return f;
}

// Writes the input that was found and returns its name.
std::string keep_input(std::span<const std::uint8_t> bytes) {
  const std::string path =
      fmt::format("{}iommufd-{:016x}.bin", state().folder, XXH3_64bits(bytes.data(), bytes.size()));
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto written = write_file(path, content, existing::replace); !written)
    fmt::print(stderr, "iorace: {}\n", written.error());
  return path;
}

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
  if (set) return 0;
  fmt::print(stderr, "IORACE_WITH: {}\n", set.error());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_input in = decode_input({data, size}, kernel_schema());
  program_data p = in.program;
  p.profile = state().settings.profile;
  add_settings(p, state().settings);
  const bound_program bound(std::move(p), kernel_schema());
  bytes_strategy strategy(in.schedule);
  if (state().machine.run(bound.runnable(), strategy, {}).how != ended::found) return 0;
  report(state().machine.last_finding(), in);
  std::abort();
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return mutate_bytes(data, size, max_size, seed, kernel_schema());
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* a, std::size_t a_size,
                                                 const std::uint8_t* b, std::size_t b_size,
                                                 std::uint8_t* out, std::size_t max_size,
                                                 unsigned seed) {
  return cross_bytes({a, a_size}, {b, b_size}, out, max_size, seed, kernel_schema());
}
