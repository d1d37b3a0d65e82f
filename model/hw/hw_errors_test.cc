// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the chapter's flows, in the order in which they are looked for.
#include "model/hw/driver.h"
#include "model/hw/machine_test.h"
#include "model/iommufd/errors_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

void before(call& c, const char* flow, std::initializer_list<std::uint64_t> args) {
  const std::vector<std::uint64_t> all(args);
  c.before.push_back([=](world* w) { make_call(w, flow, all); });
}

// Nobody else can get a domain id.
void no_domain_id(call& c) {
  const auto taken = std::make_shared<u64>();
  c.before.push_back([=](world*) {
    auto& ids = part_of<hw_iommu>(vtd)->domain_ids;
    *taken = ids.peek();
    ids.poke(~u64{0});
  });
  c.after.push_back([=](world*) { part_of<hw_iommu>(vtd)->domain_ids.poke(*taken); });
}

void expect_hw_errors(error_table table) {
  table.setup = machine;
  table.c = hw_config();
  expect_errors(table);
}

TEST(hw_errors, machines) {
  expect_hw_errors({.flow = "iommu_add",
                    .setup = {},
                    .base = [](call&) {},
                    .rows = {{"unknown kind", EINVAL, [](call& c) { c["kind"] = 2; }}}});
  expect_hw_errors(
      {.flow = "endpoint_add",
       .setup = {},
       .base = [](call& c) { c["rid"] = 2; },
       .rows = {{"no IOMMU", ENOENT, [](call& c) { c["iommu"] = no_part; }},
                {"unknown flag", EINVAL, [](call& c) { c["flags"] = 2; }},
                {"an alias of a device with ATS", EEXIST, [](call& c) { c["rid"] = 1; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}}});
}

TEST(hw_errors, domains) {
  expect_hw_errors(
      {.flow = "paging_alloc",
       .setup = {},
       .base = [](call& c) { c["type"] = DOMAIN_DMA; },
       .rows = {{"no IOMMU", ENOENT, [](call& c) { c["iommu"] = no_part; }},
                {"unknown type", EINVAL, [](call& c) { c["type"] = 3; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"none for a root", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"none for a cookie", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }}}});
  expect_hw_errors(
      {.flow = "paging_free",
       .setup = {},
       .base = [](call& c) { c["paging"] = domain; },
       .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }},
                {"freed", ENOENT, [](call& c) { before(c, "paging_free", {domain}); }},
                {"has a device", EBUSY,
                 [](call& c) {
                   before(c, "endpoint_attach", {vtd_dev, domain});
                 }},
                {"has pages", EBUSY, [](call& c) { before(c, "page_map", {domain}); }}}});
}

TEST(hw_errors, attach) {
  expect_hw_errors(
      {.flow = "endpoint_attach",
       .setup = {},
       .base = [](call& c) { c["endpoint"] = ats_device, c["paging"] = domain; },
       .rows = {{"no device", ENOENT, [](call& c) { c["endpoint"] = no_part; }},
                {"freed", ENOENT, [](call& c) { before(c, "paging_free", {domain}); }, 1},
                {"of another IOMMU", EINVAL, [](call& c) { c["paging"] = amd_domain; }},
                {"released", ENODEV, [](call& c) { before(c, "endpoint_release", {ats_device}); }},
                {"has a PASID", EBUSY,
                 [](call& c) {
                   before(c, "endpoint_attach", {ats_device, domain});
                   before(c, "endpoint_set_pasid", {ats_device, domain});
                 },
                 1},
                {"no domain id", ENOSPC, no_domain_id},
                {"no memory for a tag", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"none for that of its TLB", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}}});
}

TEST(hw_errors, set_pasid) {
  const auto attached = [](call& c) {
    c["endpoint"] = vtd_dev, c["paging"] = domain;
    before(c, "endpoint_attach", {vtd_dev, second_domain});
  };
  expect_hw_errors(
      {.flow = "endpoint_set_pasid",
       .setup = {},
       .base = attached,
       .rows = {{"no device", ENOENT, [](call& c) { c["endpoint"] = no_part; }},
                {"freed", ENOENT, [](call& c) { before(c, "paging_free", {domain}); }, 2},
                {"of another IOMMU", EINVAL, [](call& c) { c["paging"] = amd_domain; }, 1},
                {"AMD", EOPNOTSUPP,
                 [](call& c) { c["endpoint"] = amd_device, c["paging"] = amd_domain; }, 4},
                {"released", ENODEV, [](call& c) { before(c, "endpoint_release", {vtd_dev}); }},
                {"not attached", EINVAL, [](call& c) { before(c, "endpoint_block", {vtd_dev}); }},
                {"no domain id", ENOSPC, no_domain_id},
                {"no memory for a tag", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }}}});
}

