// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A part of an area is unmapped: what is left, the errors, the steps. Kernel: mm/vma.c @ 6.12.117.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;
using call = faulty_call;

constexpr unsigned long pfn = bar_pages;  // of the device's first page

void three_pages(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x3000});
}
void mapped(world* w) {
  three_pages(w);
  for (const u64 offset : {u64{0}, u64{0x1000}, u64{0x2000}})
    make_call(w, "bar_touch", {0x1000, 0, offset});
}
void unmap_the_middle(world* w) { make_call(w, "bar_munmap_part", {0x1000, 0, 0x1000, 0x1000}); }

struct area {
  unsigned long start, end, pgoff;
  bool operator==(const area&) const = default;
};
std::vector<area> mapped_areas(world* w) {
  const peek_scope looking;
  std::vector<area> all;
  const interval_tree_node* n = interval_tree_peek_first(&process_of(w)->mm_mt);
  for (; n != nullptr; n = interval_tree_peek_next(n)) {
    const auto* const vma = container_of(const_cast<interval_tree_node*>(n), vm_area_struct, vm_mt);
    all.push_back({vma->vm_start.peek(), vma->vm_end.peek(), vma->vm_pgoff.peek()});
  }
  return all;
}
std::vector<u64> ptes_of(world* w) {
  const peek_scope looking;
  std::vector<u64> ptes;
  for (const unsigned long a : {0x1000ul, 0x2000ul, 0x3000ul})
    ptes.push_back(peek_pte(process_of(w), a));
  return ptes;
}

void expect_after(std::uint64_t offset, std::uint64_t length, const std::vector<area>& areas,
                  const std::vector<u64>& ptes, const config& c = pci_config()) {
  EXPECT_EQ(
      title_alone(c, mapped,
                  [&](world* w) {
                    EXPECT_EQ(make_call(w, "bar_munmap_part", {0x1000, 0, offset, length}).rc, 0);
                    EXPECT_EQ(mapped_areas(w), areas);
                    EXPECT_EQ(ptes_of(w), ptes);
                  }),
      "");
}

TEST(vfio_pci_split, what_is_left) {
  const u64 one = pfn_pte(pfn), two = pfn_pte(pfn + 1), three = pfn_pte(pfn + 2);
  expect_after(0x0, 0x3000, {}, {0, 0, 0});
  expect_after(0x0, 0x1000, {{0x2000, 0x4000, 1}}, {0, two, three});
  expect_after(0x2000, 0x1000, {{0x1000, 0x3000, 0}}, {one, two, 0});
  expect_after(0x1000, 0x1, {{0x1000, 0x2000, 0}, {0x3000, 0x4000, 2}}, {one, 0, three});
  expect_after(0x3000, 0x1000, {{0x1000, 0x4000, 0}}, {one, two, three});
}

// What was on the list stays there and the new areas are mapped by faults of their own.
TEST(vfio_pci_split, of_a_listed_area_the_new_ones_are_zapped) {
  expect_after(0x1000, 0x1000, {{0x1000, 0x2000, 0}, {0x3000, 0x4000, 2}}, {0, 0, 0},
               with(pci_config(), {{"vfio_pci.fault", "zap_on_failure"}}));
}

TEST(vfio_pci_split, what_is_left_is_found_by_the_file_and_by_faults) {
  EXPECT_EQ(title_alone(pci_config(), mapped,
                        [](world* w) {
                          unmap_the_middle(w);
                          make_call(w, "config_write_command", {1, 0});
                          EXPECT_THAT(ptes_of(w), ElementsAre(0, 0, 0));
                          make_call(w, "config_write_command", {1, PCI_COMMAND_MEMORY});
                          EXPECT_EQ(make_call(w, "bar_touch", {0x1000, 0, 0}).rc, 0);
                          EXPECT_EQ(make_call(w, "bar_touch", {0x1000, 0, 0x1000}).rc, -EFAULT);
                          EXPECT_EQ(make_call(w, "bar_touch", {0x1000, 0, 0x2000}).rc, 0);
                          EXPECT_THAT(ptes_of(w), ElementsAre(pfn_pte(pfn), 0, pfn_pte(pfn + 2)));
                        }),
            "");
}

