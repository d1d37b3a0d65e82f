// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the flows of fault objects, in the order in which they are looked for.
// Kernel: drivers/iommu/iommufd/{fault,device,hw_pagetable,selftest}.c @ 6.12.117.
#include "model/iommufd/errors_test.h"
#include "model/iopf/fault_machine_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

void before(call& c, const char* flow, std::initializer_list<std::uint64_t> args) {
  const std::vector<std::uint64_t> all(args);
  c.before.push_back([=](world* w) { EXPECT_EQ(make_call(w, flow, all).rc, 0) << flow; });
}

void a_group_waits(call& c) {
  c["fault"] = the_fault;
  before(c, "fault_attach", {mock_requester, fault_page_table});
  before(c, "trigger_iopf", {mock_requester});
}
void a_group_is_read(call& c) {
  a_group_waits(c);
  before(c, "fault_read", {the_fault});
}

void expect_fault_errors(error_table table) {
  table.setup = fault_machine;
  table.c = fault_config();
  expect_errors(table);
}

TEST(fault_errors, objects) {
  expect_fault_errors({.flow = "fault_alloc",
                       .setup = {},
                       .base = [](call&) {},
                       .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                                {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc", 1); }},
                                {"no file", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                                {"no descriptor", EMFILE, [](call& c) { c.fail("xa_alloc", 2); }},
                                {"no answer", EFAULT, [](call& c) { c.fail("fault_alloc"); }}},
                       .elsewhere = {EBUSY}});  // 2^31 objects
  expect_fault_errors({.flow = "fault_destroy",
                       .setup = {},
                       .base =
                           [](call& c) {
                             c["fault"] = next_fault;
                             before(c, "fault_alloc", {});
                             before(c, "fault_close", {next_fault});
                           },
                       .rows = {{"no object", ENOENT, [](call& c) { c["fault"] = no_object; }},
                                {"has a page table", EBUSY,
                                 [](call& c) { before(c, "fault_hwpt_alloc", {next_fault}); }}}});
  expect_fault_errors({.flow = "fault_destroy",
                       .setup = {},
                       .base =
                           [](call& c) {
                             c["fault"] = next_fault;
                             before(c, "fault_alloc", {});
                             before(c, "fault_close", {next_fault});
                           },
                       .rows = {{"is open", EBUSY, [](call& c) { c.before.pop_back(); }}},
                       .elsewhere = {ENOENT}});
}

TEST(fault_errors, page_tables) {
  expect_fault_errors(
      {.flow = "fault_hwpt_alloc",
       .setup = {},
       .base = [](call& c) { c["fault"] = the_fault; },
       .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                {"no domain", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"no fault object", ENOENT, [](call& c) { c["fault"] = no_object; }},
                {"no answer", EFAULT, [](call& c) { c.fail("fault_hwpt_alloc"); }}},
       .elsewhere = {EBUSY}});
  expect_fault_errors(
      {.flow = "fault_hwpt_alloc",
       .setup = {},
       .base = [](call& c) { c["fault"] = the_fault; },
       .rows = {{"a page table", ENOENT, [](call& c) { c["fault"] = fault_page_table; }}},
       .elsewhere = {EBUSY, ENOMEM, EFAULT}});
  expect_fault_errors({.flow = "blank_hwpt_alloc",
                       .setup = {},
                       .base = [](call&) {},
                       .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                                {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                                {"no domain", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                                {"no answer", EFAULT, [](call& c) { c.fail("fault_hwpt_alloc"); }}},
                       .elsewhere = {EBUSY}});
  expect_fault_errors({.flow = "fault_hwpt_destroy",
                       .setup = {},
                       .base = [](call& c) { c["hwpt"] = fault_page_table; },
                       .rows = {{"no object", ENOENT, [](call& c) { c["hwpt"] = no_object; }},
                                {"has a device", EBUSY, [](call& c) {
                                   before(c, "fault_attach", {mock_requester, fault_page_table});
                                 }}}});
}

TEST(fault_errors, files) {
  expect_fault_errors({.flow = "fault_read",
                       .setup = {},
                       .base = a_group_waits,
                       .rows = {{"no file", EBADF, [](call& c) { c["fault"] = 0; }},
                                {"half a message", ESPIPE, [](call& c) { c["count"] = 20; }, 1},
                                {"no room for a group", EINVAL, [](call& c) { c["count"] = 0; }},
                                {"no cookie", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                                {"no copy", EFAULT, [](call& c) { c.fail("fault_read"); }}}});
  expect_fault_errors({.flow = "fault_write",
                       .setup = {},
                       .base = a_group_is_read,
                       .rows = {{"no file", EBADF, [](call& c) { c["fault"] = 0; }},
                                {"half an answer", ESPIPE, [](call& c) { c["count"] = 4; }},
                                {"no copy", EFAULT, [](call& c) { c.fail("fault_write"); }},
                                {"a code for hardware only", EINVAL,
                                 [](call& c) { c["code"] = iopf::RESPONSE_FAILURE; }},
                                {"no group", EINVAL, [](call& c) { c["cookie"] = 7; }}}});
  expect_fault_errors(
      {.flow = "fault_serve",
       .setup = {},
       .base = a_group_waits,
       .rows = {{"no file", EBADF, [](call& c) { c["fault"] = 0; }},
                {"no cookie", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                {"no copy", EFAULT, [](call& c) { c.fail("fault_read"); }},
                {"no copy of the answer", EFAULT, [](call& c) { c.fail("fault_write"); }},
                {"unknown code", EINVAL, [](call& c) { c["code"] = 7; }}}});
  for (const char* flow : {"fault_poll", "fault_close"})
    expect_fault_errors({.flow = flow,
                         .setup = {},
                         .base = [](call& c) { c["fault"] = the_fault; },
                         .rows = {{"no file", EBADF, [](call& c) { c["fault"] = 0; }}}});
}

// Runs `cpu` with two groups that wait, and the second copy of `flow` fails.
void expect_second_fails(const char* flow, const body& cpu) {
  const body two_wait = [](world* w) {
    fault_machine(w);
    make_call(w, "fault_attach", {mock_requester, fault_page_table});
    for (const std::uint64_t grpid : {0u, 1u})
      make_call(w, "trigger_iopf", {mock_requester, IOMMU_NO_PASID, grpid});
  };
  call failing(flow);
  failing.fail(flow, 2);
  engine e;
  run_failing(e, failing, fault_config(), two_wait, cpu);
}

// An error is told only if nothing has been done, and what has not been done can be done again.
TEST(fault_errors, what_was_copied_before_counts) {
  const auto done = [](world* w, const char* flow, std::initializer_list<std::uint64_t> args) {
    const call_result r = make_call(w, flow, args);
    EXPECT_EQ(r.rc, 0);
    return r.out;
  };
  expect_second_fails("fault_read", [&](world* w) {
    EXPECT_EQ(done(w, "fault_read", {the_fault}), iopf::fault_message_size);
    EXPECT_EQ(done(w, "fault_read", {the_fault}), iopf::fault_message_size);
    EXPECT_EQ(done(w, "fault_read", {the_fault}), 0u);
  });
  expect_second_fails("fault_write", [&](world* w) {
    EXPECT_EQ(done(w, "fault_read", {the_fault}), 2 * iopf::fault_message_size);
    const std::uint64_t both = 2 * iopf::fault_answer_size;
    EXPECT_EQ(done(w, "fault_write", {the_fault, 1, iopf::RESPONSE_SUCCESS, both}),
              iopf::fault_answer_size);
    EXPECT_EQ(done(w, "fault_write", {the_fault, 2}), iopf::fault_answer_size);
  });
}

TEST(fault_errors, devices) {
  const auto base = [](call& c) {
    c["pdev"] = requester;
    c["hwpt"] = fault_page_table;
  };
  const error_row none = {"no device", ENODEV, [](call& c) { c["pdev"] = no_requester; }};
  const error_row unknown = {"no page table", ENOENT, [](call& c) { c["hwpt"] = no_object; }, 1};
  const error_row no_table = {"no page table at all", EINVAL,
                              [](call& c) { c["hwpt"] = fault_id; }};
  const error_row no_memory = {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }};
  const error_row gone = {"without its IOMMU", ENODEV,
                          [](call& c) { before(c, "pri_device_release", {requester}); }};
  const error_row no_data = {"no fault data", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }};
  const error_row no_entry = {"no context entry", ENODEV,
                              [](call& c) { c.fail("context_flip_pri"); }};
  const error_row runs = {"has not stopped", EBUSY, [](call& c) { c.fail("pci_enable_pri"); }};
  expect_fault_errors(
      {.flow = "fault_attach",
       .setup = {},
       .base = base,
       .rows = {none,
                {"attached", EBUSY,
                 [](call& c) {
                   before(c, "fault_attach", {requester, blank_page_table});
                 }},
                unknown,
                no_table,
                no_memory,
                {"a virtual function", EINVAL, [](call& c) { c["pdev"] = virtual_requester; }},
                gone,
                no_data,
                no_entry,
                runs}});
  expect_fault_errors(
      {.flow = "fault_replace",
       .setup = {},
       .base =
           [base](call& c) {
             base(c);
             for (const auto dev : {requester, virtual_requester})
               before(c, "fault_attach", {dev, blank_page_table});
           },
       .rows = {none,
                unknown,
                no_table,
                {"detached", EINVAL, [](call& c) { before(c, "fault_detach", {requester}); }},
                no_memory,
                {"a virtual function", EINVAL, [](call& c) { c["pdev"] = virtual_requester; }},
                gone,
                no_data,
                no_entry,
                runs},
       .elsewhere = {EBUSY}});  // groups_test.cc
  expect_fault_errors({.flow = "fault_detach",
                       .setup = {},
                       .base =
                           [](call& c) {
                             c["pdev"] = requester;
                             before(c, "fault_attach", {requester, fault_page_table});
                           },
                       .rows = {none, {"detached", ENODEV, [](call& c) {
                                         before(c, "fault_detach", {requester});
                                       }}}});
}

TEST(fault_errors, reports) {
  expect_fault_errors(
      {.flow = "trigger_iopf",
       .setup = {},
       .base = [](call& c) { c["pdev"] = mock_requester; },
       .rows = {{"no device", ENOENT, [](call& c) { c["pdev"] = no_requester; }},
                {"no such index", EINVAL, [](call& c) { c["grpid"] = 8; }},
                {"a device with hardware", EINVAL, [](call& c) { c["pdev"] = requester; }}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
