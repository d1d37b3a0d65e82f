// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the values of the chapter's knobs do beyond what their scenarios show: effects that need two
// knobs, that have a cause of their own, or that a sound value shares with nobody.
#include <gmock/gmock.h>

#include "model/mm/pagetable.h"
#include "model/vfio/pci/inside_test.h"
#include "model/vfio/pci/one_area_test.h"
#include "scheduler/engine/this_build_test.h"

namespace iorace::kern::this_file {
namespace {

using of_two_pages::one_area;
using of_two_pages::touch;
using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

void touch_second(world* w) { make_call(w, "bar_touch", {0x1000, 0, 0x1000}); }
void disable(world* w) { make_call(w, "config_write_command", {1, 0}); }
void touch_twice(world* w) {
  touch(w);
  touch(w);
}

std::vector<std::string> found(settings s, const std::vector<body>& cpus, unsigned faults = 0,
                               const body& setup = one_area) {
  const config c = with(pci_config(), s);
  return titles(program_of(c, setup, cpus), "portfolio", 6'000, 1, faults);
}

// The listed area is left half mapped, which is what the next fault would meet.
TEST(vfio_pci_knobs, remap_that_fails_and_stays_listed) {
  EXPECT_THAT(found({{"vfio_pci.fault", "remap_unlocked"}, {"remap_pfn_range.error", "left"}},
                    {touch_twice}, 1),
              Contains("bar-half-mapped in do_user_addr_fault"));
  EXPECT_THAT(found({{"vfio_pci.fault", "remap_unlocked"}}, {touch_twice}, 1),
              testing::Each(StartsWith("bar-not-tracked")));
}

// Nor does it help to list an area last, if what is half mapped stays.
TEST(vfio_pci_knobs, remap_that_fails_and_is_not_listed) {
  const settings old_mm = {{"vfio_pci.fault", "skip_tracked"}, {"remap_pfn_range.error", "left"}};
  EXPECT_THAT(found(old_mm, {touch_twice}, 1), Contains("bar-half-mapped in do_user_addr_fault"));
  EXPECT_THAT(found(old_mm, {touch, touch_second}, 1), Contains("kernel-bug in remap_pte_range"));
  EXPECT_THAT(found({{"vfio_pci.fault", "skip_tracked"}}, {touch_twice}, 1),
              testing::Each(StartsWith("bar-not-tracked")));
}

// With a remap that takes back what it has mapped, only the listing can leave something behind.
TEST(vfio_pci_knobs, skip_tracked_without_failures_is_sound) {
  EXPECT_THAT(found({{"vfio_pci.fault", "skip_tracked"}}, {touch, touch_second, disable}),
              IsEmpty());
  EXPECT_THAT(found({{"vfio_pci.fault", "skip_tracked"}, {"remap_pfn_range.error", "left"}},
                    {touch, touch_second, disable}),
              IsEmpty());
}

// Every sound handler, whatever else its scenario leaves out.
TEST(vfio_pci_knobs, sound_handlers_are_sound_everywhere) {
  const auto forks = [](world* w) {
    const u64 child = make_call(w, "process_fork").out;
    if (child == 0) return;
    make_call(w, "bar_touch", {0x1000, child, 0});
    make_call(w, "process_exit", {child});
  };
  const auto ends = [](world* w) { make_call(w, "bar_munmap", {0x1000, 0}); };
  const auto resets = [](world* w) { make_call(w, "vdev_hot_reset", {1, 1}); };
  const auto sleeps = [](world* w) {
    make_call(w, "config_write_pm", {1, PCI_D3hot});
    make_call(w, "config_write_pm", {1, PCI_D0});
    make_call(w, "low_power_entry", {1});
    make_call(w, "low_power_exit", {1});
  };
  unsigned looked_at = 0;
  for (const char* fault : {"page", "insert_all", "zap_on_failure", "prefill"}) {
    const settings s = {{"vfio_pci.fault", fault}};
    for (const body& other : {body(forks), body(ends), body(resets)})
      for (const body& third : {body(disable), body(sleeps), body(resets)}) {
        if (looked_at++ % in_this_build(1u, 4u) != 0) continue;
        EXPECT_THAT(found(s, {touch_twice, other, third}, 1), IsEmpty()) << fault;
      }
  }
}

// A hot reset that has emptied the list of one device puts the last reference on the process whose
// area the next device lists: the areas are closed there and then, also those of the first device,
// whose vma_lock is held.
TEST(vfio_pci_knobs, a_listed_area_s_last_user_is_put_by_a_hot_reset) {
  const auto two_devices = [](world* w) {
    make_call(w, "vdev_open");
    make_call(w, "vdev_open");
    const u64 child = make_call(w, "process_fork").out;
    make_call(w, "bar_mmap", {1, child, 0x1000, 0x1000});
    make_call(w, "bar_mmap", {2, child, 0x4000, 0x1000});
    make_call(w, "bar_touch", {0x4000, child, 0});
  };
  const std::vector<body> cpus = {[](world* w) {
                                    make_call(w, "vdev_hot_reset", {1, 1});
                                  },
                                  [](world* w) { make_call(w, "process_exit", {2}); }};
  EXPECT_THAT(found({{"vfio_pci.fault", "zap_on_failure"}, {"vfio_pci_zap.mmput", "in_place"}},
                    cpus, 0, two_devices),
              Contains("recursive-lock in vfio_pci_mmap_close"));
  EXPECT_THAT(found({{"vfio_pci.fault", "zap_on_failure"}}, cpus, 0, two_devices), IsEmpty());
  EXPECT_THAT(found({{"vfio_pci_zap.mmput", "in_place"}}, cpus, 0, two_devices), IsEmpty());
}

// An access is repeated until somebody takes an area off the list that nobody has mapped. However
// long he takes it is no bug; it is one if he never comes.
TEST(vfio_pci_knobs, who_merely_takes_long_is_no_bug) {
  const auto listed = [](world* w) {
    one_area(w);
    auto* const entry = kzalloc<vfio_pci_mmap_vma>();
    entry->vma = vma_at(w, 0x1000);
    list_add(&entry->vma_next, &w->vfio_pci->vdev[0]->vma_list);
  };
  const config c = with(pci_config(), {{"vfio_pci.fault", "skip_listed"}, {"access_repeats", "1"}});
  const auto resets = [](world* w) { make_call(w, "vdev_reset", {1}); };
  const auto never = [](world*) {};
  const auto found_with = [&](const body& other) {
    return titles(program_of(c, listed, {touch, other}), "random", 200);
  };
  EXPECT_THAT(found_with(resets), IsEmpty());
  EXPECT_THAT(found_with(never), Contains(StartsWith("livelock")));
}

// Nobody waits for a user to enable memory again or to end low power.
TEST(vfio_pci_knobs, a_user_who_never_comes_back_is_no_bug) {
  const settings repeated = {{"access_repeats", "1"}, {"runtime_pm", "1"}};
  const auto enables = [](world* w) {
    make_call(w, "config_write_command", {1, PCI_COMMAND_MEMORY});
    make_call(w, "low_power_exit", {1});
  };
  const auto leaves = [](world* w) {
    disable(w);
    make_call(w, "low_power_entry", {1});
  };
  const auto reads = [](world* w) { make_call(w, "bar_read", {1}); };
  for (const body& later : {body(enables), body([](world*) {})})
    EXPECT_THAT(found(repeated, {touch_twice, leaves, reads, later}), IsEmpty());
}

// A hot reset that meets a lock gives back what it has, and says so.
TEST(vfio_pci_knobs, a_hot_reset_unwinds) {
  for (const char* fault : {"page", "zap_on_failure"}) {
    const config c = with(pci_config(), {{"vfio_pci.fault", fault}});
    const auto two_devices = [](world* w) {
      make_call(w, "vdev_open");
      make_call(w, "vdev_open");
    };
    const auto busy = [](world* w) {
      vfio_pci_core_device* const second = w->vfio_pci->vdev[1];
      down_read(&second->memory_lock);
      EXPECT_EQ(make_call(w, "vdev_hot_reset", {1, 1}).rc, -EBUSY);
      up_read(&second->memory_lock);
      EXPECT_EQ(make_call(w, "vdev_hot_reset", {1, 1}).rc, 0);
    };
    EXPECT_THAT(titles(program_of(c, two_devices, {busy}), "random", 1), IsEmpty()) << fault;
  }
}

// A huge order falls back: where it does not fit, and where nothing can map it.
TEST(vfio_pci_knobs, huge_faults_fall_back) {
  const config c = pci_config();
  const auto huge = [](world* w) {
    vm_area_struct* const vma = vma_at(w, 0x1000);
    down_read(&process_of(w)->mmap_lock);
    for (const unsigned long addr : {0x1000ul, 0x2000ul}) {
      vm_fault vmf = {vma, addr};
      EXPECT_EQ(vfio_pci_mmap_huge_fault(&vmf, 1), VM_FAULT_FALLBACK);
      EXPECT_EQ(vfio_pci_mmap_huge_fault(&vmf, 0), VM_FAULT_NOPAGE);
    }
    up_read(&process_of(w)->mmap_lock);
  };
  EXPECT_THAT(titles(program_of(c, one_area, {huge}), "random", 1), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
