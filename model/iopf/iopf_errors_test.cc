// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the chapter's flows, in the order in which they are looked for.
#include <memory>

#include "model/iommufd/errors_test.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;
using call = faulty_call;

void nothing(call&) {}
void before(call& c, const body& b) { c.before.push_back(b); }
// The world is made so by a call of one object.
std::function<void(call&)> after(const char* flow, std::uint64_t object) {
  return [=](call& c) { before(c, calls(flow, object)); };
}
std::function<void(call&)> without_memory(const char* site, unsigned which = 1) {
  return [=](call& c) { c.fail(site, which); };
}
// A variable has another value for as long as the call takes.
template <class Of>
std::function<void(call&)> changed(Of of, u64 to) {
  return [=](call& c) {
    const auto was = std::make_shared<u64>();
    before(c, [=](world*) {
      *was = of().peek();
      of().poke(to);
    });
    c.after.push_back([=](world*) { of().poke(*was); });
  };
}

void expect(const char* flow, const body& setup, const std::function<void(call&)>& base,
            std::vector<error_row> rows, const config& c = iopf_config()) {
  expect_errors({.flow = flow, .setup = setup, .base = base, .rows = std::move(rows), .c = c});
}

TEST(iopf_errors, machines) {
  expect("prq_add", one_pdev, nothing,
         {{"unknown kind", EINVAL, [](call& c) { c["kind"] = 9; }},
          {"no memory for its interrupt", ENOMEM, without_memory("kmalloc", 1)},
          {"for its queue", ENOMEM, without_memory("kmalloc", 2)},
          {"for the workers of that", ENOMEM, without_memory("kmalloc", 3)}});
  expect("pri_device_add", one_pdev, [](call& c) { c["rid"] = 1; },
         {{"no IOMMU", ENOENT, [](call& c) { c["prq"] = no_iopf_part; }},
          {"unknown requester id", EINVAL, [](call& c) { c["rid"] = rids_max; }},
          {"unknown flag", EINVAL, [](call& c) { c["flags"] = 256; }},
          {"two flags that exclude each other", EINVAL, [](call& c) { c["flags"] = 3; }},
          {"taken", EEXIST, [](call& c) { c["rid"] = 0; }},
          {"no memory", ENOMEM, without_memory("kmalloc")}});
}

TEST(iopf_errors, processes) {
  expect("sva_process_start", one_pdev, nothing,
         {{"no memory", ENOMEM, without_memory("kmalloc")}});
  expect("sva_process_exit", one_pdev, [](call& c) { c["process"] = first_process; },
         {{"no process", ENOENT, [](call& c) { c["process"] = no_iopf_part; }},
          {"has ended", ESRCH, after("sva_process_exit", first_process)}});
}

std::function<void(call&)> with_flag(u64 flag) {
  return [=](call& c) {
    before(c, [=](world*) { the_pdev()->flags.poke(the_pdev()->flags.peek() | flag); });
    c.after.push_back([=](world*) { the_pdev()->flags.poke(the_pdev()->flags.peek() & ~flag); });
  };
}
void in_queue(call& c) {
  before(c, [](world*) { iopf_queue_add_device(the_prq()->iopf_queue.peek(), the_pdev()); });
  c.after.push_back(
      [](world*) { iopf_queue_remove_device(the_prq()->iopf_queue.peek(), the_pdev()); });
}
const auto no_pdev = [](call& c) { c["pdev"] = no_iopf_part; };
const auto of_pdev = [](call& c) { c["pdev"] = first_pdev; };

TEST(iopf_errors, enable) {
  expect("iopf_enable", one_pdev, of_pdev,
         {{"no device", ENOENT, no_pdev},
          {"released", ENODEV, after("pri_device_release", first_pdev)},
          {"has no page request interface", ENODEV, with_flag(PRI_NO_PRI)},
          {"enabled already", EBUSY,
           changed(
               []() -> auto& { return the_pdev()->pri_enabled; }, 1)},
          {"wants no PASID in responses", EINVAL, with_flag(PRI_NO_PASID_IN_RESPONSE)},
          {"is in the queue already", EBUSY, in_queue},
          {"no memory", ENOMEM, without_memory("kmalloc")},
          {"no context entry", ENODEV, without_memory("context_flip_pri")},
          {"has not stopped", EBUSY, without_memory("pci_enable_pri")}});
}

// What could not be turned on can be turned on the next time.
TEST(iopf_errors, enable_after_a_failure) {
  for (const char* site : {"context_flip_pri", "pci_enable_pri"}) {
    call failing("iopf_enable");
    failing.fail(site, 1);
    engine e;
    const body twice = [](world* w) {
      EXPECT_NE(make_call(w, "iopf_enable", {first_pdev}).rc, 0);
      EXPECT_EQ(the_fault_param(), nullptr);
      EXPECT_EQ(the_pdev()->accepted.peek(), 0u);
      EXPECT_EQ(make_call(w, "page_request", {first_pdev}).rc, -EACCES);
      EXPECT_EQ(make_call(w, "iopf_enable", {first_pdev}).rc, 0);
    };
    SCOPED_TRACE(site);
    run_failing(e, failing, iopf_config(), one_pdev, twice);
  }
}

