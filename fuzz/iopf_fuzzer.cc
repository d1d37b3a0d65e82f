// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The fuzz target for page requests that are handled in the memory of a process. Calls on fault
// objects have a target of their own: a device has one driver, and does not survive two.
#include "fuzz/fuzzer.h"

namespace iorace {
namespace {

std::span<const kern::flow_info> flows() {
  const auto all = kern::flows_of(kern::chapter::iopf);
  return all.first(place_of(all, "fault_alloc"));
}

}  // namespace

const fuzz_target fuzzed = {"iopf", flows};

}  // namespace iorace
