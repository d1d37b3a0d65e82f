// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant has a planted bug that it convicts and a near miss that it acquits. The knobs
// plant those of the upstream history; here state is changed as no sound caller would.
#include <gmock/gmock.h>

#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using settings = std::initializer_list<std::pair<const char*, const char*>>;

std::string title_of(const body& cpu, settings s = {}, const body& setup = one_mdev) {
  return title_alone(with(type1_config(), s), setup, cpu);
}
std::string name_of(const body& cpu, settings s = {}, const body& setup = one_mdev) {
  return verdict_of(title_of(cpu, s, setup));
}

void pin(world* w) { make_call(w, "mdev_pin", {1, 0x10000, 0x1000}); }
void invalidate(world* w) {
  make_call(w, "type1_unmap", {1, 0x10000, 0x2000, type1::VFIO_DMA_UNMAP_FLAG_VADDR});
}

// Changes something under the lock and drops it.
body under_the_lock(const body& change) {
  return [change](world* w) {
    mutex_lock(&first_container(w)->lock);
    change(w);
    type1::unlock_iommu(first_container(w));
  };
}

TEST(vfio_type1_contracts, sound_calls_are_acquitted) {
  for (const char* vaddr : {"excluded", "wait", "file", "removed"})
    EXPECT_EQ(title_of(
                  [](world* w) {
                    pin(w);
                    make_call(w, "mdev_rw", {1, 0, 0x10000, 0x1000, 1});
                    invalidate(w);
                    make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000, 4});
                    make_call(w, "mdev_pin", {1, 0x11000, 0x1000});
                    make_call(w, "type1_unmap", {1, 0x10000, 0x2000});
                    make_call(w, "mdev_close", {1});
                  },
                  {{"type1_vaddr", vaddr}}),
              "")
        << vaddr;
}

TEST(vfio_type1_contracts, vaddr_count) {
  const auto spoil = [](world* w) { first_dma(w)->vaddr_invalid = true; };
  const auto counted = [](world* w) {
    first_dma(w)->vaddr_invalid = true;
    first_container(w)->vaddr_invalid_count = 1;
  };
  EXPECT_EQ(name_of(under_the_lock(spoil)), "vaddr-count-wrong");
  EXPECT_EQ(title_of(under_the_lock(counted)), "");
}

TEST(vfio_type1_contracts, stale_vaddr) {
  for (const bool invalid : {true, false}) {
    const std::string name = name_of([&](world* w) {
      first_dma(w)->vaddr_invalid = invalid;
      CONTRACT(vaddr_used, first_dma(w));
    });
    EXPECT_EQ(name, invalid ? "stale-vaddr" : "");
  }
}

TEST(vfio_type1_contracts, pin_lost) {
  const auto forget = [](u32 count) {
    return under_the_lock(
        [count](world* w) { type1::vfio_find_vpfn(first_dma(w), 0x10000)->ref_count = count; });
  };
  const auto pin_and = [](const body& change) {
    return [change](world* w) {
      pin(w);
      pin(w);
      change(w);
    };
  };
  EXPECT_EQ(name_of(pin_and(forget(1))), "pin-lost");
  EXPECT_EQ(title_of(pin_and(forget(2))), "");
}

// A pin beside those of mappings and drivers, of a page that is mapped and of one that is not.
TEST(vfio_type1_contracts, pin_not_recorded) {
  const auto pinned = [](unsigned long page, bool undone) {
    return [=](world* w) {
      u32 pfns[1];
      pin(w);
      mutex_lock(&first_container(w)->lock);
      pin_user_pages(user_memory_start + page * PAGE_SIZE, 1, pfns);
      if (undone) unpin_user_page(page);
      type1::unlock_iommu(first_container(w));
      if (!undone) unpin_user_page(page);
    };
  };
  for (const auto& setup : {one_mdev, one_domain})
    for (const unsigned long page : {0ul, 5ul}) {
      EXPECT_EQ(name_of(pinned(page, false), {}, setup), "pin-not-recorded") << page;
      EXPECT_EQ(title_of(pinned(page, true), {}, setup), "") << page;
    }
}

TEST(vfio_type1_contracts, unpinned_while_translated) {
  for (const bool unmapped : {false, true}) {
    const std::string name = name_of(
        [&](world* w) {
          auto* const domain =
              list_first_entry(&first_container(w)->domain_list, type1::vfio_domain, next);
          if (unmapped) type1::iommu_unmap(domain, 0x10000, 2);
          unpin_user_page(0);
          CONTRACT(pfn_unpinned, 0);
          atomic_inc(&pfn_to_page(0)->pincount);
          if (unmapped) type1::iommu_map(domain, 0x10000, 0, 2);
        },
        {}, one_domain);
    EXPECT_EQ(name, unmapped ? "" : "unpinned-while-translated");
  }
}

TEST(vfio_type1_contracts, locked_vm) {
  const auto charge = [](long pages, bool both) {
    return under_the_lock([pages, both](world* w) {
      first_dma(w)->locked_vm += pages;
      if (both) first_mm(w)->locked_vm += pages;
      if (!both) return;
      first_dma(w)->locked_vm -= pages;
      first_mm(w)->locked_vm -= pages;
    });
  };
  EXPECT_EQ(name_of(charge(1, false)), "locked-vm-wrong");
  EXPECT_EQ(title_of(charge(1, true)), "");
  EXPECT_EQ(name_of(under_the_lock([](world* w) { first_mm(w)->locked_vm = 1; })),
            "locked-vm-wrong");
}

// Of a process that has gone nobody is charged.
TEST(vfio_type1_contracts, locked_vm_of_a_process_that_has_gone) {
  const auto charge_and = [](bool exits) {
    return [exits](world* w) {
      pin(w);
      if (exits) make_call(w, "user_exit", {0});
      const long before = first_mm(w)->locked_vm.peek();
      mutex_lock(&first_container(w)->lock);
      first_mm(w)->locked_vm = before + 1;
      type1::unlock_iommu(first_container(w));
    };
  };
  EXPECT_EQ(title_of(charge_and(true)), "");
  EXPECT_EQ(name_of(charge_and(false)), "locked-vm-wrong");
}

TEST(vfio_type1_contracts, wait_failed_for_another) {
  for (const bool open : {true, false}) {
    const std::string name = name_of([&](world* w) {
      first_container(w)->container_open = open;
      CONTRACT(wait_failed, first_container(w), nullptr);
      first_container(w)->container_open = true;
    });
    EXPECT_EQ(name, open ? "wait-failed-for-another" : "");
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
