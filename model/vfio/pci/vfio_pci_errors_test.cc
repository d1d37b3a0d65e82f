// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the chapter's flows. Kernel: drivers/vfio/pci, mm/mmap.c @ 6.12.117.
#include "model/iommufd/errors_test.h"
#include "model/vfio/pci/inside_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

constexpr std::uint64_t all = ~std::uint64_t{0};

void one_device(world* w) { make_call(w, "vdev_open"); }
void one_area(world* w) {
  one_device(w);
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x2000});
}
void no_device(call& c) { c["vdev"] = 9; }
void no_process(call& c) { c["process"] = 9; }
void disabled(call& c) {
  c.before.push_back([](world* w) { make_call(w, "config_write_command", {1, 0}); });
}
// Somebody else holds it.
void set_holder(struct mutex& lock, std::uint8_t by) { lock.holder = by; }
void set_holder(rw_semaphore& sem, std::uint8_t by) { sem.writer = by; }
template <class Lock>
void held(call& c, Lock vfio_pci_core_device::*lock, std::uint8_t by) {
  c.before.push_back([=](world* w) { set_holder(w->vfio_pci->vdev[0]->*lock, by); });
  c.after.push_back([=](world* w) { set_holder(w->vfio_pci->vdev[0]->*lock, 0); });
}

TEST(vfio_pci_errors, open) {
  const auto full = [](call& c) {
    c.before.push_back([](world* w) {
      for (unsigned i = 0; i < vdevs_max; ++i) make_call(w, "vdev_open");
    });
  };
  expect_errors({.flow = "vdev_open",
                 .setup = [](world*) {},
                 .base = [](call&) {},
                 .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"too many", EMFILE, full}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, mmap) {
  expect_errors({.flow = "bar_mmap",
                 .setup = one_area,
                 .base = [](call& c) { c["addr"] = 0x4000; },
                 .rows = {{"no device", EBADF, no_device},
                          {"no process", ESRCH, no_process},
                          // No length has no end.
                          {"no length", EINVAL, [](call& c) { c["length"] = 0; }, 99},
                          {"length of everything", ENOMEM, [](call& c) { c["length"] = all; }, 99},
                          {"too long", ENOMEM, [](call& c) { c["length"] = TASK_SIZE + 1; }},
                          {"outside", ENOMEM, [](call& c) { c["addr"] = TASK_SIZE; }, 2},
                          {"not aligned", EINVAL, [](call& c) { c["addr"] += 1; }, 1},
                          {"taken", EEXIST, [](call& c) { c["addr"] = 0x2000; }},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"no such region", EINVAL, [](call& c) { c["offset"] |= 9ul << 40; }},
                          {"private", EINVAL, [](call& c) { c["flags"] = 0; }},
                          {"the ROM", EINVAL, [](call& c) { c["offset"] |= 6ul << 40; }, 1},
                          {"another BAR", EINVAL, [](call& c) { c["offset"] |= 1ul << 40; }},
                          {"beyond the BAR", EINVAL, [](call& c) { c["offset"] |= 0x4000; }}},
                 .elsewhere = {EOVERFLOW},  // an offset in bytes is too small to wrap in pages
                 .c = pci_config()});
}

