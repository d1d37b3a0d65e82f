// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant has a planted bug that it convicts and a near miss that it acquits. The knobs
// plant those of the drivers; here their functions are called as no sound caller would.
#include <gmock/gmock.h>

#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/dma.h"
#include "model/hw/driver.h"
#include "model/hw/hw_execute.h"
#include "model/hw/machine_test.h"
#include "scheduler/strategies/round_robin.h"

namespace iorace::kern::this_file {
namespace {

// Runs `cpu` where `device` and `ats_device` are attached to `domain`, which has a page at 0x1000.
std::string title_of(const body& cpu) {
  const body attached = [](world* w) {
    machine(w);
    make_call(w, "endpoint_attach", {vtd_dev, domain});
    make_call(w, "endpoint_attach", {ats_device, domain});
    make_call(w, "page_map", {domain, 0x1000});
  };
  return title_alone(hw_config(), attached, cpu);
}

hw_endpoint* dev(std::uint64_t number = vtd_dev) { return part_of<hw_endpoint>(number); }
paging_domain* paging() { return part_of<paging_owner>(domain)->domain.peek(); }
dma_page* page() { return part_of<paging_owner>(domain)->pages[1].peek(); }
void touch(world* w, std::uint64_t by = vtd_dev) { make_call(w, "dma_write", {by, 0x1000}); }

TEST(hw_contracts, sound_calls_are_acquitted) {
  EXPECT_EQ(title_of([](world* w) {
              touch(w);
              touch(w, ats_device);
              make_call(w, "page_unmap", {domain, 0x1000});
              make_call(w, "endpoint_block", {vtd_dev});
              make_call(w, "endpoint_release", {ats_device});
              make_call(w, "paging_free", {domain});
            }),
            "");
}

TEST(hw_contracts, freed_page_reachable) {
  EXPECT_THAT(title_of([](world*) { contract::pages_freed(page(), 1); }),
              testing::StartsWith("freed-page-reachable"));
  EXPECT_EQ(title_of([](world* w) {
              dma_page* const was = page();
              make_call(w, "page_unmap", {domain, 0x1000});
              contract::pages_freed(was, 1);
            }),
            "");
}

// The other way round: the page goes first, and a tree gets it later, or a device gets the tree.
TEST(hw_contracts, a_freed_page_becomes_reachable) {
  const auto mapped_page = [](bool freed, std::uint64_t of) {
    return title_of([=](world*) {
      auto* const pages = kvcalloc<dma_page>(1);
      if (freed) kfree(pages);
      paging_domain* const by = part_of<paging_owner>(of)->domain.peek();
      pgtable_map(&by->pgtable, 3, 1, pages);
      unmap_strict(by, 3, 1);
      if (!freed) kfree(pages);
    });
  };
  EXPECT_THAT(mapped_page(true, domain), testing::StartsWith("freed-page-reachable"));
  EXPECT_EQ(mapped_page(false, domain), "");
  EXPECT_EQ(mapped_page(true, second_domain), "");  // no device has it
  const auto attached_to_one = [](bool freed) {
    return title_of([=](world* w) {
      auto* const pages = kvcalloc<dma_page>(1);
      io_pgtable* const pgtable = &part_of<paging_owner>(second_domain)->domain.peek()->pgtable;
      pgtable_map(pgtable, 3, 1, pages);
      if (freed) kfree(pages);
      make_call(w, "endpoint_attach", {vtd_dev, second_domain});
      make_call(w, "endpoint_block", {vtd_dev});
      if (!freed) kfree(pages);
    });
  };
  EXPECT_THAT(attached_to_one(true), testing::StartsWith("freed-page-reachable"));
  EXPECT_EQ(attached_to_one(false), "");
}

// Through the IOTLB, and through the device's own TLB.
TEST(hw_contracts, stale_translation) {
  for (const std::uint64_t by : {vtd_dev, ats_device}) {
    EXPECT_THAT(title_of([by](world* w) {
                  touch(w, by);
                  contract::unmapped(page(), 1);
                }),
                testing::StartsWith("stale-translation"));
    EXPECT_EQ(title_of([by](world* w) {
                make_call(w, "page_map", {domain, 0x2000, 0x1000});
                touch(w, by);
                contract::unmapped(part_of<paging_owner>(domain)->pages[2].peek(), 1);
              }),
              "");
  }
}

TEST(hw_contracts, stale_translation_of_a_range) {
  EXPECT_THAT(title_of([](world* w) {
                touch(w);
                contract::range_unmapped(paging(), 0, 2);
              }),
              testing::StartsWith("stale-translation"));
  EXPECT_EQ(title_of([](world* w) {
              touch(w);
              contract::range_unmapped(paging(), 2, 2);
            }),
            "");
}

TEST(hw_contracts, iova_reused_stale) {
  EXPECT_THAT(title_of([](world* w) {
                touch(w);
                contract::iova_allocated(paging(), 1, 1);
              }),
              testing::StartsWith("iova-reused-stale"));
  EXPECT_EQ(title_of([](world* w) {
              touch(w);
              contract::iova_allocated(paging(), 2, 2);
            }),
            "");
}

TEST(hw_contracts, table_freed_in_use) {
  EXPECT_THAT(title_of([](world*) {
                io_table* const root = paging()->pgtable.root.peek();
                iommu_free_table(static_cast<io_table*>(root->pte[0].peek()));
              }),
              testing::StartsWith("table-freed-in-use"));
  EXPECT_EQ(title_of([](world*) { iommu_free_table(iommu_alloc_table(PT_VTD, 1)); }), "");
}

TEST(hw_contracts, root_freed_in_use) {
  EXPECT_THAT(title_of([](world*) { pgtable_free(&paging()->pgtable); }),
              testing::StartsWith("root-freed-in-use"));
  EXPECT_THAT(title_of([](world* w) {
                io_table* const table = iommu_alloc_table(PT_VTD, 2);
                make_call(w, "endpoint_block", {vtd_dev});
                kfree(table);
                context_set(entry_of(dev(), IOMMU_NO_PASID), 1, table);
              }),
              testing::StartsWith("root-freed-in-use"));
}

TEST(hw_contracts, torn_translation) {
  EXPECT_THAT(title_of([](world* w) {
                WRITE_ONCE(entry_of(dev(), IOMMU_NO_PASID)->word, entry_word(3));
                touch(w);
              }),
              testing::StartsWith("torn-translation"));
}

// Attached to another domain while hardware still has the entry of the one before.
TEST(hw_contracts, attached_and_translates_by_another) {
  EXPECT_THAT(title_of([](world* w) {
                touch(w);
                paging_domain* const other = part_of<paging_owner>(second_domain)->domain.peek();
                contract::device_attached(dev(), other, 0);
              }),
              testing::StartsWith("torn-translation"));
}

TEST(hw_contracts, blocked_device_access) {
  EXPECT_THAT(title_of([](world* w) {
                contract::device_blocked(dev());
                touch(w);
              }),
              testing::StartsWith("blocked-device-access"));
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "endpoint_block", {vtd_dev});
              touch(w);
              make_call(w, "endpoint_attach", {vtd_dev, domain});
              touch(w);
            }),
            "");
}