// The lower split stays if the upper one fails.
TEST(vfio_pci_split, that_fails_leaves_the_areas_mapped) {
  const config c = pci_config();
  const program p = program_of(
      c, mapped, {[](world* w) {
        KFUNC();
        const call_args a = {{0x1000, 0, 0x1000, 0x1000}};
        EXPECT_EQ(flow_called("bar_munmap_part").run(*w, a).rc, -ENOMEM);
        EXPECT_EQ(mapped_areas(w), (std::vector<area>{{0x1000, 0x2000, 0}, {0x2000, 0x4000, 1}}));
        EXPECT_THAT(ptes_of(w), ElementsAre(pfn_pte(pfn), pfn_pte(pfn + 1), pfn_pte(pfn + 2)));
      }});
  engine e;
  fail_nth choose(2);
  execution_options o;
  o.faults_max = 1;
  e.run(p, choose, o);
  EXPECT_EQ(e.last_finding().title, "");
}

TEST(vfio_pci_split, errors) {
  expect_errors({.flow = "bar_munmap_part",
                 .setup = three_pages,
                 .base =
                     [](call& c) {
                       c["vma"] = 0x1000;
                       c["offset"] = 0x1000;
                     },
                 .rows = {{"no process", ESRCH, [](call& c) { c["process"] = 9; }},
                          {"not aligned", EINVAL, [](call& c) { c["offset"] += 1; }, 1},
                          {"outside", EINVAL, [](call& c) { c["offset"] = TASK_SIZE; }, 1},
                          {"no length", EINVAL, [](call& c) { c["length"] = 0; }, 2},
                          {"beyond the end", EINVAL, [](call& c) { c["length"] = TASK_SIZE; }, 2},
                          {"no memory below", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                          {"no memory above", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}},
                 .c = pci_config()});
}

TEST(vfio_pci_split, steps) {
  const char* const mmap_lock = "process#1.mmap_lock";
  const char* const i_mmap = "vdev#1.i_mmap_rwsem";
  expect_pairs({.pairs = 17,
                .unlocked = 0,
                .setup = mapped,
                .cpu1 = unmap_the_middle,
                .steps = {{"W+ mmap", "down_write process#1.mmap_lock"},
                          {"find", "itree_find process#1.mm_mt", mmap_lock},
                          {"M below", "kmalloc vma#1.1", mmap_lock},
                          {"W+ i_mmap", "down_write vdev#1.i_mmap_rwsem", mmap_lock},
                          {"link below", "itree_insert vdev#1.i_mmap", i_mmap},
                          {"unlink", "itree_remove vdev#1.i_mmap", i_mmap},
                          {"shrink", "write vma#1.vm_start", i_mmap},
                          {"link", "itree_insert vdev#1.i_mmap", i_mmap},
                          {"store", "itree_insert process#1.mm_mt", i_mmap},
                          {"W- i_mmap", "up_write vdev#1.i_mmap_rwsem", i_mmap},
                          {"M above", "kmalloc vma#1.2", mmap_lock},
                          {"W+ i_mmap", "down_write vdev#1.i_mmap_rwsem", mmap_lock},
                          {"W- i_mmap", "up_write vdev#1.i_mmap_rwsem", i_mmap},
                          {"detach", "itree_remove process#1.mm_mt", mmap_lock},
                          {"W to R", "downgrade_write process#1.mmap_lock", mmap_lock},
                          {"zap", "write_once table#2.pte", mmap_lock},
                          {"free", "kfree vma#1", mmap_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", mmap_lock}},
                .c = pci_config()});
}

// The old handlers' area is opened before anybody can find it through the file.
TEST(vfio_pci_split, steps_of_a_listed_area) {
  const char* const mmap_lock = "process#1.mmap_lock";
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = mapped,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "bar_munmap_part", {0x1000, 0, 0x2000, 0x1000});
                    },
                .steps = {{"M", "kmalloc vma#1.1", mmap_lock},
                          {"open", "write_once table#1.pte", mmap_lock},
                          {"W+ i_mmap", "down_write vdev#1.i_mmap_rwsem", mmap_lock},
                          {"W to R", "downgrade_write process#1.mmap_lock", mmap_lock},
                          {"close", "mutex_lock vdev#1.vma_lock", mmap_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", mmap_lock}},
                .c = with(pci_config(), {{"vfio_pci.fault", "zap_on_failure"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
