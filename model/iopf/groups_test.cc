// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Groups of several devices: the errors of calls that know them, and what each knob about them
// shows, does not show when it is repaired, and where the faulty value is harmless.
#include "model/iommufd/errors_test.h"
#include "model/iopf/fault_machine_test.h"
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;
using testing::IsEmpty;

std::function<void(call&)> after(const char* flow, std::initializer_list<std::uint64_t> args) {
  return [done = call_of(flow, args)](call& c) { c.before.push_back(done); };
}

// Another device in the group of the one that there is: its number where nothing else is made, and
// in a machine with fault objects.
constexpr std::uint64_t sibling = 4, fault_sibling = 5;
void two_in_group(world* w) {
  one_pdev(w);
  make_call(w, "pri_sibling_add", {first_pdev, 1});
}
void fault_group(world* w) {
  fault_machine(w);
  make_call(w, "pri_sibling_add", {requester, 3});
}
const body attached = both(fault_group, call_of("fault_attach", {requester, fault_page_table}));

body of_sibling(std::uint64_t device, std::uint64_t pasid) {
  return call_of("page_request", {device, pasid, 0, iopf::PAGE_WRITABLE, asks_last});
}

TEST(groups, errors) {
  expect_errors({.flow = "pri_sibling_add",
                 .setup = one_pdev,
                 .base =
                     [](call& c) {
                       c["pdev"] = first_pdev;
                       c["rid"] = 1;
                     },
                 .rows = {{"no device", ENOENT, [](call& c) { c["pdev"] = no_iopf_part; }},
                          {"unknown requester id", EINVAL, [](call& c) { c["rid"] = rids_max; }},
                          {"of the selftest", EINVAL, [](call& c) { c["flags"] = iopf::PRI_MOCK; }},
                          {"that uses what others have bound", EINVAL,
                           [](call& c) { c["flags"] = iopf::PRI_ANY_PASID; }},
                          {"taken", EEXIST, [](call& c) { c["rid"] = 0; }},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }}},
                 .c = iopf_config()});
  const auto joins = [](call& c) {
    c["pdev"] = fault_sibling;
    c["hwpt"] = fault_page_table;
  };
  expect_errors({.flow = "fault_attach",
                 .setup = fault_group,
                 .base = joins,
                 .rows = {{"its group is attached elsewhere", EINVAL,
                           after("fault_attach", {requester, blank_page_table})}},
                 .elsewhere = {EBUSY, ENODEV, ENOENT, ENOMEM},
                 .c = fault_config()});
  expect_errors({.flow = "fault_attach",
                 .setup = fault_group,
                 .base = joins,
                 .rows = {{"its group is not alone", EBUSY,
                           after("fault_attach", {requester, fault_page_table})}},
                 .elsewhere = {EINVAL, ENODEV, ENOENT, ENOMEM},
                 .c = fault_config()});
}

// The user may move a group of several devices, but not to where page requests go to him.
TEST(groups, are_moved_together) {
  const auto moved_to = [](std::uint64_t page_table) {
    long rc = 0;
    title_alone(fault_config(), fault_group, [&](world* w) {
      for (const std::uint64_t device : {std::uint64_t{requester}, fault_sibling})
        EXPECT_EQ(make_call(w, "fault_attach", {device, blank_page_table}).rc, 0);
      rc = make_call(w, "fault_replace", {fault_sibling, page_table}).rc;
      EXPECT_EQ(make_call(w, "fault_detach", {requester}).rc, 0);
      EXPECT_EQ(make_call(w, "fault_detach", {fault_sibling}).rc, 0);
    });
    return rc;
  };
  EXPECT_EQ(moved_to(blank_page_table), 0);
  EXPECT_EQ(moved_to(fault_page_table), -EBUSY);
}

TEST(groups, fault_attach_group) {
  const body joins = call_of("fault_attach", {fault_sibling, fault_page_table});
  const body leaves = call_of("fault_detach", {requester});
  const body asks_and_serves =
      both(of_sibling(fault_sibling, IOMMU_NO_PASID), call_of("fault_serve", {the_fault}));
  expect_variant_in(fault_config(), {{"fault_attach.group", "first_device"}}, attached,
                    {joins, leaves}, "kernel-warn in iommufd_fault_iopf_disable", 0);
  expect_variant_in(fault_config(), {{"fault_attach.group", "each_device"}}, attached,
                    {joins, asks_and_serves}, "device-misnamed in iommufd_fault_fops_read", 0);
  for (const char* value : {"first_device", "each_device"})
    EXPECT_THAT(found_in(fault_config(), {{"fault_attach.group", value}}, attached,
                         {leaves, asks_and_serves}, 0),
                IsEmpty())
        << value << ": one device alone";
}

const body both_bound = [](world* w) {
  two_in_group(w);
  for (const std::uint64_t device : {std::uint64_t{first_pdev}, sibling}) {
    make_call(w, "iopf_enable", {device});
    make_call(w, "sva_bind", {device, first_process});
  }
};

TEST(groups, sva_unbind_drains) {
  const settings last = {{"sva_unbind.drains", "last_of_group"}};
  const body unbinds_first = calls("sva_unbind", sibling + 1);
  expect_variant(last, both_bound, {unbinds_first, asks()},
                 "request-unanswered in sva_driver_unbound");
  EXPECT_THAT(found(last, both_bound, {unbinds_first, of_sibling(sibling, 1)}), IsEmpty())
      << "it is the other one that asks";
}

TEST(groups, pri_enabled_lock) {
  const settings unlocked = {{"pri_enabled.lock", "none"}};
  const body setup = both(one_bond, call_of("pri_sibling_add", {first_pdev, 1}));
  const body enables = calls("iopf_enable", first_bond + 1);
  expect_variant(unlocked, setup, {unbinds, enables},
                 "data-race: pri_is_enabled v pri_set_enabled");
  EXPECT_THAT(found(unlocked, setup, {asks(), enables}), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
