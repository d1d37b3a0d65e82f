// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Entries of PASIDs whose process ends, or that are detached: what tears them down, in which order,
// and what is undone when one cannot be set up.
#include "model/iommufd/errors_test.h"
#include "model/iopf/iopf_steps_test.h"
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;
using testing::IsEmpty;

config notified() { return iopf_config({{"mmu_notifier", "1"}}); }

// As in svm.cc.
enum entry : u64 { EMPTY, PRESENT, FAULT_DISABLED };
u64 entry_of(const pri_device* dev, unsigned pasid) { return dev->entries[pasid].peek(); }

constexpr std::uint64_t sibling = 4;
void two_in_group(world* w) {
  one_pdev(w);
  make_call(w, "pri_sibling_add", {first_pdev, 1});
  make_call(w, "iopf_enable", {first_pdev});
}
const body binds = [](world* w) { make_call(w, "sva_bind", {first_pdev, first_process}); };
const body exits = calls("sva_process_exit", first_process);
const body releases = calls("pri_device_release", sibling);

// The tutorial: an entry goes with its process, and is empty once the driver has unbound.
TEST(svm, entries) {
  const auto alone = [](world* w) {
    EXPECT_EQ(entry_of(the_pdev(), 1), EMPTY);
    const u64 bond = make_call(w, "sva_bind", {first_pdev, first_process}).out;
    const auto* const other = iopf_part_of<pri_device>(sibling);
    EXPECT_EQ(entry_of(the_pdev(), 1), PRESENT);
    EXPECT_EQ(entry_of(other, 1), PRESENT);
    exits(w);
    EXPECT_EQ(entry_of(the_pdev(), 1), FAULT_DISABLED);
    EXPECT_EQ(entry_of(other, 1), FAULT_DISABLED);
    EXPECT_EQ(make_call(w, "sva_unbind", {bond}).rc, 0);
    EXPECT_EQ(entry_of(the_pdev(), 1), EMPTY);
    EXPECT_EQ(entry_of(other, 1), EMPTY);
  };
  EXPECT_EQ(title_alone(notified(), two_in_group, alone), "");
}

TEST(svm, errors) {
  const auto without_memory = [](unsigned which) {
    return [=](call& c) { c.fail("kmalloc", which); };
  };
  const auto in_use = [](call& c) {
    c.before.push_back([](world*) { the_pdev()->entries[1].poke(PRESENT); });
    c.after.push_back([](world*) { the_pdev()->entries[1].poke(EMPTY); });
  };
  expect_errors({.flow = "sva_bind",
                 .setup = one_enabled,
                 .base = [](call& c) { c["pdev"] = first_pdev, c["process"] = first_process; },
                 .rows = {{"no memory for a PASID", ENOMEM, without_memory(1)},
                          {"for the bond", ENOMEM, without_memory(2)},
                          {"for the domain", ENOMEM, without_memory(3)},
                          {"for its notifier", ENOMEM, without_memory(4)},
                          {"for the device", ENOMEM, without_memory(5)},
                          {"its entry is in use", EBUSY, in_use}},
                 .elsewhere = {ENOENT, ESRCH, ENODEV, EOVERFLOW, ENOSPC, EINVAL},
                 .c = notified()});
}

// The devices before the one that fails are as they were, and all can be bound the next time.
TEST(svm, unwind) {
  call failing("sva_bind");
  failing.fail("kmalloc", 6);
  engine e;
  const body twice = [](world* w) {
    EXPECT_EQ(make_call(w, "sva_bind", {first_pdev, first_process}).rc, -ENOMEM);
    EXPECT_EQ(entry_of(the_pdev(), 1), EMPTY);
    EXPECT_EQ(xa_load(&the_pdev()->group.peek()->pasid_array, 1), nullptr);
    EXPECT_EQ(make_call(w, "sva_bind", {first_pdev, first_process}).rc, 0);
  };
  run_failing(e, failing, notified(), two_in_group, twice);
}

TEST(svm, steps_of_an_exit) {
  constexpr const char* domain = "fdom#1.lock";
  constexpr const char* table = "iommu#1.lock";
  expect_pairs({.pairs = 11,
                .unlocked = 3,
                .setup = one_bond,
                .cpu1 = exits,
                .steps = {{"users", "refcount_dec_and_test user_mm#1.mm_users"},
                          {"L+ domain", "spin_lock fdom#1.lock"},
                          {"device", "list_next fdom#1.dev_pasids", domain},
                          {"its data", "read pdev#1.dev_iommu", domain},
                          {"L+ table", "spin_lock iommu#1.lock", domain},
                          {"entry", "read_once pdev#1.entries", table},
                          {"clear", "write_once pdev#1.entries", table},
                          {"HW", "device_submit hw#1", domain},
                          {"WAIT", "device_poll iommu#1.status", domain},
                          {"no faults", "write_once pdev#1.entries", domain},
                          {"L+ notifiers", "spin_lock notifiers#1.lock"},
                          {"count", "refcount_dec_and_test user_mm#1.mm_count"}},
                .c = notified()});
}

// Not present, invalidated, then drained; the domain outlives all that may be in its notifier.
TEST(svm, steps_of_an_unbind) {
  expect_pairs({.pairs = 14,
                .unlocked = 0,
                .setup = one_bond,
                .cpu1 = unbinds,
                .steps = {{"L+ group", "mutex_lock pgroup#1.mutex"},
                          {"L+ domain", "spin_lock fdom#1.lock", pdev_group},
                          {"unlink", "list_del dev_pasid#1.link_domain", "fdom#1.lock"},
                          {"L- domain", "spin_unlock fdom#1.lock", "fdom#1.lock"},
                          {"free", "kfree dev_pasid#1", pdev_group},
                          {"entry", "read_once pdev#1.entries", pdev_group},
                          {"clear", "write_once pdev#1.entries", "iommu#1.lock"},
                          {"HW", "device_submit hw#1", pdev_group},
                          {"WAIT", "device_poll iommu#1.status", pdev_group},
                          {"drain", "reinit_completion prq#1.prq_complete", pdev_group},
                          {"drained", "read_once prq#1.overflowed", pdev_group},
                          {"erase", "xa_erase pgroup#1.pasid_array", pdev_group},
                          {"L- group", "mutex_unlock pgroup#1.mutex", pdev_group},
                          {"L+ notifiers", "spin_lock notifiers#1.lock", sva_lock},
                          {"L- sva", "mutex_unlock iommu_sva#1.lock", sva_lock}},
                .c = notified()});
}

// A process that ends while its driver unbinds, or a worker works for it.
TEST(svm, an_exit_beside_anything) {
  EXPECT_THAT(found_in(notified(), {}, one_bond, {exits, unbinds, asks()}, 0), IsEmpty());
  EXPECT_THAT(found_in(notified(), {}, two_bonds, {exits, closes, asks_group}, 0), IsEmpty());
}

TEST(svm, group_remove_device_pasids) {
  const settings left = {{"group_remove_device.pasids", "left"}};
  const body bound = both(two_in_group, binds);
  expect_variant_in(notified(), left, bound, {exits, releases},
                    "data-race: intel_mm_release v pri_device_release", 0);
  EXPECT_THAT(found_in(notified(), left, two_in_group, {exits, releases}, 0), IsEmpty())
      << "nothing is bound";
  EXPECT_THAT(found_in(iopf_config(), left, bound, {exits, releases}, 0), IsEmpty())
      << "nobody is told of the exit";
}

}  // namespace
}  // namespace iorace::kern::this_file
