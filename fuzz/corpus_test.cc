// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The committed corpus: canonical, quiet when repaired, and it gets about. A floor that is missed
// says that programs no longer mean what they did: merge a new corpus (fuzz/README.md).
#include <algorithm>
#include <bit>
#include <filesystem>

#include <gtest/gtest.h>

#include "fuzz/bind.h"
#include "fuzz/dice.h"
#include "fuzz/mutate.h"
#include "fuzz/program_bytes.h"
#include "fuzz/trace_file.h"
#include "scheduler/engine/engine.h"

namespace iorace::this_file {
namespace {

constexpr int probes_floor = 19;

std::vector<std::vector<std::uint8_t>> kept_inputs() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(IORACE_SOURCE_DIR "/corpus/iommufd_fuzzer"))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<std::vector<std::uint8_t>> all;
  for (const std::string& file : files) {
    const auto content = read_file(file);
    EXPECT_TRUE(content) << content.error();
    if (content) all.emplace_back(content->begin(), content->end());
  }
  return all;
}

TEST(corpus, is_canonical_and_small) {
  const auto all = kept_inputs();
  EXPECT_GE(all.size(), 50u);
  EXPECT_LE(all.size(), 500u);
  for (const auto& bytes : all) EXPECT_TRUE(is_canonical(bytes, kernel_schema()));
}

TEST(corpus, reaches_the_probes) {
  engine e;
  kern::row_set reached = {};
  for (const auto& bytes : kept_inputs()) {
    fuzz_input in = decode_input(bytes, kernel_schema());
    in.program.profile = base_profile::repaired;
    bound_program bound(in.program, kernel_schema());
    bytes_strategy strategy(in.schedule);
    EXPECT_NE(e.run(bound.runnable(), strategy, bytes_options()).how, ended::found)
        << e.last_finding().title;
    bound.count_latest();
    const kern::row_set more = bound.reached().probes;
    for (std::size_t w = 0; w < more.size(); ++w) reached[w] |= more[w];
  }
  int count = 0;
  for (const std::uint64_t word : reached) count += std::popcount(word);
  RecordProperty("probes", count);
  EXPECT_GE(count, probes_floor) << "of " << kern::probes().size();
}

// Rubbish made of the corpus: decoding is total, and what it gives is valid.
TEST(corpus, mutated_bytes_are_programs) {
  dice d(11);
  const auto all = kept_inputs();
  ASSERT_FALSE(all.empty());
  for (int i = 0; i < 10000; ++i) {
    std::vector<std::uint8_t> bytes = d.of(all);
    for (unsigned n = d.below(6) + 1; n != 0 && !bytes.empty(); --n) {
      const std::size_t at = d.below(bytes.size());
      switch (d.below(3)) {
        case 0:
          bytes[at] = static_cast<std::uint8_t>(d.next());
          break;
        case 1:
          bytes.resize(at);
          break;
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<std::uint8_t>(d.next()));
      }
    }
    if (!bytes.empty()) bytes[0] = bytes_version;
    const fuzz_input in = decode_input(bytes, kernel_schema());
    ASSERT_TRUE(is_canonical(encode_input(in), kernel_schema()));
    std::string text = "iorace-trace 1\n";
    print_program(in.program, text);
    const auto t = parse_trace(text, kernel_schema());
    ASSERT_TRUE(t) << t.error().in("decoded") << "\n" << text;
  }
}

}  // namespace
}  // namespace iorace::this_file