// Users are counted: who is not the first gets nothing that could fail.
TEST(iopf_errors, enable_again) {
  expect_errors({.flow = "iopf_enable",
                 .setup = one_enabled,
                 .base = of_pdev,
                 .rows = {{"no device", ENOENT, no_pdev}},
                 .elsewhere = {ENODEV, EBUSY, EINVAL, ENOMEM},
                 .c = iopf_config()});
}

TEST(iopf_errors, disable) {
  const auto bound = [](call& c) {
    before(c, [](world* w) { make_call(w, "sva_bind", {first_pdev, first_process}); });
  };
  expect("iopf_disable", one_enabled, of_pdev,
         {{"no device", ENOENT, no_pdev},
          {"bound", EBUSY, bound},
          {"not enabled", EINVAL, after("iopf_disable", first_pdev)}});
  expect_errors({.flow = "iopf_disable",
                 .setup = one_enabled,
                 .base = of_pdev,
                 .rows = {{"off already", EINVAL,
                           changed(
                               []() -> auto& { return the_pdev()->pri_enabled; }, 0)}},
                 .elsewhere = {ENOENT, EBUSY},
                 .c = iopf_config()});
}

TEST(iopf_errors, release) {
  const auto enabled = [](call& c) { before(c, calls("iopf_enable", first_pdev)); };
  expect("pri_device_release", one_pdev, of_pdev,
         {{"no device", ENOENT, no_pdev},
          {"released", ENODEV, after("pri_device_release", first_pdev)},
          {"enabled", EBUSY, enabled}});
}

// All PASIDs are taken, and given back.
void no_pasid(call& c) {
  before(c, [](world* w) {
    for (u64 pasid = 1; pasid < limit_value(limit::max_pasids); ++pasid)
      xa_store(&w->iopf->sva->pasids, pasid, the_prq());
  });
  c.after.push_back([](world* w) {
    for (u64 pasid = 1; pasid < limit_value(limit::max_pasids); ++pasid)
      xa_erase(&w->iopf->sva->pasids, pasid);
  });
}
// What is attached for the PASID that the process will get is another process's.
void of_another_process(call& c) {
  before(c, [](world*) {
    xa_store(&the_pdev()->group.peek()->pasid_array, 2,
             xa_load(&the_pdev()->group.peek()->pasid_array, 1));
  });
  c.after.push_back([](world*) { xa_erase(&the_pdev()->group.peek()->pasid_array, 2); });
}

TEST(iopf_errors, bind) {
  const body second = [](world* w) {
    one_bond(w);
    make_call(w, "sva_process_start");
  };
  const auto base = [](call& c) { c["pdev"] = first_pdev, c["process"] = second_process; };
  expect_errors({.flow = "sva_bind",
                 .setup = second,
                 .base = base,
                 .rows = {{"no device", ENOENT, no_pdev},
                          {"no process", ENOENT, [](call& c) { c["process"] = no_iopf_part; }, 1},
                          {"has ended", ESRCH, after("sva_process_exit", second_process)},
                          {"not enabled", ENODEV,
                           changed(
                               []() -> auto& { return the_pdev()->users; }, 0)},
                          {"no memory for a PASID", ENOMEM, without_memory("kmalloc", 1)},
                          {"no PASID", ENOSPC, no_pasid},
                          {"no memory for its place", ENOSPC, without_memory("xa_alloc")},
                          {"none that the device has", ENOSPC, with_flag(PRI_FEW_PASIDS)},
                          {"of another process", EBUSY, of_another_process},
                          {"no memory for the bond", ENOMEM, without_memory("kmalloc", 2)},
                          {"for the domain", ENOMEM, without_memory("kmalloc", 3)},
                          {"to attach it", ENOMEM, without_memory("xa_cmpxchg")}},
                 .elsewhere = {EOVERFLOW, EINVAL},
                 .c = iopf_config()});
}