// A detach gives the domain's id back before its entry goes (6.12), or after that.
TEST(hw_errors, no_domain_is_freed_before_its_detach_has_returned) {
  for (const char* order : {"tags_first", "entry_first"})
    for (const bool replaced : {false, true}) {
      const config c = hw_config(with(repaired_config(), {{"block_translation.order", order}}));
      std::set<long> freed;
      const auto setup = [](world* w) {
        machine(w);
        make_call(w, "endpoint_attach", {vtd_dev, domain});
        make_call(w, "endpoint_set_pasid", {vtd_dev, second_domain});
      };
      const auto leave = [replaced](world* w) {
        if (replaced)
          make_call(w, "endpoint_set_pasid", {vtd_dev, domain});
        else
          make_call(w, "endpoint_release", {vtd_dev});
      };
      const auto free = [&freed](world* w) {
        freed.insert(make_call(w, "paging_free", {second_domain}).rc);
      };
      EXPECT_THAT(titles(program_of(c, setup, {leave, free}), "pos", 2'000), testing::IsEmpty());
      EXPECT_THAT(freed, testing::ElementsAre(-EBUSY, 0)) << order;
    }
}

TEST(hw_errors, leave) {
  expect_hw_errors(
      {.flow = "endpoint_block",
       .setup = {},
       .base = [](call& c) { c["endpoint"] = vtd_dev; },
       .rows = {{"no device", ENOENT, [](call& c) { c["endpoint"] = no_part; }},
                {"released", ENODEV, [](call& c) { before(c, "endpoint_release", {vtd_dev}); }},
                {"has a PASID", EBUSY, [](call& c) {
                   before(c, "endpoint_attach", {vtd_dev, domain});
                   before(c, "endpoint_set_pasid", {vtd_dev, domain});
                 }}}});
  expect_hw_errors(
      {.flow = "endpoint_release",
       .setup = {},
       .base = [](call& c) { c["endpoint"] = vtd_dev; },
       .rows = {{"no device", ENOENT, [](call& c) { c["endpoint"] = no_part; }},
                {"released", ENODEV, [](call& c) { before(c, "endpoint_release", {vtd_dev}); }}}});
}

TEST(hw_errors, pages) {
  expect_hw_errors(
      {.flow = "page_map",
       .setup = {},
       .base = [](call& c) { c["paging"] = domain; },
       .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }},
                {"not aligned", EINVAL, [](call& c) { c["iova"] += 1; }},
                {"nothing", EINVAL, [](call& c) { c["length"] = 0; }},
                {"freed", ENOENT, [](call& c) { before(c, "paging_free", {domain}); }, 1},
                {"of the DMA API", EINVAL, [](call& c) { c["paging"] = dma_domain; }, 1},
                {"mapped", EEXIST,
                 [](call& c) {
                   before(c, "page_map", {domain, 0x1000});
                 }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"beyond the space", EINVAL, [](call& c) { c["iova"] = 0x10000; }},
                {"no memory for a table", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}}});
  expect_hw_errors({.flow = "page_unmap",
                    .setup = {},
                    .base =
                        [](call& c) {
                          c["paging"] = domain;
                          before(c, "page_map", {domain, 0x1000});
                        },
                    .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }},
                             {"not aligned", EINVAL, [](call& c) { c["length"] += 1; }},
                             {"unmapped", ENOENT,
                              [](call& c) {
                                before(c, "page_unmap", {domain, 0x1000});
                              }},
                             {"another length", ENOENT, [](call& c) { c["length"] = 0x2000; }}}});
}

TEST(hw_errors, dma_api) {
  expect_hw_errors(
      {.flow = "dma_init_domain",
       .setup = {},
       .base = [](call& c) { c["paging"] = raw_domain; },
       .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }},
                {"freed", ENOENT, [](call& c) { before(c, "paging_free", {raw_domain}); }, 1},
                {"unmanaged", EINVAL, [](call& c) { c["paging"] = domain; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"none for the caches of CPUs", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"none for a magazine", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
                {"none for the next one", ENOMEM, [](call& c) { c.fail("kmalloc", 4); }},
                {"none for the next size", ENOMEM, [](call& c) { c.fail("kmalloc", 12); }}}});
  expect_hw_errors({.flow = "dma_init_fq",
                    .setup = {},
                    .base = [](call& c) { c["paging"] = dma_domain; },
                    .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }, 1},
                             {"not initialised", EINVAL, [](call& c) { c["paging"] = raw_domain; }},
                             {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                             {"none for entries", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}}});
  expect_hw_errors(
      {.flow = "dma_map",
       .setup = {},
       .base = [](call& c) { c["paging"] = dma_domain; },
       .rows = {{"no domain", ENOENT, [](call& c) { c["paging"] = no_part; }},
                {"too long", EINVAL, [](call& c) { c["length"] = 0x9000; }},
                {"freed", ENOENT,
                 [](call& c) {
                   before(c, "dma_unmap", {mapping});
                   before(c, "paging_free", {dma_domain});
                 },
                 1},
                {"not initialised", EINVAL, [](call& c) { c["paging"] = raw_domain; }, 1},
                {"no IOVA", ENOMEM, [](call& c) { c["length"] = 0x8000; }, 1},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"none for a table", ENOMEM, [](call& c) {
                   c["length"] = 0x4000;  // where there is no table yet
                   c.fail("kmalloc", 3);
                 }}}});
  expect_hw_errors(
      {.flow = "dma_unmap",
       .setup = {},
       .base = [](call& c) { c["mapping"] = mapping; },
       .rows = {{"no mapping", ENOENT, [](call& c) { c["mapping"] = no_part; }},
                {"unmapped", ENOENT, [](call& c) { before(c, "dma_unmap", {mapping}); }}}});
}

TEST(hw_errors, dma) {
  for (const char* flow : {"dma_read", "dma_write", "dma_write_pasid"})
    expect_hw_errors({.flow = flow,
                      .setup = {},
                      .base =
                          [](call& c) {
                            c["endpoint"] = ats_device;
                            before(c, "page_map", {domain, 0x1000});
                            before(c, "endpoint_attach", {ats_device, domain});
                            before(c, "endpoint_set_pasid", {ats_device, domain});
                          },
                      .rows = {{"no device", ENOENT, [](call& c) { c["endpoint"] = no_part; }},
                               {"not mapped", EFAULT, [](call& c) { c["iova"] = 0x2000; }},
                               {"blocked", EFAULT,
                                [](call& c) { before(c, "endpoint_release", {ats_device}); }}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
