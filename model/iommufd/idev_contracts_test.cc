// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What is judged about user pages that devices reach: a planted bug each, and near misses. The
// kernel's functions are called as no sound caller would.
#include <gmock/gmock.h>

#include "model/hw/contracts.h"
#include "model/hw/paging.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommufd/contracts.h"
#include "model/iommufd/idev_machine_test.h"
#include "model/iommufd/inside_test.h"
#include "model/iommufd/mock_domain.h"

namespace iorace::kern::this_file {
namespace {

using testing::StartsWith;

constexpr u64 mapped_pfn = idev_iova / PAGE_SIZE;

// Runs `cpu` where device 1 is attached to ioas 1, which maps page 0 at `idev_iova`.
std::string title_of_attached(const body& cpu) {
  const body attached = in_order({both_cdevs_bound(own_group), attaching(1, 1), [](world* w) {
                                    make_call(w, "ioas_map", {1, idev_iova, 0x1000});
                                  }});
  return title_alone(of_idev(repaired_config()), attached, cpu);
}
void device_touches(world* w) { make_call(w, "device_dma_write", {1, idev_iova}); }

// The domain that was made for device 1.
core_domain* domain_of_device() {
  return this_world().iommu->devices[0]->iommu_group.peek()->domain.peek();
}
hw_iommu* iommu_of_device() {
  return this_world().iommu->devices[0]->endpoint.peek()->iommu.peek();
}

TEST(idev_contracts, sound_calls_are_acquitted) {
  EXPECT_EQ(title_of_attached([](world* w) {
              device_touches(w);
              make_call(w, "ioas_unmap_all", {1});
              make_call(w, "ioas_map", {1, idev_iova, 0x1000});
              device_touches(w);
              make_call(w, "vfio_cdev_close", {1});
            }),
            "");
}

// A page that is pinned twice is still there when one pin is gone.
TEST(idev_contracts, a_device_reaches_a_page_without_pins) {
  const auto reached_with_pins = [](int pins) {
    return title_of_attached([pins](world* w) {
      atomic_t& count = pfn_to_page(0)->pincount;
      atomic_set(&count, pins);
      device_touches(w);
      atomic_set(&count, 1);
    });
  };
  EXPECT_THAT(reached_with_pins(0), StartsWith("freed-page-reachable"));
  EXPECT_EQ(reached_with_pins(1), "");
  EXPECT_EQ(reached_with_pins(2), "");
}

// What VFIO's other users map is no page of the process, and nobody pins it.
TEST(idev_contracts, memory_that_is_nobodys_needs_no_pins) {
  EXPECT_EQ(title_of_attached([](world* w) {
              make_call(w, "vfio_cdev_close", {2});
              make_call(w, "vfio_group_set_container", {2});
              make_call(w, "vfio_group_map_dma", {2});
              EXPECT_EQ(make_call(w, "device_dma", {2}).rc, 0);
            }),
            "");
}

TEST(idev_contracts, unpinned_while_a_table_of_the_core_has_the_page) {
  EXPECT_EQ(title_of_attached([](world*) { unpin_user_page(0); }),
            "unpinned-while-mapped in unpin_user_page");
  // Detached, nobody can walk there.
  EXPECT_EQ(title_of_attached([](world* w) {
              make_call(w, "ioas_unmap_all", {1});
              u32 pfns[1];
              pin_user_pages(user_memory_start, 1, pfns);
              unpin_user_page(0);
            }),
            "");
}

// The page is out of the table, and the IOTLB has it, if the device has been there.
TEST(idev_contracts, unpinned_while_only_a_tlb_has_the_page) {
  constexpr u64 pfn = mapped_pfn + 4;
  const auto unpinned = [](bool touched, bool flushed) {
    return title_of_attached([=](world* w) {
      core_domain* const domain = domain_of_device();
      list_head* const freelist = make_freelist();
      u32 pfns[1];
      pin_user_pages(user_memory_start + PAGE_SIZE, 1, pfns);
      pgtable_map(&domain->pgtable, pfn, 1, &pfn_to_page(1)->memory[0]);
      if (touched) {
        EXPECT_EQ(make_call(w, "device_dma_write", {1, pfn * PAGE_SIZE}).rc, 0);
      }
      if (flushed)
        domain_unmap_pages(domain, pfn, 1);
      else
        pgtable_unmap(&domain->pgtable, pfn, 1, freelist);
      unpin_user_page(1);
      iommu_put_pages_list(freelist);
    });
  };
  EXPECT_EQ(unpinned(true, false), "unpinned-while-mapped in unpin_user_page");
  EXPECT_EQ(unpinned(true, true), "");
  EXPECT_EQ(unpinned(false, false), "");
}

TEST(idev_contracts, stale_translation_of_a_domain_of_the_core) {
  const auto unmapped = [](u64 pfn, unsigned other_did) {
    return title_of_attached([=](world* w) {
      device_touches(w);
      const auto did = static_cast<unsigned>(domain_of_device()->did.peek());
      contract::range_unmapped(iommu_of_device(), did + other_did, pfn, 2);
    });
  };
  EXPECT_THAT(unmapped(mapped_pfn, 0), StartsWith("stale-translation"));
  EXPECT_THAT(unmapped(mapped_pfn - 1, 0), StartsWith("stale-translation"));
  EXPECT_EQ(unmapped(mapped_pfn + 1, 0), "");
  EXPECT_EQ(unmapped(mapped_pfn + tlb_slots, 0), "");  // of the same slot
  EXPECT_EQ(unmapped(mapped_pfn, 1), "");
}

// The same with halves of pages, in the mock.
TEST(idev_contracts, unpinned_while_only_a_tlb_of_the_mock_has_half_of_the_page) {
  constexpr std::uint64_t at = 0x1002000;
  const auto unpinned = [](bool flushed) {
    return title_alone(
        repaired_config(),
        [](world* w) {
          make_call(w, "ioas_alloc");
          make_call(w, "hwpt_alloc", {1});
        },
        [=](world* w) {
          iommu_domain* const domain =
              static_cast<iommufd_hwpt_paging*>(xa_peek(&w->ictx->objects, 2))->domain.peek();
          paging_domain* const paging =
              container_of(domain, mock_iommu_domain, domain)->paging.peek();
          u32 pfns[1];
          pin_user_pages(user_memory_start, 1, pfns);
          iommu_map(domain, at, MOCK_IO_PAGE_SIZE, MOCK_IO_PAGE_SIZE);
          EXPECT_EQ(make_call(w, "hwpt_dma_write", {2, at}).rc, 0);
          iotlb_gather gather;
          iotlb_gather_init(&gather);
          unmap_fast(paging, at / MOCK_IO_PAGE_SIZE, 1, &gather);
          if (flushed) iotlb_sync(paging, &gather);
          unpin_user_page(0);
        });
  };
  EXPECT_EQ(unpinned(false), "unpinned-while-mapped in unpin_user_page");
  EXPECT_EQ(unpinned(true), "");
}

}  // namespace
}  // namespace iorace::kern::this_file
