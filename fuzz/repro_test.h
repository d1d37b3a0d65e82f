// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The committed traces, for the tests that hold them against each other.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fuzz/trace_file.h"

namespace iorace {

struct committed_trace {
  std::string name;  // of the file, without .trace
  std::string text;
  trace_file trace;
};

// Those of repro/FOLDER, in the order of their names.
inline std::vector<committed_trace> committed_traces(const std::string& folder) {
  std::vector<committed_trace> all;
  for (const auto& file :
       std::filesystem::directory_iterator(IORACE_SOURCE_DIR "/repro/" + folder)) {
    auto text = read_file(file.path().string());
    auto trace = load_trace(file.path().string(), kernel_schema());
    EXPECT_TRUE(text && trace) << file.path();
    if (text && trace)
      all.push_back({file.path().stem().string(), std::move(*text), std::move(*trace)});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  EXPECT_FALSE(all.empty()) << folder;
  return all;
}

}  // namespace iorace
