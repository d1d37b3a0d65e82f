// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Page tables: what a remap, an insertion, a zap and a copy leave behind, and where they fail.
#include "model/mm/pagetable.h"

#include <gmock/gmock.h>

#include "model/mm/address_space.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;

// Two pages in two page-table pages, at 0x1000, and one at 0x4000 that maps the first again.
void two_areas(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x2000});
  make_call(w, "bar_mmap", {1, 0, 0x4000, 0x1000});
}

// Runs `cpu`; the draws of `site` number `which` fail.
std::string title_of(const body& cpu, unsigned failing = 0) {
  const config c = pci_config();
  const program p = program_of(c, two_areas, {[&cpu](world* w) {
                                 KFUNC();
                                 cpu(w);
                               }});
  engine e;
  fail_nth choose(failing);
  execution_options o;
  o.faults_max = failing != 0;
  e.run(p, choose, o);
  return e.last_finding().title;
}
void expect_quiet(const body& cpu, unsigned failing = 0) { EXPECT_EQ(title_of(cpu, failing), ""); }

std::vector<u64> mapped(world* w, std::initializer_list<unsigned long> addrs) {
  const peek_scope looking;
  std::vector<u64> ptes;
  for (const unsigned long a : addrs) ptes.push_back(peek_pte(process_of(w), a));
  return ptes;
}
constexpr unsigned long pfn = bar_pages;  // of the first device's first page

TEST(pagetable, remap_maps_all_of_a_range) {
  expect_quiet([](world* w) {
    EXPECT_EQ(io_remap_pfn_range(vma_at(w, 0x1000), 0x1000, pfn, 0x2000), 0);
    EXPECT_THAT(mapped(w, {0x0000, 0x1000, 0x2000, 0x3000}),
                ElementsAre(0, pfn_pte(pfn), pfn_pte(pfn + 1), 0));
    zap_vma_ptes(vma_at(w, 0x1000), 0x1000, 0x2000);
    EXPECT_THAT(mapped(w, {0x1000, 0x2000}), ElementsAre(0, 0));
  });
}

TEST(pagetable, remap_of_what_is_mapped_is_a_bug) {
  EXPECT_EQ(title_of([](world* w) {
              vm_area_struct* const vma = vma_at(w, 0x1000);
              io_remap_pfn_range(vma, 0x2000, pfn + 1, 0x1000);
              io_remap_pfn_range(vma, 0x1000, pfn, 0x2000);
            }),
            "kernel-bug in remap_pte_range");
}

TEST(pagetable, remap_that_fails_is_zapped) {
  expect_quiet(
      [](world* w) {
        EXPECT_EQ(io_remap_pfn_range(vma_at(w, 0x1000), 0x1000, pfn, 0x2000), -ENOMEM);
        EXPECT_THAT(mapped(w, {0x1000, 0x2000}), ElementsAre(0, 0));
      },
      2);
}

TEST(pagetable, insertion_leaves_alone_what_is_mapped) {
  expect_quiet([](world* w) {
    vm_area_struct* const vma = vma_at(w, 0x1000);
    EXPECT_EQ(vmf_insert_pfn(vma, 0x1000, pfn), VM_FAULT_NOPAGE);
    EXPECT_EQ(vmf_insert_pfn(vma, 0x1000, pfn + 3), VM_FAULT_NOPAGE);
    EXPECT_EQ(vmf_insert_pfn(vma, 0x3000, pfn), VM_FAULT_SIGBUS);
    EXPECT_THAT(mapped(w, {0x1000, 0x2000}), ElementsAre(pfn_pte(pfn), 0));
  });
}

TEST(pagetable, insertion_needs_memory) {
  expect_quiet(
      [](world* w) {
        EXPECT_EQ(vmf_insert_pfn(vma_at(w, 0x1000), 0x1000, pfn), VM_FAULT_OOM);
        EXPECT_EQ(vmf_insert_pfn(vma_at(w, 0x1000), 0x1000, pfn), VM_FAULT_NOPAGE);
      },
      1);
}

TEST(pagetable, a_file_s_range_is_taken_out_everywhere) {
  expect_quiet([](world* w) {
    make_call(w, "bar_touch", {0x1000, 0, 0});
    make_call(w, "bar_touch", {0x1000, 0, 0x1000});
    make_call(w, "bar_touch", {0x4000, 0, 0});
    const u64 child = make_call(w, "process_fork").out;
    unmap_mapping_range(&w->vfio_pci->vdev[0]->mapping, 0, 0);
    EXPECT_THAT(mapped(w, {0x1000, 0x2000, 0x4000}), ElementsAre(0, pfn_pte(pfn + 1), 0));
    const peek_scope looking;
    EXPECT_EQ(peek_pte(process_of(w, child), 0x1000), 0u);
    EXPECT_EQ(peek_pte(process_of(w, child), 0x2000), pfn_pte(pfn + 1));
  });
}

// One of two wins, and the other page-table page is freed again.
TEST(pagetable, two_processors_need_the_same_page_table_page) {
  const config c = pci_config();
  const body touch = [](world* w) { make_call(w, "bar_touch", {0x4000, 0, 0}); };
  EXPECT_THAT(titles(program_of(c, two_areas, {touch, touch}), "random", 2'000),
              testing::IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
