// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Mutation that knows what programs and schedules are: a mutant differs from its parent in one
// call, one argument, one switch or one choice. The kinds of arguments say themselves what is worth
// trying; a call that needs an object nobody makes becomes a call that makes one. There is no table
// of programs: everything is drawn from the schema.
//
// The same parent and seed give the same mutant.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fuzz/dice.h"
#include "fuzz/program_bytes.h"

namespace iorace {

// What mutants stay within.
struct mutation_limits {
  unsigned tasks = 3;
  std::size_t calls = 14;  // of the program
  std::size_t switches = 8;
  std::size_t draws = 16;
};

// Returns a mutant. Requires: the parent's program is valid; so is the mutant's.
fuzz_input mutate(const fuzz_input& parent, const schema& s, dice& d,
                  const mutation_limits& l = {});
// Returns a child that has the calls of `a`, or most of them, and calls or switches of `b`.
fuzz_input cross(const fuzz_input& a, const fuzz_input& b, const schema& s, dice& d,
                 const mutation_limits& l = {});

// Returns a call with arguments to be placed at `place` of `task`: of `flow`, or of a flow that
// makes what it lacks. Null flow if no flow of the schema can make that.
call draw_call(const program_data& p, unsigned task, std::size_t place, const kern::flow_info& flow,
               const schema& s, dice& d);

// LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver over these: canonical bytes in `data` or
// `out`, at most `max_size`; the new size is returned, that of the parent if nothing fits.
std::size_t mutate_bytes(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                         const schema& s);
std::size_t cross_bytes(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                        std::uint8_t* out, std::size_t max_size, unsigned seed, const schema& s);

}  // namespace iorace