// An alias leaves, and with it what both reach without a PASID. With one the other still does, as
// long as it is there.
TEST(hw_contracts, blocked_device_access_by_pasid) {
  const auto reach = [](bool there) {
    return title_of([there](world* w) {
      const u64 alias = make_call(w, "endpoint_add", {vtd}).out;
      make_call(w, "endpoint_attach", {alias, domain});
      make_call(w, "endpoint_set_pasid", {vtd_dev, domain});
      make_call(w, "endpoint_release", {alias});
      if (!there) dev()->info.poke(nullptr);
      EXPECT_EQ(make_call(w, "dma_write_pasid", {vtd_dev, 0x1000}).rc, 0);
    });
  };
  EXPECT_EQ(reach(true), "");
  EXPECT_THAT(reach(false), testing::StartsWith("blocked-device-access"));
}

TEST(hw_contracts, devtlb_filled_late) {
  EXPECT_THAT(title_of([](world*) {
                const u64 asked = contract::devtlb_asked(dev(ats_device));
                contract::devtlb_invalidated(dev(ats_device));
                contract::devtlb_filled(dev(ats_device), asked);
              }),
              testing::StartsWith("devtlb-filled-late"));
}

TEST(hw_contracts, queues) {
  EXPECT_THAT(title_of([](world*) {
                contract::commands_queued(part_of<hw_iommu>(vtd), 1);
                contract::wait_returned(part_of<hw_iommu>(vtd),
                                        contract::commands_so_far(part_of<hw_iommu>(vtd)));
              }),
              testing::StartsWith("wait-returned-early"));
  EXPECT_THAT(title_of([](world*) {
                contract::wait_executed(part_of<hw_iommu>(vtd), 1000);
                contract::wait_executed(part_of<hw_iommu>(vtd), 999);
              }),
              testing::StartsWith("completion-goes-backwards"));
}

}  // namespace
}  // namespace iorace::kern::this_file
