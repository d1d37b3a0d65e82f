// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The committed corpora: canonical, quiet when repaired, and they get about. A floor that is missed
// says that programs no longer mean what they did: merge a new corpus (fuzz/README.md).
#include <algorithm>
#include <bit>
#include <filesystem>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "fuzz/bind.h"
#include "fuzz/dice.h"
#include "fuzz/mutate.h"
#include "fuzz/program_bytes.h"
#include "fuzz/trace_file.h"
#include "scheduler/engine/engine.h"

namespace iorace::this_file {
namespace {

struct corpus_row {
  const char* target;
  int probes_floor;
};
constexpr corpus_row corpora[] = {
    {"iommufd_fuzzer", 19},    {"iopf_fuzzer", 8}, {"fault_fuzzer", 7}, {"vfio_pci_fuzzer", 8},
    {"vfio_type1_fuzzer", 10}, {"hw_fuzzer", 14},  {"iommu_fuzzer", 14}};

std::vector<std::vector<std::uint8_t>> kept_inputs(const std::string& target) {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(IORACE_SOURCE_DIR "/corpus/" + target))
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

TEST(corpus, of_each_target_is_there) {
  std::set<std::string> there, known;
  for (const auto& entry : std::filesystem::directory_iterator(IORACE_SOURCE_DIR "/fuzz"))
    if (const std::string name = entry.path().stem(); name.ends_with("_fuzzer")) there.insert(name);
  for (const corpus_row& c : corpora) known.insert(c.target);
  EXPECT_EQ(there, known);
}

TEST(corpus, is_canonical_and_small) {
  for (const corpus_row& c : corpora) {
    const auto all = kept_inputs(c.target);
    EXPECT_GE(all.size(), 50u) << c.target;
    EXPECT_LE(all.size(), 500u) << c.target;
    for (const auto& bytes : all) EXPECT_TRUE(is_canonical(bytes, kernel_schema())) << c.target;
  }
}

// Returns how many.
int probes_reached_by(const char* target) {
  engine e;
  kern::row_set reached = {};
  for (const auto& bytes : kept_inputs(target)) {
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
  return count;
}

TEST(corpus, reaches_the_probes) {
  for (const corpus_row& c : corpora) {
    const int count = probes_reached_by(c.target);
    RecordProperty(c.target, count);
    EXPECT_GE(count, c.probes_floor) << c.target << ", of " << kern::probes().size();
  }
}

// Rubbish made of the corpus: decoding is total, and what it gives is valid.
TEST(corpus, mutated_bytes_are_programs) {
  dice d(11);
  std::vector<std::vector<std::uint8_t>> all;
  for (const corpus_row& c : corpora)
    for (auto& bytes : kept_inputs(c.target)) all.push_back(std::move(bytes));
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
