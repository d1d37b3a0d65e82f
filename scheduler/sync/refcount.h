// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// refcount_t: a counter that convicts where the kernel's saturates with a warning
// (refcount-misuse): raised from zero, lowered below zero, lowered to zero by a function that
// cannot say so, overflown. Lowering releases; the task that reaches zero acquires what all the
// others released. Raising and reading order nothing.
#pragma once

#include "scheduler/engine/sync_base.h"

namespace iorace {

struct refcount_t {
  sync_base base;
  std::int32_t value = 0;
};

// Blocks: each of these is one event and one point; none waits.
void refcount_set(refcount_t* r, int n);
unsigned refcount_read(const refcount_t* r);
void refcount_inc(refcount_t* r);
void refcount_add(int n, refcount_t* r);
// Returns false, and changes nothing, if the count is zero.
bool refcount_inc_not_zero(refcount_t* r);
// Requires: the result is not zero.
void refcount_dec(refcount_t* r);
// Returns true iff the count has become zero.
bool refcount_dec_and_test(refcount_t* r);
bool refcount_sub_and_test(int n, refcount_t* r);
// Lowers the count to zero and returns true iff it is one.
bool refcount_dec_if_one(refcount_t* r);
// Lowers the count and returns true iff it is not one.
bool refcount_dec_not_one(refcount_t* r);

// For invariants and printing: no operation.
int refcount_peek(const refcount_t* r);

}  // namespace iorace
