// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Bitfields as a processor has them: a flag is a bit of a word, and whoever changes it reads the
// word, changes it and writes it back. Flags of one word under different locks lose updates; the
// same flags in words of their own do not. Kernel: "u8 flag:1" against "bool flag".
#pragma once

#include "model/kernel.h"
#include "scheduler/engine/shared.h"

namespace iorace::kern {

// Where a flag is kept.
struct flag_place {
  u8 word, bit;
};

template <unsigned words>
bool read_flag(shared<u32> (&flags)[words], const flag_place& at) {
  const u32 word = flags[at.word];
  return (word >> at.bit & 1) != 0;
}

// Two accesses of the word, between which any other CPU may run.
template <unsigned words>
void write_flag(shared<u32> (&flags)[words], const flag_place& at, bool on) {
  const u32 word = flags[at.word];
  const u32 bit = 1u << at.bit;
  flags[at.word] = on ? word | bit : word & ~bit;
}

}  // namespace iorace::kern
