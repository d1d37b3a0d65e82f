// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// atomic_t and atomic_long_t. As in the kernel, operations that return nothing and plain reads and
// sets order nothing; those that return the new or old value are fully ordered (a failed cmpxchg is
// not). All values are 64 bits wide here.
#pragma once

#include "scheduler/engine/sync_base.h"

namespace iorace {

struct atomic_t {
  sync_base base;
  std::int64_t counter = 0;
};
using atomic_long_t = atomic_t;

// Blocks: each of these is one event and one point; none waits.
std::int64_t atomic_read(const atomic_t* v);
void atomic_set(atomic_t* v, std::int64_t n);
void atomic_inc(atomic_t* v);
void atomic_dec(atomic_t* v);
void atomic_add(std::int64_t n, atomic_t* v);
void atomic_sub(std::int64_t n, atomic_t* v);
// Fully ordered. Return the new value.
std::int64_t atomic_inc_return(atomic_t* v);
std::int64_t atomic_dec_return(atomic_t* v);
std::int64_t atomic_add_return(std::int64_t n, atomic_t* v);
bool atomic_dec_and_test(atomic_t* v);
// Fully ordered. Return the old value.
std::int64_t atomic_xchg(atomic_t* v, std::int64_t n);
std::int64_t atomic_cmpxchg(atomic_t* v, std::int64_t old, std::int64_t n);

// For invariants and printing: no operation.
std::int64_t atomic_peek(const atomic_t* v);

}  // namespace iorace
