// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the flows on an IO address space. Kernel: ioas.c, io_pagetable.c, pages.c,
// vfio_compat.c of drivers/iommu/iommufd @ 6.12.117.
#include "model/iommufd/errors_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t half = std::uint64_t{1} << 63;
constexpr std::uint64_t iova = 0x10000;
constexpr std::uint64_t memory = 0x100000;
constexpr std::uint64_t aperture = 0x1000000;
constexpr std::uint64_t direction = 6;  // readable, writeable

// Ioas 1 maps [iova, +0x2000) and ioas 3 nothing. Their accesses pin, so alignment is a page.
void two_ioas(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "test_create_access", {1});
  make_call(w, "ioas_alloc");
  make_call(w, "test_create_access", {3});
  make_call(w, "ioas_map", {1, iova, 0x2000});
}
void one_domain(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "hwpt_alloc", {1});
}
void reserve(call& c, std::uint64_t ioas, std::uint64_t start, std::uint64_t length) {
  c.before.push_back([=](world* w) { make_call(w, "ioas_add_reserved", {ioas, start, length}); });
}

TEST(errors, map) {
  expect_errors({.flow = "ioas_map",
                 .setup = two_ioas,
                 .base = [](call& c) { c["iova"] = iova + 0x2000; },
                 .rows = {{"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 8; }},
                          {"iova at the end", EOVERFLOW, [](call& c) { c["iova"] = all; }},
                          {"length of everything", EOVERFLOW, [](call& c) { c["length"] = all; }},
                          {"no direction", EINVAL, [](call& c) { c["flags"] &= ~direction; }},
                          {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                          // No length is too long as well, or makes the user address wrap.
                          {"no length", EINVAL, [](call& c) { c["length"] = 0; }, 2},
                          {"too long", EINVAL, [](call& c) { c["length"] = all - 1; }},
                          {"uptr wraps", EOVERFLOW, [](call& c) { c["uptr"] = all; }},
                          {"no memory for pages", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                          {"no memory for an area", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                          {"length not aligned", EINVAL, [](call& c) { c["length"] += 0x800; }},
                          {"iova not aligned", EINVAL, [](call& c) { c["iova"] += 0x800; }},
                          {"iova wraps", EOVERFLOW,
                           [](call& c) {
                             c["iova"] |= all - 0xfff;
                             c["length"] += 0x1000;
                           }},
                          {"reserved", EINVAL, [](call& c) { reserve(c, 1, c["iova"], 0x1000); }},
                          {"overlap", EEXIST,
                           [](call& c) {
                             c["iova"] -= 0x1000;
                             c["length"] += 0x1000;
                           }},
                          {"page offset not aligned", EINVAL, [](call& c) { c["uptr"] += 0x800; }},
                          {"no answer", EFAULT, [](call& c) { c.fail("ioas_map"); }}},
                 // Writing to pages that are read only takes a copy; for space, see below.
                 .elsewhere = {EPERM, ENOSPC}});
}

TEST(errors, map_anywhere) {
  const auto nowhere = [](call& c) {
    reserve(c, 1, 0, iova);
    reserve(c, 1, iova + 0x2000, all - iova - 0x1fff);
  };
  expect_errors({.flow = "ioas_map",
                 .setup = two_ioas,
                 .base = [](call& c) { c["flags"] = direction; },
                 .rows = {{"no memory for an area", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                          {"length not aligned", EINVAL, [](call& c) { c["length"] += 0x800; }},
                          {"half of everything", EOVERFLOW, [](call& c) { c["length"] |= half; }},
                          {"uptr less aligned", EINVAL, [](call& c) { c["uptr"] += 0x800; }},
                          {"no hole", ENOSPC, nowhere},
                          {"no answer", EFAULT, [](call& c) { c.fail("ioas_map"); }}},
                 .elsewhere = {EOPNOTSUPP, ENOENT, EEXIST, EPERM}});
}

TEST(errors, map_into_a_domain) {
  expect_errors(
      {.flow = "ioas_map",
       .setup = one_domain,
       .base = [](call& c) { c["iova"] = aperture; },
       .rows = {{"page offset not aligned", EINVAL, [](call& c) { c["uptr"] += 0x400; }},
                {"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
                {"no page there", EFAULT, [](call& c) { c["uptr"] &= 0xfff; }},
                {"the domain refuses", ENOENT, [](call& c) { c.fail("mock_domain_map_pages"); }},
                {"over the limit", ENOMEM,
                 [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
                {"no answer", EFAULT, [](call& c) { c.fail("ioas_map"); }}},
       .elsewhere = {EOPNOTSUPP, EOVERFLOW, EEXIST, ENOSPC, EPERM}});
}

TEST(errors, copy) {
  const auto read_only = [](world* w) {
    two_ioas(w);
    make_call(w, "ioas_map", {1, iova + 0x8000, 0x2000, memory, 5});
  };
  expect_errors(
      {.flow = "ioas_copy",
       .setup = read_only,
       .base =
           [](call& c) {
             c["src"] = 1;
             c["dst"] = 3;
           },
       .rows = {{"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 8; }},
                {"length of everything", EOVERFLOW, [](call& c) { c["length"] = all; }},
                {"src_iova at the end", EOVERFLOW, [](call& c) { c["src_iova"] = all; }},
                {"dst_iova at the end", EOVERFLOW, [](call& c) { c["dst_iova"] = all; }},
                {"no direction", EINVAL, [](call& c) { c["flags"] &= ~direction; }},
                {"no source", ENOENT, [](call& c) { c["src"] = 9; }},
                {"no length", EINVAL, [](call& c) { c["length"] = 0; }},
                // What wraps has no first area.
                {"source wraps", EOVERFLOW, [](call& c) { c["src_iova"] = all - 1; }, 1},
                {"no memory for a list", ENOMEM, [](call& c) { c.fail("iopt_get_pages"); }},
                {"hole in the source", ENOENT, [](call& c) { c["length"] = 0x3000; }},
                {"no target", ENOENT, [](call& c) { c["dst"] = 9; }},
                {"no memory for an area", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"length not aligned", EINVAL, [](call& c) { c["length"] += 0x800; }},
                {"dst_iova not aligned", EINVAL, [](call& c) { c["dst_iova"] += 0x800; }},
                {"target wraps", EOVERFLOW,
                 [](call& c) {
                   c["dst_iova"] |= all - 0xfff;
                   c["length"] += 0x1000;
                 }},
                {"reserved", EINVAL, [](call& c) { reserve(c, 3, c["dst_iova"], 0x1000); }},
                {"overlap", EEXIST,
                 [](call& c) {
                   c.before.push_back([](world* w) {
                     make_call(w, "ioas_map", {3, iova + 0x1000, 0x1000});
                   });
                   c["length"] += 0x1000;
                 }},
                {"pages are read only", EPERM, [](call& c) { c["src_iova"] += 0x8000; }},
                {"page offset not aligned", EINVAL, [](call& c) { c["src_iova"] += 0x800; }},
                {"no answer", EFAULT, [](call& c) { c.fail("ioas_copy"); }}},
       .elsewhere = {ENOSPC}});
}

TEST(errors, copy_into_a_domain) {
  const auto target_with_domain = [](world* w) {
    two_ioas(w);
    make_call(w, "ioas_map", {1, aperture, 0x1000, 0x1000});
    make_call(w, "hwpt_alloc", {3});
  };
  expect_errors(
      {.flow = "ioas_copy",
       .setup = target_with_domain,
       .base =
           [](call& c) {
             c["src"] = 1;
             c["dst"] = 3;
             c["dst_iova"] = aperture;
           },
       .rows = {{"page offset not aligned", EINVAL, [](call& c) { c["src_iova"] += 0x400; }},
                {"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
                {"no page there", EFAULT, [](call& c) { c["src_iova"] = aperture; }},
                {"the domain refuses", ENOENT, [](call& c) { c.fail("mock_domain_map_pages"); }},
                {"over the limit", ENOMEM,
                 [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
                {"no answer", EFAULT, [](call& c) { c.fail("ioas_copy"); }}},
       .elsewhere = {EOPNOTSUPP, EOVERFLOW, EEXIST, ENOSPC, EPERM}});
}

TEST(errors, unmap) {
  expect_errors({.flow = "ioas_unmap",
                 .setup = two_ioas,
                 .base = [](call& c) { c["length"] = 0x2000; },
                 .rows = {{"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                          {"length of everything", EOVERFLOW, [](call& c) { c["length"] = all; }},
                          {"iova at the end", EOVERFLOW, [](call& c) { c["iova"] = all; }},
                          {"no length", EINVAL, [](call& c) { c["length"] = 0; }},
                          {"iova wraps", EOVERFLOW, [](call& c) { c["iova"] = all - 1; }},
                          {"length wraps", EOVERFLOW, [](call& c) { c["length"] = all - 1; }},
                          {"busy", EBUSY, busy},
                          // An area that sticks out is there.
                          {"sticks out", ENOENT, [](call& c) { c["length"] = 0x1000; }, 1},
                          {"nothing there", ENOENT, [](call& c) { c["iova"] += 0x8000; }},
                          {"no answer", EFAULT, [](call& c) { c.fail("ioas_unmap"); }}},
                 // Comes with a WARN_ON: knob_iommufd.a_hundred_and_one_adjoining_areas.
                 .elsewhere = {EDEADLOCK}});
}

TEST(errors, unmap_all) {
  expect_errors({.flow = "ioas_unmap_all",
                 .setup = two_ioas,
                 .base = [](call&) {},
                 .rows = {{"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }, 1},
                          {"busy", EBUSY, busy},
                          {"no answer", EFAULT, [](call& c) { c.fail("ioas_unmap"); }}},
                 .elsewhere = {EDEADLOCK}});
}

// Splits [iova, +0x2000) at its middle.
TEST(errors, split) {
  const auto small_pages = [](world* w) {
    two_ioas(w);
    make_call(w, "ioas_huge_pages", {1, 0});
  };
  const auto revoked = [](call& c) {
    c.before.push_back([](world* w) { first_area(w)->prevent_access.poke(true); });
  };
  const auto pinned = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "access_pages", {3, iova, 0x1000}); });
  };
  const auto large_pages = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "ioas_huge_pages", {1, 1}); });
  };
  expect_errors(
      {.flow = "vfio_unmap_dma",
       .setup = small_pages,
       .base = [](call&) {},
       .rows = {{"no arguments", EFAULT, [](call& c) { c.fail("vfio_unmap_dma", 1); }},
                {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                {"busy", EBUSY, busy},
                {"revoked", EBUSY, revoked},
                {"cut not aligned", EINVAL, [](call& c) { c["length"] = 0x800; }},
                {"no memory for the left", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                {"no memory for the right", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"pinned", EINVAL, pinned},
                // What became of the unmap is told whatever it is, so this comes before its errors.
                {"no answer", EFAULT, [](call& c) { c.fail("vfio_unmap_dma", 2); }},
                {"no length", EINVAL, [](call& c) { c["length"] = 0; }},
                {"iova wraps", EOVERFLOW, [](call& c) { c["iova"] = all - 1; }},
                {"large pages: sticks out", ENOENT, large_pages}},
       .elsewhere = {EDEADLOCK}});
}

}  // namespace
}  // namespace iorace::kern::this_file
