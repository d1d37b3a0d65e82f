// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for page requests that a user answers.
#include "fuzz/fuzzer.h"

namespace iorace {
namespace {

// What makes machines and devices stands between the calls of drivers that bind processes, who also
// let go of devices, and the rest.
std::span<const kern::flow_info> flows() {
  const auto all = kern::flows_of(kern::chapter::iopf);
  return all.subspan(place_of(all, "prq_add"));
}

}  // namespace

const fuzz_target fuzzed = {"fault", flows};

}  // namespace iorace
