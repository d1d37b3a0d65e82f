// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A change of type looks for a default domain before it takes the group's mutex: what may have
// become of it until it has.
#include <set>

#include <gmock/gmock.h>

#include "model/iommu/iommu_errors_test.h"
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::Contains;
using testing::IsEmpty;

body typing(std::uint64_t type) {
  return [type](world* w) { make_call(w, "iommu_group_type", {1, type}); };
}
const std::vector<body> last_leaves = {typing(IOMMU_DOMAIN_DMA_FQ), calling("device_remove")};
config looking(const char* when) { return with(stepped_machine(), {{"store_type.look", when}}); }

std::vector<std::string> found(const char* when, const std::vector<body>& cpus) {
  return titles(program_of(looking(when), one_probed, cpus), "portfolio", 6'000, 1);
}

TEST(knob_iommu, store_type_look) {
  EXPECT_THAT(found("before_lock", last_leaves),
              Contains("data-race: free_core_domains v iommu_group_store_type"));
  EXPECT_THAT(found("before_lock", {typing(IOMMU_DOMAIN_DMA_FQ), typing(IOMMU_DOMAIN_DMA)}),
              Contains("data-race: attach_default v iommu_group_store_type"));
  EXPECT_THAT(found("under_lock", last_leaves), IsEmpty());
  EXPECT_THAT(found("under_lock", {typing(IOMMU_DOMAIN_DMA_FQ), typing(IOMMU_DOMAIN_DMA)}),
              IsEmpty());
}

#ifndef IORACE_TSAN  // which says so
// Where nobody says so of the look, it is what comes of it.
TEST(knob_iommu, store_type_look_meets_no_domain) {
  engine e;
  std::set<std::string> seen;
  const config c = looking("before_lock");
  const program p = program_of(c, one_probed, last_leaves);
  for (unsigned at = 0; at < 60; ++at) {
    switch_at choose(at, "", 1);
    execution_options o;
    o.detect_races = false;
    e.run(p, choose, o);
    seen.insert(e.last_finding().title);
  }
  EXPECT_THAT(seen, testing::ElementsAre("", "kernel-bug in change_type"));
}
#endif

void in_use(faulty_call& c) {
  const auto poke = [](u64 count) {
    return [count](world*) {
      iommu_group* const group = this_world().iommu->devices[0]->iommu_group.peek();
      group->owner_cnt.poke(count);
    };
  };
  c.before.push_back(poke(1));
  c.after.push_back(poke(0));
}

TEST(iommu_errors, a_type_without_a_default_domain) {
  for (const char* when : {"before_lock", "under_lock"})
    expect_returns("iommu_group_type", both_probed,
                   {{"no default domain yet", EINVAL, no_default_domain},
                    {"a driver is bound", EPERM, in_use}},
                   {ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC}, looking(when));
}

TEST(iommu_steps, store_type_looks_first) {
  expect_pairs({.pairs = 3,
                .unlocked = 2,
                .setup = one_probed,
                .cpu1 = typing(IOMMU_DOMAIN_DMA_FQ),
                .steps = {{"look", "read group#1.default_domain"},
                          {"L+", "mutex_lock group#1.mutex"},
                          {"type", "write dom#2.type", group_mutex},
                          {"L-", "mutex_unlock group#1.mutex"}},
                .c = looking("before_lock")});
}

}  // namespace
}  // namespace iorace::kern::this_file