TEST(vfio_pci_errors, munmap) {
  expect_errors({.flow = "bar_munmap",
                 .setup = one_area,
                 .base = [](call& c) { c["vma"] = 0x1000; },
                 .rows = {{"no process", ESRCH, no_process}},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, touch) {
  const auto base = [](call& c) { c["vma"] = 0x1000; };
  expect_errors({.flow = "bar_touch",
                 .setup = one_area,
                 .base = base,
                 .rows = {{"no process", ESRCH, no_process},
                          {"nothing there", EFAULT, [](call& c) { c["vma"] = 0x8000; }},
                          {"memory is disabled", EFAULT, disabled},
                          {"no page-table page", ENOMEM, [](call& c) { c.fail("kmalloc"); }}},
                 .c = pci_config()});
  // The list comes last, and a remap that fails is no want of memory to the user.
  expect_errors({.flow = "bar_touch",
                 .setup = one_area,
                 .base = base,
                 .rows = {{"memory is disabled", EFAULT, disabled},
                          {"no page-table page", EFAULT, [](call& c) { c.fail("kmalloc", 1); }, 1},
                          {"no entry", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }}},
                 .elsewhere = {ESRCH},
                 .c = with(pci_config(), {{"vfio_pci.fault", "zap_on_failure"}})});
}

TEST(vfio_pci_errors, fork_and_exit) {
  const auto many = [](call& c) {
    c.before.push_back([](world* w) { w->vfio_pci->processes = processes_max; });
    c.after.push_back([](world* w) { w->vfio_pci->processes = 1; });
  };
  expect_errors({.flow = "process_fork",
                 .setup = one_area,
                 .base = [](call&) {},
                 .rows = {{"no process", ESRCH, no_process, 1},
                          {"too many", EAGAIN, many},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                          {"no memory for an area", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}},
                 .c = pci_config()});
  expect_errors({.flow = "process_exit",
                 .setup = [](world* w) { make_call(w, "process_fork"); },
                 .base = [](call& c) { c["process"] = 2; },
                 .rows = {{"no process", ESRCH, no_process, 1},
                          {"the first", EPERM, [](call& c) { c["process"] = 1; }}},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, config) {
  for (const char* flow : {"signal_eventfd", "sysfs_read_config"})
    expect_errors({.flow = flow,
                   .setup = one_device,
                   .base = [](call&) {},
                   .rows = {{"no device", EBADF, no_device}},
                   .c = pci_config()});
}

TEST(vfio_pci_errors, resets) {
  const auto no_reset = [](call& c) {
    c.before.push_back([](world* w) { w->vfio_pci->vdev[0]->reset_works.poke(false); });
  };
  expect_errors({.flow = "vdev_reset",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"no reset", EINVAL, no_reset},
                          {"being reset", EAGAIN,
                           [](call& c) { held(c, &vfio_pci_core_device::device_lock, 100); }}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
  expect_errors({.flow = "vdev_hot_reset",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"not owned", EINVAL, [](call& c) { c["groups"] = 0; }},
                          {"in use", EBUSY,
                           [](call& c) { held(c, &vfio_pci_core_device::memory_lock, 100); }}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, low_power) {
  const auto engaged = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "low_power_entry", {1}); });
  };
  expect_errors({.flow = "low_power_entry",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device}, {"already", EINVAL, engaged}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, irqs) {
  expect_errors({.flow = "set_irqs",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"no vectors", ENOSPC, [](call& c) { c.fail("pci_alloc_irq_vectors"); }}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, rw) {
  const auto beyond = [](call& c) { c["offset"] = 0x4000; };
  expect_errors({.flow = "bar_read",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"beyond the BAR", EINVAL, beyond},
                          {"memory is disabled", EIO, disabled},
                          {"no answer", EFAULT, [](call& c) { c.fail("bar_read"); }}},
                 .c = pci_config()});
  expect_errors({.flow = "bar_write",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"beyond the BAR", EINVAL, beyond},
                          {"nothing to write", EFAULT, [](call& c) { c.fail("bar_write"); }},
                          {"memory is disabled", EIO, disabled}},
                 .c = pci_config()});
}

TEST(vfio_pci_errors, ioeventfd) {
  const auto beyond = [](call& c) { c["offset"] = 0x4000; };
  const auto across = [](call& c) { c["offset"] = 0x3ffd; };
  const auto bound = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "ioeventfd", {1}); });
  };
  const auto bound_elsewhere = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "ioeventfd", {1, 0x1000}); });
  };
  expect_errors({.flow = "ioeventfd",
                 .setup = one_device,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"beyond the BAR", EINVAL, beyond, 1},
                          {"across its end", EINVAL, across},
                          {"bound already", EEXIST, bound, 1},
                          {"not bound", ENODEV, [](call& c) { c["value"] = 0; }},
                          {"no more than one", ENOSPC, bound_elsewhere},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}},
                 .elsewhere = {EIO},
                 .c = pci_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
