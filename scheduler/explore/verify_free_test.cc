// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A kfree and the uses of its object: whoever the search lets go first, it finds the other order.
#include "scheduler/explore/same_traces_test.h"

namespace iorace {
namespace {

void frees(lab* l) { kfree(l->slot.peek()); }
void uses(lab* l) { (void)READ_ONCE(l->slot.peek()->value); }
void one_thing(lab* l) { l->slot.poke(kzalloc<thing>()); }

TEST(verify_free, finds_the_use_before_the_free) {
  expect_same_traces(on_lab({frees, uses}, one_thing), "the free comes first");
  expect_same_traces(on_lab({uses, frees}, one_thing), "the use comes first");
  expect_same_traces(on_lab({frees, uses, uses}, one_thing), "two uses");
  expect_same_traces(on_lab({frees, frees, uses}, one_thing), "two frees");
}

}  // namespace
}  // namespace iorace
