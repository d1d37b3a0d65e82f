// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A program and a schedule as bytes: what libFuzzer keeps. Profile, knobs, limits, menu, comments
// and the names of variables that nobody uses are not in them. The layout is in fuzz/README.md.
//
// Every execution of bytes may have one injected fault: none unless a draw says so.
//
// Decoding is total: every input is a valid program, so that fuzz targets never reject one.
// Encoding is canonical; people's files are taken only if they are canonical or empty.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/program.h"
#include "scheduler/engine/execution.h"
#include "scheduler/strategies/bytes.h"

namespace iorace {

inline constexpr std::uint8_t bytes_version = 1;

// The options under which bytes are executed, everywhere.
inline execution_options bytes_options() {
  execution_options o;
  o.faults_max = 1;
  return o;
}

struct fuzz_input {
  program_data program;
  bytes_schedule schedule;
};

// Returns what the bytes are. No bytes, and bytes of another version, are the dullest input: no
// task, no call.
fuzz_input decode_input(std::span<const std::uint8_t> bytes, const schema& s);
// Returns the canonical bytes. Requires: the program is valid. Variables are numbered anew, in the
// order of their calls; what bytes do not hold is left out.
std::vector<std::uint8_t> encode_input(const fuzz_input& in);
// Returns true iff the bytes are what encode_input() makes of them, or none.
bool is_canonical(std::span<const std::uint8_t> bytes, const schema& s);

// How bytes name a flow: a hash of its name, so that new flows leave old files alone.
std::uint16_t flow_tag(const kern::flow_info& flow);

}  // namespace iorace