// Of processes that another device has been bound to, so that they have PASIDs; behind a device in
// whose group another one is.
TEST(iopf_errors, bind_with_a_pasid) {
  constexpr std::uint64_t sibling = 4, other = 5, last_process = 7;
  const body known = [](world* w) {
    one_enabled(w);
    make_call(w, "pri_sibling_add", {first_pdev, 1});
    make_call(w, "pri_device_add", {first_prq, 2});
    make_call(w, "iopf_enable", {other});
    make_call(w, "sva_bind", {other, first_process});
    make_call(w, "sva_process_start");
    make_call(w, "sva_bind", {other, last_process});
  };
  const auto few_pasids_of = [](std::uint64_t device) {
    return [=](call& c) {
      before(c, [=](world*) { iopf_part_of<pri_device>(device)->flags.poke(PRI_FEW_PASIDS); });
    };
  };
  const auto attached = [](iommu_domain_type type) {
    return [=](call& c) {
      before(c, [=](world*) {
        auto* const handle = static_cast<iommu_attach_handle*>(
            xa_load(&iopf_part_of<pri_device>(other)->group.peek()->pasid_array, 2));
        handle->domain.peek()->type.poke(type);
        xa_store(&the_pdev()->group.peek()->pasid_array, 2, handle);
      });
      c.after.push_back([](world*) { xa_erase(&the_pdev()->group.peek()->pasid_array, 2); });
    };
  };
  expect_errors({.flow = "sva_bind",
                 .setup = known,
                 .base = [](call& c) { c["pdev"] = first_pdev, c["process"] = last_process; },
                 .rows = {{"more than the device has", EOVERFLOW, few_pasids_of(first_pdev)},
                          {"taken by what is no process", EBUSY, attached(DOMAIN_NESTED)},
                          {"no memory for the bond", ENOMEM, without_memory("kmalloc", 1)},
                          {"for another domain", ENOMEM,
                           [&](call& c) {
                             few_pasids_of(sibling)(c);
                             c.fail("kmalloc", 2);
                           }},
                          {"more than a sibling has", EINVAL, few_pasids_of(sibling)}},
                 .elsewhere = {ENOENT, ESRCH, ENODEV, ENOSPC},
                 .c = iopf_config()});
}

const auto of_bond = [](call& c) { c["bond"] = first_bond; };
const auto no_bond = [](call& c) { c["bond"] = no_iopf_part; };

TEST(iopf_errors, unbind) {
  expect("sva_unbind", one_bond, of_bond,
         {{"no bond", ENOENT, no_bond}, {"unbound", ENOENT, after("sva_unbind", first_bond)}});
}

TEST(iopf_errors, close) {
  const auto another_bond = [](call& c) {
    before(c, [](world* w) { make_call(w, "sva_bind", {first_pdev, first_process}); });
  };
  expect("sva_close", one_bond, of_bond,
         {{"no bond", ENOENT, no_bond},
          {"unbound", ENOENT, after("sva_unbind", first_bond), 1},
          {"another bond", EBUSY, another_bond},
          {"not enabled", EINVAL,
           changed(
               []() -> auto& { return the_pdev()->users; }, 0)}});
}

TEST(iopf_errors, discard) {
  expect("iopf_discard_partial", one_enabled, [](call& c) { c["prq"] = first_prq; },
         {{"no IOMMU", ENOENT, [](call& c) { c["prq"] = no_iopf_part; }}});
}

TEST(iopf_errors, request) {
  const auto field = [](const char* name, u64 value) { return [=](call& c) { c[name] = value; }; };
  expect("page_request", one_bond, of_pdev,
         {{"no device", ENOENT, no_pdev},
          {"unknown PASID", EINVAL, field("pasid", iopf_pasids)},
          {"unknown index", EINVAL, field("grpid", iopf_prgs)},
          {"unknown page", EINVAL, field("page", request_pages)},
          {"unknown flag", EINVAL, field("flags", 64)},
          {"not enabled", EACCES,
           changed(
               []() -> auto& { return the_pdev()->pri; }, 0)},
          {"stopped", EACCES,
           changed(
               []() -> auto& { return the_pdev()->stopped[1]; }, 1)},
          {"the index is in use", EBUSY,
           changed(
               []() -> auto& { return the_pdev()->outstanding[0][0]; }, 1)},
          {"refused", EINVAL,
           changed(
               []() -> auto& { return the_pdev()->accepted; }, 0)},
          {"its index has begun a group of another PASID", EBUSY,
           changed(
               []() -> auto& { return the_pdev()->begun[0]; }, 3)},
          {"thrown away", EAGAIN,
           changed(
               []() -> auto& { return the_prq()->overflowed; }, 1)}});
}

// The one request that it holds has not been read yet.
TEST(iopf_errors, a_full_queue) {
  const config c = iopf_config({{"prq_size", "1"}});
  expect_errors({.flow = "page_request",
                 .setup = one_bond,
                 .base = of_pdev,
                 .rows = {{"full", EAGAIN,
                           [](call& full) {
                             before(full, [](world*) { into_queue(request_of(1, 1, 1)); });
                           }}},
                 .elsewhere = {ENOENT, EINVAL, EACCES, EBUSY},
                 .c = c});
}

}  // namespace
}  // namespace iorace::kern::this_file
