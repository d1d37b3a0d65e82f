// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which operations of a recording a reader has to see to understand the race. Used by columns,
// which says how many it left out, and where.
//
// Two operations of two tasks conflict if they touch the same place and one of them writes. List
// operations under one lock are taken for operations on one list; taking references commutes with
// dropping them, unless somebody asks whether it was the last.
// Most orders of conflicting operations follow from others: from the order within a task, from a
// call that had ended before another one began, from an order that was seen to matter, or from two
// sections of one lock that were. Those that follow from nothing matter. (Netzer and Miller,
// "Optimal tracing and replay for debugging message-passing parallel programs", 1992, do so for
// messages.)
//
// Taking and dropping a lock matters where tasks compete for it and something in between matters;
// or a task was about to take it when everything ended. Then so does what others that had it did
// to the object that the lock is in, for the task would have met it.
// What always matters: the two sides of the verdict, or else the last conflicts of the task that it
// convicts and the check that failed; sleeping; choices that are not the dull one, user copies that
// fail. Where one task acts alone, its last writes matter.
#pragma once

#include <vector>

#include "scheduler/record/recording.h"

namespace iorace {

// Returns, by line, whether its order matters.
std::vector<bool> relevant_lines(const recording& r);

}  // namespace iorace
