// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the flows that make objects, change them and destroy them. Kernel: main.c, ioas.c,
// hw_pagetable.c, selftest.c of drivers/iommu/iommufd @ 6.12.117.
#include "model/iommufd/errors_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t iova = 0x10000;
constexpr std::uint64_t aperture = 0x1000000;

void one_ioas(world* w) { make_call(w, "ioas_alloc"); }
void map(call& c, std::uint64_t start, std::uint64_t length, std::uint64_t uptr = 0x100000) {
  c.before.push_back([=](world* w) { make_call(w, "ioas_map", {1, start, length, uptr}); });
}

TEST(errors, ioas_alloc) {
  expect_errors({.flow = "ioas_alloc",
                 .setup = [](world*) {},
                 .base = [](call&) {},
                 .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                          {"no answer", EFAULT, [](call& c) { c.fail("ioas_alloc"); }}},
                 .elsewhere = {EBUSY}});  // 2^31 objects
}

TEST(errors, hwpt_alloc) {
  const auto objects = [](world* w) {
    make_call(w, "ioas_alloc");       // object 1
    make_call(w, "access_create");    // object 2
    make_call(w, "ioas_alloc");       // object 3
    make_call(w, "hwpt_alloc", {3});  // object 4
    make_call(w, "ioas_map", {1, aperture, 0x1000});
  };
  expect_errors(
      {.flow = "hwpt_alloc",
       .setup = objects,
       .base = [](call&) {},
       .rows = {{"no object", EINVAL, [](call& c) { c["ioas"] = 9; }, 2},
                {"of an access", EINVAL, [](call& c) { c["ioas"] = 2; }, 1},
                {"of a domain", EOPNOTSUPP, [](call& c) { c["ioas"] = 4; }},
                {"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 8; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                {"no memory for a domain", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"none for the driver's", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
                {"none for its root", ENOMEM, [](call& c) { c.fail("kmalloc", 4); }},
                {"none for the device", ENOMEM, [](call& c) { c.fail("kmalloc", 5); }},
                {"none for its cache tag", ENOMEM, [](call& c) { c.fail("kmalloc", 6); }},
                {"alignment in use", EADDRINUSE, [](call& c) { map(c, aperture * 2, 0x400); }},
                {"area outside", EADDRINUSE, [](call& c) { map(c, iova, 0x1000); }},
                {"no memory to reserve", ENOMEM, [](call& c) { c.fail("kmalloc", 7); }},
                {"none for what is above", ENOMEM, [](call& c) { c.fail("kmalloc", 8); }},
                {"no room for domains", ENOMEM, [](call& c) { c.fail("xa_reserve"); }},
                {"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
                {"no page there", EFAULT, [](call& c) { c.fail("pfn_reader_user_pin"); }},
                {"the domain refuses", ENOENT, [](call& c) { c.fail("mock_domain_map_pages"); }},
                {"over the limit", ENOMEM,
                 [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
                {"no answer", EFAULT, [](call& c) { c.fail("hwpt_alloc"); }}},
       .elsewhere = {EBUSY}});  // 2^31 objects
}

// IOMMU_DESTROY of an object that somebody uses.
void expect_destroy_errors(const char* flow, const char* object, const body& setup) {
  const auto used = [](call& c) {
    c.before.push_back([](world* w) { refcount_inc(&ioas_of(w)->obj.users); });
    c.after.push_back([](world* w) { refcount_dec(&ioas_of(w)->obj.users); });
  };
  expect_errors(
      {.flow = flow,
       .setup = setup,
       .base = [=](call& c) { c[object] = 1; },
       .rows = {{"no object", ENOENT, [=](call& c) { c[object] = 9; }}, {"in use", EBUSY, used}}});
}
TEST(errors, destroy) {
  expect_destroy_errors("ioas_destroy", "ioas", one_ioas);
  expect_destroy_errors("hwpt_destroy", "hwpt", one_ioas);
  expect_destroy_errors("object_destroy", "id", one_ioas);
}

TEST(errors, ioas_huge_pages) {
  const auto domain_and_area = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "hwpt_alloc", {1}); });
    map(c, aperture, 0x1000);
  };
  expect_errors(
      {.flow = "ioas_huge_pages",
       .setup = one_ioas,
       .base = [](call& c) { c["value"] = 0; },
       .rows = {{"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                {"neither 0 nor 1", EINVAL, [](call& c) { c["value"] = 2; }},
                {"a domain may have them", EINVAL, domain_and_area},
                {"alignment in use", EADDRINUSE, [](call& c) { map(c, aperture * 2, 0x800); }},
                {"no answer", EFAULT, [](call& c) { c.fail("option"); }}}});
}

TEST(errors, ioas_add_reserved) {
  expect_errors({.flow = "ioas_add_reserved",
                 .setup = one_ioas,
                 .base = [](call&) {},
                 .rows = {{"no length", EINVAL, [](call& c) { c["length"] = 0; }},
                          {"iova wraps", EOVERFLOW, [](call& c) { c["iova"] = all; }},
                          {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                          {"area there", EADDRINUSE, [](call& c) { map(c, iova, 0x1000); }},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}}});
}

// Only a race lets the compatible unmap look for this: large pages come back before the split.
TEST(errors, split_of_what_a_domain_may_map_large) {
  int rc = 0;
  const auto in_a_domain = [](world* w) {
    one_ioas(w);
    make_call(w, "hwpt_alloc", {1});
    make_call(w, "ioas_map", {1, aperture, 0x2000});
  };
  const auto cut = [&](world* w) {
    const unsigned long at = aperture + 0xfff;
    rc = iopt_cut_iova(iopt_of(w), &at, 1);
  };
  const config c = repaired_config();
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(program_of(c, in_a_domain, {cut}), choose, {}).how, ended::finished);
  EXPECT_EQ(rc, -EINVAL);
}

}  // namespace
}  // namespace iorace::kern::this_file
