// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a device knows by PASID and index: words of its own as far as those reach that programs use
// without limits, beyond them a table of those that have been written. Every access of the table
// is one critical section of the device's wide_lock, unless another lock protects the word.
#pragma once

#include "model/iopf/pri.h"

namespace iorace::kern::iopf {

enum class pri_state : u8 { bonds, entries, stopped, outstanding, begun };

struct pri_place {
  pri_device* dev;
  shared<u64>* word;  // null: in the table
  pri_state what;
  unsigned pasid, grpid;
};
pri_place bonds_of(pri_device* dev, unsigned pasid);
pri_place pasid_entry_of(pri_device* dev, unsigned pasid);
pri_place stopped_of(pri_device* dev, unsigned pasid);
pri_place outstanding_of(pri_device* dev, unsigned pasid, unsigned grpid);
pri_place begun_of(pri_device* dev, unsigned grpid);

u64 read_once(const pri_place& p);
void write_once(const pri_place& p, u64 value);
// 0 becomes 1. Returns what it was.
u64 claim(const pri_place& p);
// Require: a lock of the caller's.
u64 peek(const pri_place& p);
void poke(const pri_place& p, u64 value);

// The table: in the order in which its words were first written.
struct pri_wide_state {
  pri_wide_state* next;
  pri_state what;
  unsigned pasid, grpid;
  u64 value;
};
// Calls see(place) for each word of the kind in it.
template <class See>
void each_wide(pri_device* dev, pri_state what, See see) {
  for (pri_wide_state* w = dev->wide.peek(); w != nullptr; w = w->next)
    if (w->what == what) see(pri_place{dev, nullptr, what, w->pasid, w->grpid});
}

}  // namespace iorace::kern::iopf
