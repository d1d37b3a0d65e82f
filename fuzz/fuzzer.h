// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a fuzz target says of itself; fuzzer.cc is the rest of it.
#pragma once

#include <span>
#include <string_view>

#include "model/model.h"

namespace iorace {

struct fuzz_target {
  const char* name;                             // findings are written to NAME-<hash>.bin
  std::span<const kern::flow_info> (*flows)();  // what programs may call
};
extern const fuzz_target fuzzed;

// The place of a flow in a part of the table; its end if it is not there.
inline std::size_t place_of(std::span<const kern::flow_info> flows, std::string_view name) {
  std::size_t at = 0;
  while (at != flows.size() && flows[at].name != name) ++at;
  return at;
}

}  // namespace iorace
