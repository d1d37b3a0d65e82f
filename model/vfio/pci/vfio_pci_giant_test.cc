// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Huge entries of the second level: four pages, the whole BAR. Kernel: mm/huge_memory.c,
// mm/memory.c @ 6.12.117.
#include <gmock/gmock.h>

#include "model/iommufd/steps_test.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

constexpr unsigned long pfn = bar_pages;  // of the device's first page
constexpr std::uint64_t base = 0x4000;

config giant_config() {
  return with(pci_config(), {{"huge_pfnmap", "2"}, {"copy_huge_pmd.read", "before_locks"}});
}
void one_area(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, base, 0x4000});
}
void touch(world* w) { make_call(w, "bar_touch", {base, 0, 0x3000}); }
void touch_first(world* w) { make_call(w, "bar_touch", {base, 0, 0}); }
void disable(world* w) { make_call(w, "config_write_command", {1, 0}); }
void enable(world* w) { make_call(w, "config_write_command", {1, PCI_COMMAND_MEMORY}); }
void mapped(world* w) {
  one_area(w);
  touch(w);
}
bool is_giant(world* w, u64 process = 1) {
  const peek_scope looking;
  return peek_giant(process_of(w, process), base) != 0;
}
bool is_mapped(world* w, unsigned long addr, u64 process = 1) {
  const peek_scope looking;
  return peek_pte(process_of(w, process), addr) != 0;
}
void expect_quiet(const body& cpu, const body& setup = mapped) {
  EXPECT_EQ(title_alone(giant_config(), setup, cpu), "");
}

TEST(vfio_pci_giant, one_fault_maps_the_bar) {
  expect_quiet([](world* w) {
    EXPECT_TRUE(is_giant(w));
    const peek_scope looking;
    for (unsigned i = 0; i < 4; ++i)
      EXPECT_EQ(peek_pte(process_of(w), base + i * PAGE_SIZE), pfn_pte(pfn + i));
  });
  expect_quiet([](world* w) {
    disable(w);
    EXPECT_FALSE(is_giant(w));
    EXPECT_EQ(make_call(w, "bar_touch", {base, 0, 0}).rc, -EFAULT);
  });
}

// Two pages, or one, where four do not fit.
TEST(vfio_pci_giant, what_does_not_fit_falls_back) {
  const auto half = [](world* w) {
    make_call(w, "vdev_open");
    make_call(w, "bar_mmap", {1, 0, base, 0x3000});
  };
  expect_quiet(
      [](world* w) {
        touch_first(w);
        EXPECT_FALSE(is_giant(w));
        EXPECT_TRUE(is_mapped(w, base + PAGE_SIZE));
        EXPECT_FALSE(is_mapped(w, base + 2 * PAGE_SIZE));
        EXPECT_EQ(make_call(w, "bar_touch", {base, 0, 0x2000}).rc, 0);
      },
      half);
}

TEST(vfio_pci_giant, a_part_that_goes_takes_the_entry_along) {
  expect_quiet([](world* w) {
    EXPECT_EQ(make_call(w, "bar_munmap_part", {base, 0, 0, 0x1000}).rc, 0);
    EXPECT_FALSE(is_mapped(w, base + 3 * PAGE_SIZE));
    touch(w);
    EXPECT_FALSE(is_giant(w));
    EXPECT_TRUE(is_mapped(w, base + 3 * PAGE_SIZE));
  });
}

TEST(vfio_pci_giant, a_fork_copies_it) {
  expect_quiet([](world* w) {
    const u64 child = make_call(w, "process_fork").out;
    EXPECT_TRUE(is_giant(w, child));
    disable(w);
    EXPECT_FALSE(is_giant(w));
    EXPECT_FALSE(is_giant(w, child));
  });
}

// It is read under the locks, so that no zap comes in between; faults of other orders meet it.
TEST(vfio_pci_giant, races_with_zaps_forks_and_faults) {
  const config c = giant_config();
  const auto forks = [](world* w) { make_call(w, "process_fork"); };
  const auto toggles = [](world* w) {
    disable(w);
    enable(w);
  };
  const auto part = [](world* w) { make_call(w, "bar_munmap_part", {base, 0, 0x3000, 0x1000}); };
  for (const body& other : {body(forks), body(touch_first), body(part)})
    EXPECT_THAT(titles(program_of(c, mapped, {touch, other, toggles}), "portfolio", 4'000, 1, 1),
                IsEmpty());
}

TEST(vfio_pci_giant, steps_of_a_fault) {
  const char* const memory_lock = "vdev#1.memory_lock";
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = one_area,
                .cpu1 = touch,
                .steps = {{"R+ mmap", "down_read process#1.mmap_lock"},
                          {"R+ memory", "down_read vdev#1.memory_lock", "process#1.mmap_lock"},
                          {"enabled?", "read vdev#1.command", memory_lock},
                          {"pud lock", "spin_lock process#1.page_table_lock", memory_lock},
                          {"set", "write_once process#1.pud", "process#1.page_table_lock"},
                          {"R- memory", "up_read vdev#1.memory_lock", memory_lock},
                          {"R- mmap", "up_read process#1.mmap_lock", "process#1.mmap_lock"}},
                .c = giant_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
