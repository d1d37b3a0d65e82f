// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A translation is a list of steps, and a page may be unmapped between any two of them: what is
// cleared is not found any more, what was found before is waited for.
#include <gmock/gmock.h>

#include "model/hw/driver.h"
#include "model/hw/machine_test.h"

namespace iorace::kern::this_file {
namespace {

// CPU1, which is the device, up to its point number `at`; then everybody else as far as they come;
// then the device, and whoever is left.
class unmap_at final : public strategy {
 public:
  explicit unmap_at(unsigned at) : at_(at) {}
  void begin(const execution_options&) override { made_ = 0; }
  task_id pick(const choice_view& view) override {
    if (made_ < at_ && view.is_enabled(1)) {
      ++made_;
      return 1;
    }
    for (task_id t = 2; t < view.tasks; ++t)
      if (view.is_enabled(t)) return t;
    return 1;
  }
  std::uint32_t draw(task_id, const char*, std::uint32_t, draw_kind) override { return 0; }

 private:
  unsigned at_;
  unsigned made_ = 0;
};

struct translating {
  std::uint64_t dev, paging;
  bool warm;  // the device has used the page before
};

struct outcome {
  std::string title;
  unsigned steps = 0;  // of the device
  long dma = 1, unmap = 1;
  bool cached = false;  // in any TLB, when all is over
};

outcome unmap_after(engine& e, const config& c, const translating& what, unsigned at) {
  outcome r;
  const program p = program_of(c,
                               [&](world* w) {
                                 machine(w);
                                 make_call(w, "endpoint_attach", {what.dev, what.paging});
                                 make_call(w, "page_map", {what.paging, 0x1000});
                                 if (what.warm) make_call(w, "dma_write", {what.dev, 0x1000});
                               },
                               {[&](world* w) {
                                  r.dma = make_call(w, "dma_write", {what.dev, 0x1000}).rc;
                                },
                                [&](world* w) {
                                  r.unmap = make_call(w, "page_unmap", {what.paging, 0x1000}).rc;
                                  const peek_scope looking;
                                  for (const hw_iommu* iommu : w->hw->ghost->iommus)
                                    for (const auto& of_did : iommu->iotlb)
                                      r.cached |= of_did.page[1].peek() != nullptr;
                                  const auto* const dev = part_of<hw_endpoint>(what.dev);
                                  r.cached |= dev->devtlb[0].page[1].peek() != nullptr;
                                }});
  unmap_at choose(at);
  e.run(p, choose, {});
  r.title = e.last_finding().title;
  for (const step& s : e.steps()) r.steps += s.task == 1;
  return r;
}

constexpr translating cases[] = {{vtd_dev, domain, false},        {vtd_dev, domain, true},
                                 {ats_device, domain, false},     {ats_device, domain, true},
                                 {amd_device, amd_domain, false}, {amd_device, amd_domain, true}};

TEST(hw_dma, a_page_is_unmapped_between_any_two_steps) {
  const config c = hw_config();
  engine e;
  unsigned pairs = 0, reached = 0;
  for (const translating& what : cases) {
    const unsigned steps = unmap_after(e, c, what, ~0u).steps;
    for (unsigned at = 0; at <= steps; ++at) {
      const outcome r = unmap_after(e, c, what, at);
      EXPECT_EQ(r.title, "") << "device " << what.dev << " after step " << at;
      EXPECT_EQ(r.unmap, 0);
      EXPECT_TRUE(r.dma == 0 || r.dma == -EFAULT);
      EXPECT_FALSE(r.cached) << "device " << what.dev << " after step " << at;
      reached += r.dma == 0;
      ++pairs;
    }
  }
  EXPECT_GE(pairs, 40u);
  EXPECT_GE(reached, 10u);
  EXPECT_LT(reached, pairs);
}

// The same of entries: whatever the device has got to, once it is blocked, or its PASID is another
// domain's, nothing of the old entry is cached any more, and it has reached memory before that or
// by the new one.
struct entry_change {
  std::uint64_t dev;
  unsigned pasid;
  const char* change;
  std::vector<std::uint64_t> args;
  const char* dma;
};

outcome change_after(engine& e, const config& c, const entry_change& what, unsigned at) {
  outcome r;
  const program p =
      program_of(c,
                 [&](world* w) {
                   machine(w);
                   make_call(w, "endpoint_attach", {what.dev, domain});
                   make_call(w, "page_map", {domain, 0x1000});
                   if (what.pasid != IOMMU_NO_PASID)
                     make_call(w, "endpoint_set_pasid", {what.dev, domain});
                 },
                 {[&](world* w) {
                    r.dma = make_call(w, what.dma, {what.dev, 0x1000}).rc;
                  },
                  [&](world* w) {
                    r.unmap = make_call(w, what.change, what.args).rc;
                    const peek_scope looking;
                    const auto* const dev = part_of<hw_endpoint>(what.dev);
                    const cached_entry* const entry =
                        dev->iommu.peek()->entry_cache[dev->rid.peek()][what.pasid].peek();
                    const u64 old = part_of<paging_owner>(domain)->domain.peek()->did.peek();
                    r.cached = entry != nullptr && entry_did(entry->word) == old;
                  }});
  unmap_at choose(at);
  e.run(p, choose, {});
  r.title = e.last_finding().title;
  for (const step& s : e.steps()) r.steps += s.task == 1;
  return r;
}

TEST(hw_dma, an_entry_is_invalidated_between_any_two_steps) {
  const config c = hw_config();
  engine e;
  const entry_change changes[] = {
      {vtd_dev, 0, "endpoint_block", {vtd_dev}, "dma_write"},
      {ats_device, 0, "endpoint_block", {ats_device}, "dma_write"},
      {vtd_dev, 0, "endpoint_attach", {vtd_dev, second_domain}, "dma_write"},
      {vtd_dev, 1, "endpoint_set_pasid", {vtd_dev, second_domain}, "dma_write_pasid"}};
  for (const entry_change& what : changes) {
    unsigned reached = 0;
    const unsigned steps = change_after(e, c, what, ~0u).steps;
    for (unsigned at = 0; at <= steps; ++at) {
      const outcome r = change_after(e, c, what, at);
      EXPECT_EQ(r.title, "") << what.change << " after step " << at;
      EXPECT_EQ(r.unmap, 0);
      EXPECT_TRUE(r.dma == 0 || r.dma == -EFAULT);
      EXPECT_FALSE(r.cached) << what.change << " after step " << at;
      reached += r.dma == 0;
    }
    EXPECT_GE(steps, 10u) << what.change;
    EXPECT_GE(reached, 1u) << what.change;
    EXPECT_LE(reached, steps) << what.change;
  }
}

// A cold translation has a step for the entry's two words, for each level, and for what is cached.
TEST(hw_dma, takes_a_step_for_each_thing_that_it_reads) {
  const config c = hw_config();
  engine e;
  unmap_after(e, c, cases[0], ~0u);
  std::vector<std::string> done;
  for (const step& s : e.steps())
    if (s.task == 1) done.push_back(std::string(traits(s.kind).name));
  using testing::ElementsAre;
  EXPECT_THAT(done, ElementsAre("down_read",                            // on its way
                                "read_once", "read_once", "read_once",  // cache, entry
                                "write_once",                           // the entry is cached
                                "read_once", "read_once",               // IOTLB, tables
                                "read_once", "write_once",              // a level; cached
                                "read_once", "write_once",              // the leaf; cached
                                "write_once",                           // memory
                                "up_read", "exit"));
}

// The same without an invalidation: wherever the device had got to the page, it still does.
TEST(hw_dma, without_a_flush_the_unmap_is_too_early) {
  const config c = hw_config(with(repaired_config(), {{"iotlb_sync.order", "no_flush"}}));
  engine e;
  for (const translating& what : cases) {
    unsigned convicted = 0;
    const unsigned steps = unmap_after(e, c, what, ~0u).steps;
    for (unsigned at = 0; at <= steps; ++at)
      convicted += !unmap_after(e, c, what, at).title.empty();
    EXPECT_GE(convicted, 2u) << "device " << what.dev;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
