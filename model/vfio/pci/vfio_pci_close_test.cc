// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device's file and its end: who keeps it open, what the last close does, and what may go on
// beside it.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/vfio/pci/contracts.h"
#include "model/vfio/pci/inside_test.h"
#include "model/vfio/pci/one_area_test.h"

namespace iorace::kern::this_file {
namespace {

using of_two_pages::one_area;
using of_two_pages::touch;
using testing::Contains;
using testing::IsEmpty;
using call = faulty_call;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

config closable(settings s = {}) { return with(with(pci_config(), {{"device_close", "1"}}), s); }

void close_file(world* w) { make_call(w, "vdev_close", {1}); }
void unmap(world* w) { make_call(w, "bar_munmap", {0x1000, 0}); }

std::vector<std::string> found(const std::vector<body>& cpus, settings s = {},
                               const body& setup = one_area, unsigned faults = 0) {
  return titles(program_of(closable(s), setup, cpus), "portfolio", 4'000, 1, faults);
}
std::string title_of(const body& cpu, settings s = {}) {
  return title_alone(closable(s), one_area, cpu);
}

// The tutorial: areas keep the file open, also those of a child and the halves of one that was
// split.
TEST(vfio_pci_close, every_area_counts) {
  EXPECT_EQ(title_of([](world* w) {
              touch(w);
              close_file(w);
              EXPECT_EQ(vdev(w)->open_count.peek(), 1u);
              EXPECT_EQ(make_call(w, "bar_touch", {0x1000, 0, 0x1000}).rc, 0);
              EXPECT_EQ(make_call(w, "bar_read", {1}).rc, -EBADF);
              const u64 child = make_call(w, "process_fork").out;
              make_call(w, "bar_munmap_part", {0x1000, 0, 0x1000, 0x1000});
              unmap(w);
              EXPECT_EQ(vdev(w)->open_count.peek(), 1u);
              make_call(w, "process_exit", {child});
              EXPECT_EQ(vdev(w)->open_count.peek(), 0u);
            }),
            "");
}

// An mmap that the driver refuses gives back its reference, and so does a fork without memory.
TEST(vfio_pci_close, what_fails_counts_no_more) {
  EXPECT_EQ(title_of([](world* w) {
              EXPECT_EQ(make_call(w, "bar_mmap", {1, 0, 0x5000, 0x1000, 0, 0}).rc, -EINVAL);
              unmap(w);
              close_file(w);
              EXPECT_EQ(vdev(w)->open_count.peek(), 0u);
            }),
            "");
  EXPECT_THAT(found({[](world* w) {
                      touch(w);
                      make_call(w, "process_fork");
                      unmap(w);
                      close_file(w);
                    }},
                    {}, one_area, 1),
              IsEmpty());
}

// A call that is under way has a reference as well: whoever is last releases, and the device has
// been disabled once.
TEST(vfio_pci_close, calls_and_faults_go_on) {
  const auto reads = [](world* w) { make_call(w, "bar_read", {1}); };
  const auto leaves = [](world* w) {
    touch(w);
    unmap(w);
  };
  EXPECT_THAT(found({close_file, reads, leaves}), IsEmpty());
  const auto forks = [](world* w) {
    const u64 child = make_call(w, "process_fork").out;
    if (child != 0) make_call(w, "process_exit", {child});
  };
  EXPECT_THAT(found({close_file, forks, leaves}, {}, one_area, 1), IsEmpty());
}

// With the other device of the bus nothing but the set's lock has to be shared; who looks at the
// device from sysfs needs no file; it falls asleep when nobody is left.
TEST(vfio_pci_close, others_go_on) {
  const auto two = [](world* w) {
    make_call(w, "vdev_open");
    make_call(w, "vdev_open");
    make_call(w, "low_power_entry", {1});
  };
  const auto resets = [](world* w) { make_call(w, "vdev_hot_reset", {2, 1}); };
  const auto looks = [](world* w) { make_call(w, "sysfs_read_config", {1}); };
  EXPECT_THAT(found({close_file, resets, looks}, {{"runtime_pm", "1"}}, two), IsEmpty());
}

// The eventfd is the user's and may be signalled whenever he likes.
TEST(vfio_pci_close, an_eventfd_may_be_signalled_to_the_end) {
  const auto asleep = [](world* w) {
    make_call(w, "vdev_open");
    make_call(w, "ioeventfd", {1});
    make_call(w, "config_write_pm", {1, PCI_D3hot});
  };
  const auto signals = [](world* w) { make_call(w, "signal_eventfd", {1}); };
  EXPECT_THAT(found({close_file, signals}, {}, asleep), IsEmpty());
  EXPECT_THAT(found({close_file, signals}, {{"vfio_pci_core_disable.power", "unlocked"}}, asleep),
              Contains(testing::StartsWith("data-race: __vfio_pci_memory_enabled v ")));
}

// The planted bug of the moment: a child whose area is no user of the file. Near miss: it has gone
// by the last close.
TEST(vfio_pci_close, a_child_that_does_not_count) {
  const auto closes = [](world* w) {
    touch(w);
    make_call(w, "process_fork");
    unmap(w);
    close_file(w);
  };
  const settings uncounted = {{"dup_mmap.file", "uncounted"}};
  EXPECT_EQ(title_of(closes, uncounted),
            "bar-mapped-while-disabled in __pci_reset_function_locked");
  EXPECT_EQ(title_of(
                [&](world* w) {
                  vdev(w)->reset_works.poke(false);
                  closes(w);
                },
                uncounted),
            "bar-mapped-while-disabled in vfio_pci_core_disable");
  EXPECT_EQ(title_of(closes), "");
  EXPECT_EQ(title_of(
                [](world* w) {
                  make_call(w, "process_fork");
                  unmap(w);
                  make_call(w, "vdev_open");
                },
                uncounted),
            "refcount-misuse in fput");
}

TEST(vfio_pci_close, steps_of_the_last_close) {
  const char* const set_lock = "dev_set#1.lock";
  expect_pairs({.pairs = 11,
                .unlocked = 2,
                .setup =
                    [](world* w) {
                      make_call(w, "vdev_open");
                      make_call(w, "ioeventfd", {1});
                    },
                .cpu1 = close_file,
                .steps = {{"take out", "xa_lock dev_set#1.files"},
                          {"fput", "refcount_dec_and_test file#1.f_count"},
                          {"L+ set", "mutex_lock dev_set#1.lock"},
                          {"W+ memory", "down_write_arrive vdev#1.memory_lock", set_lock},
                          {"W- memory", "up_write vdev#1.memory_lock", set_lock},
                          {"unhook", "spin_lock vdev#1.wqh_lock", set_lock},
                          {"flush", "flush_work work#1", set_lock},
                          {"try device", "mutex_trylock vdev#1.device_lock", set_lock},
                          {"L- device", "mutex_unlock vdev#1.device_lock", set_lock},
                          {"restore", "write_once vdev#1.phys_command", set_lock},
                          {"who is open?", "read vdev#1.open_count", set_lock},
                          {"L- set", "mutex_unlock dev_set#1.lock", set_lock}},
                .c = closable({{"vfio_pci_core_disable.power", "unlocked"}})});
}

TEST(vfio_pci_close, errors) {
  const auto no_device = [](call& c) { c["vdev"] = 9; };
  expect_errors({.flow = "vdev_close",
                 .setup = one_area,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_device},
                          {"closed", EBADF, [](call& c) { c.before.push_back(close_file); }}},
                 .elsewhere = {ENOSYS},
                 .c = closable()});
  const auto files_stay = [](call& c) {
    c.before.push_back([](world* w) { w->limit[limit::device_close] = 0; });
    c.after.push_back([](world* w) { w->limit[limit::device_close] = 1; });
  };
  expect_errors({.flow = "vdev_close",
                 .setup = one_area,
                 .base = [](call&) {},
                 .rows = {{"files stay open", ENOSYS, files_stay}, {"no device", EBADF, no_device}},
                 .c = closable()});
  expect_errors({.flow = "vdev_open",
                 .setup = [](world*) {},
                 .base = [](call&) {},
                 .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"no file", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}},
                 .elsewhere = {EMFILE, EIO},
                 .c = closable()});
}

}  // namespace
}  // namespace iorace::kern::this_file
