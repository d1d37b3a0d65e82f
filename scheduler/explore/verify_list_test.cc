// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Lists that are looked at without their lock. A list_empty() and the links that list_add() and
// list_del() write are marked, so nothing races; but the order matters, and has to be seen.
#include <gtest/gtest.h>

#include "scheduler/explore/same_traces_test.h"
#include "scheduler/explore/sample.h"

namespace iorace::this_file {
namespace {

void in(lab* l) { list_add(&l->slot.peek()->entry, &l->items); }
void out(lab* l) { list_del(&l->slot.peek()->entry); }
void warn_if_any(lab* l) { WARN_ON(!list_empty(&l->items)); }
void add(lab* l) {
  mutex_lock(&l->a);
  in(l);
  mutex_unlock(&l->a);
}
void del(lab* l) {
  mutex_lock(&l->a);
  out(l);
  mutex_unlock(&l->a);
}
void in_and_out(lab* l) {
  mutex_lock(&l->a);
  in(l);
  out(l);
  mutex_unlock(&l->a);
}

program on_list(std::initializer_list<lab_body> cpus) {
  return on_lab(cpus, [](lab* l) { l->slot.poke(make<thing>()); });
}

// What verify() has and what the enumerator has are the same: `traces` of them, warnings included.
void expect_traces(const program& p, std::uint64_t traces, bool warns) {
  expect_same_traces(p);
  const verify_result all = verify(p, {});
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.traces, traces);
  ASSERT_EQ(all.findings.size(), warns ? 1u : 0u);
  for (const verified_finding& f : all.findings) EXPECT_EQ(f.what.kind, verdict::kernel_warn);
}

TEST(verify_list, is_seen_with_something_in_it) {
  expect_traces(on_list({in_and_out, warn_if_any}), 3, true);
  expect_traces(on_list({warn_if_any, in_and_out}), 3, true);
}

TEST(verify_list, is_seen_between_two_sections) {
  const lab_body two_sections = [](lab* l) { add(l), del(l); };
  expect_traces(on_list({two_sections, warn_if_any}), 3, true);
}

TEST(verify_list, is_seen_before_and_after) {
  expect_traces(on_list({warn_if_any, add}), 2, true);
  expect_traces(on_list({add, warn_if_any}), 2, true);
}

// Checked without the lock, found otherwise under it.
TEST(verify_list, is_emptied_behind_the_check) {
  const lab_body check_then_act = [](lab* l) {
    if (list_empty(&l->items)) return;
    mutex_lock(&l->a);
    WARN_ON(list_empty(&l->items));
    mutex_unlock(&l->a);
  };
  const program p = on_list({in_and_out, check_then_act});
  expect_traces(p, 3, true);
}

// Under the lock nobody sees it, and one order is as good as the other.
TEST(verify_list, is_not_seen_under_its_lock) {
  const lab_body look = [](lab* l) {
    mutex_lock(&l->a);
    warn_if_any(l);
    mutex_unlock(&l->a);
  };
  expect_traces(on_list({in_and_out, look}), 2, false);
}

TEST(list_sample, sees_a_list_with_something_in_it) {
  sample_options o;
  o.executions_max = 1000;
  for (const char* name : {"random", "pos", "pct:3", "portfolio"}) {
    o.strategy = name;
    const sample_result r = sample(on_list({in_and_out, warn_if_any}), o);
    ASSERT_EQ(r.findings.size(), 1u) << name;
    EXPECT_EQ(r.findings[0].what.kind, verdict::kernel_warn) << name;
  }
}

}  // namespace
}  // namespace iorace::this_file
