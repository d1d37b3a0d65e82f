// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Huge entries: when a fault makes one, what becomes of a part of it, the steps. Kernel:
// mm/huge_memory.c, mm/memory.c @ 6.12.117.
#include <gmock/gmock.h>

#include "model/iommufd/steps_test.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;

constexpr unsigned long pfn = bar_pages;  // of the device's first page
constexpr std::uint64_t base = 0x2000;

config huge_config(std::initializer_list<std::pair<const char*, const char*>> more = {}) {
  return with(with(pci_config(), {{"huge_pfnmap", "1"}}), more);
}
void one_area(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, base, 0x2000});
}
void touch(world* w) { make_call(w, "bar_touch", {base, 0, 0x1000}); }
void mapped(world* w) {
  one_area(w);
  touch(w);
}
bool is_huge(world* w, unsigned long addr, u64 process = 1) {
  const peek_scope looking;
  return pmd_trans_huge(process_of(w, process)->pmd[pmd_index(addr)].peek());
}
std::vector<u64> ptes_of(world* w, std::uint64_t start) {
  const peek_scope looking;
  return {peek_pte(process_of(w), start), peek_pte(process_of(w), start + PAGE_SIZE)};
}
void expect_quiet(const body& cpu, const config& c = huge_config()) {
  EXPECT_EQ(title_alone(c, mapped, cpu), "");
}

TEST(vfio_pci_huge, one_fault_maps_both_pages) {
  expect_quiet([](world* w) {
    EXPECT_TRUE(is_huge(w, base));
    EXPECT_THAT(ptes_of(w, base), ElementsAre(pfn_pte(pfn), pfn_pte(pfn + 1)));
    make_call(w, "config_write_command", {1, 0});
    EXPECT_THAT(ptes_of(w, base), ElementsAre(0, 0));
  });
}

TEST(vfio_pci_huge, what_does_not_fit_falls_back) {
  const auto falls_back = [](world* w) {
    EXPECT_FALSE(is_huge(w, base));
    EXPECT_THAT(ptes_of(w, base), ElementsAre(0, pfn_pte(pfn + 1)));
  };
  expect_quiet(falls_back, pci_config());  // no processor for it
  // A handler of another era.
  expect_quiet([](world* w) { EXPECT_FALSE(is_huge(w, base)); },
               huge_config({{"vfio_pci.fault", "prefill"}}));
  expect_quiet([](world* w) {
    // Too short; a page of the BAR at an address of another alignment.
    EXPECT_EQ(make_call(w, "bar_mmap", {1, 0, 0x4000, 0x1000}).rc, 0);
    EXPECT_EQ(make_call(w, "bar_touch", {0x4000, 0, 0}).rc, 0);
    EXPECT_FALSE(is_huge(w, 0x4000));
    EXPECT_EQ(make_call(w, "bar_mmap", {1, 0, 0x6000, 0x2000, 0x1000}).rc, 0);
    EXPECT_EQ(make_call(w, "bar_touch", {0x6000, 0, 0}).rc, 0);
    EXPECT_FALSE(is_huge(w, 0x6000));
    EXPECT_THAT(ptes_of(w, 0x6000), ElementsAre(pfn_pte(pfn + 1), 0));
  });
}

// Where there is a page-table page already, pages are mapped one by one.
TEST(vfio_pci_huge, a_part_that_goes_takes_the_entry_along) {
  expect_quiet([](world* w) {
    EXPECT_EQ(make_call(w, "bar_munmap_part", {base, 0, 0, 0x1000}).rc, 0);
    EXPECT_THAT(ptes_of(w, base), ElementsAre(0, 0));
    EXPECT_EQ(make_call(w, "bar_touch", {base, 0, 0x1000}).rc, 0);
    EXPECT_FALSE(is_huge(w, base));
    EXPECT_THAT(ptes_of(w, base), ElementsAre(0, pfn_pte(pfn + 1)));
  });
}

TEST(vfio_pci_huge, a_fork_copies_it) {
  expect_quiet([](world* w) {
    const u64 child = make_call(w, "process_fork").out;
    EXPECT_TRUE(is_huge(w, base, child));
    unmap_mapping_range(&w->vfio_pci->vdev[0]->mapping, 1, 1);
    EXPECT_FALSE(is_huge(w, base));
    EXPECT_FALSE(is_huge(w, base, child));
  });
}

TEST(vfio_pci_huge, errors) {
  const auto disabled = [](world* w) {
    one_area(w);
    make_call(w, "config_write_command", {1, 0});
  };
  EXPECT_EQ(title_alone(huge_config(), disabled,
                        [](world* w) {
                          EXPECT_EQ(make_call(w, "bar_touch", {base, 0, 0}).rc, -EFAULT);
                          EXPECT_FALSE(is_huge(w, base));
                          vm_area_struct* const vma = vma_at(w, base);
                          EXPECT_EQ(vmf_insert_pfn_pmd(vma, 0x4000, pfn), VM_FAULT_SIGBUS);
                          vm_fault vmf = {vma, base};
                          EXPECT_EQ(vfio_pci_mmap_huge_fault(&vmf, 2), VM_FAULT_FALLBACK);
                        }),
            "");
}

TEST(vfio_pci_huge, steps_of_a_fault) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"R+ mmap", "down_read process#1.mmap_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", "process#1.mmap_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"pmd lock", "spin_lock process#1.page_table_lock", memory_lock},
                          {"set", "write_once process#1.pmd", "process#1.page_table_lock"},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", "process#1.mmap_lock"}},
                .c = huge_config()});
}

// What upstream does: a zap fits between the look and the locks.
TEST(vfio_pci_huge, steps_of_a_fork) {
  const char* const mmap_lock = "process#1.mmap_lock";
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = mapped,
                .cpu1 = [](world* w) { make_call(w, "process_fork"); },
                .steps = {{"W+ mmap", "down_write process#1.mmap_lock"},
                          {"link", "itree_insert vdev#1.i_mmap", mmap_lock},
                          {"look", "read_once process#1.pmd", mmap_lock},
                          {"pmd lock", "spin_lock process#1.1.page_table_lock", mmap_lock},
                          {"copy", "write_once process#1.1.pmd", mmap_lock},
                          {"W- mmap", "up_write process#1.mmap_lock", mmap_lock}},
                .c = huge_config({{"copy_huge_pmd.read", "before_locks"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
