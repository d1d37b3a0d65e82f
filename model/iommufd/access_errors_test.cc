// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the flows of an access. Kernel: device.c, pages.c, selftest.c of
// drivers/iommu/iommufd @ 6.12.117.
#include "model/iommufd/errors_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t iova = 0x10000;
constexpr std::uint64_t memory = 0x100000;
constexpr std::uint64_t too_long = 16 * 1024 * 1024 + 1;

void two_ioas(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "access_create");
  make_call(w, "ioas_alloc");
}
// Ioas 1 maps two pages, and behind a hole two that can only be read and two that are not there.
// Descriptor 3 pins, descriptor 4 only copies.
void attached(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "access_create");
  make_call(w, "access_attach", {3, 1});
  make_call(w, "test_create_access", {1, 0});
  make_call(w, "ioas_map", {1, iova, 0x2000});
  make_call(w, "ioas_map", {1, iova + 0x4000, 0x2000, memory, 5});
  make_call(w, "ioas_map", {1, iova + 0x8000, 0x2000, 0x1000});
}
void detached(call& c) {
  c.before.push_back([](world* w) { make_call(w, "access_detach", {3}); });
}
// Unmaps have revoked all areas.
void revoked(call& c) {
  c.before.push_back([](world* w) {
    for (iopt_area* area : areas_of(w)) area->prevent_access.poke(true);
  });
}
// Another change of ioas is in its callback.
void changing(call& c) {
  const auto ioas = std::make_shared<iommufd_ioas*>();
  c.before.push_back([=](world* w) {
    *ioas = access_of(w)->ioas_unpin.peek();
    access_of(w)->ioas_unpin.poke(*ioas == ioas_of(w) ? nullptr : ioas_of(w));
  });
  c.after.push_back([=](world* w) { access_of(w)->ioas_unpin.poke(*ioas); });
}
// Another call is in flight on the descriptor.
void in_use(call& c) {
  const auto filp = std::make_shared<file*>();
  c.before.push_back([=](world*) { *filp = fget(3); });
  c.after.push_back([=](world*) {
    fput(*filp);
    task_work_run();
  });
}
// The ioas has an area that is smaller than what the access can pin.
void half_a_page(call& c, std::uint64_t ioas) {
  c.before.push_back([=](world* w) { make_call(w, "ioas_map", {ioas, iova, 0x800}); });
}

TEST(errors, access_create) {
  expect_errors({.flow = "access_create",
                 .setup = [](world*) {},
                 .base = [](call&) {},
                 .rows = {{"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 2; }},
                          {"no memory for data", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }},
                          {"no memory for a file", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                          {"no descriptor", ENOMEM, [](call& c) { c.fail("xa_alloc", 1); }},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
                          {"no id", ENOMEM, [](call& c) { c.fail("xa_alloc", 2); }}},
                 .elsewhere = {EBUSY}});  // 2^31 objects
}

TEST(errors, test_create_access) {
  expect_errors({.flow = "test_create_access",
                 .setup = [](world* w) { make_call(w, "ioas_alloc"); },
                 .base = [](call&) {},
                 .rows = {{"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 2; }},
                          {"no descriptor", ENOMEM, [](call& c) { c.fail("xa_alloc", 1); }},
                          {"no access", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
                          // Without an ioas there is nothing to be listed in.
                          {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }, 1},
                          {"no room in the list", ENOMEM, [](call& c) { c.fail("xa_alloc", 3); }},
                          {"alignment in use", EADDRINUSE, [](call& c) { half_a_page(c, 1); }},
                          {"no answer", EFAULT, [](call& c) { c.fail("create_access"); }}},
                 .elsewhere = {EBUSY}});  // 2^16 accesses
}

TEST(errors, access_attach) {
  const auto by_hand = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "access_attach", {3, 1}); });
    c.after.push_back([](world* w) { make_call(w, "access_detach", {3}); });
  };
  expect_errors({.flow = "access_attach",
                 .setup = two_ioas,
                 .base = [](call&) {},
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }},
                          {"attached", EINVAL, by_hand},
                          {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                          {"changing", EBUSY, changing},
                          {"no room in the list", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                          {"alignment in use", EADDRINUSE, [](call& c) { half_a_page(c, 1); }}}});
}

TEST(errors, access_replace) {
  const auto attached_to_1 = [](world* w) {
    two_ioas(w);
    make_call(w, "access_attach", {3, 1});
  };
  expect_errors({.flow = "access_replace",
                 .setup = attached_to_1,
                 .base = [](call& c) { c["ioas"] = 3; },
                 // What is detached, for good or for a while, has no ioas to be replaced.
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }, 1},
                          {"detached", ENOENT, detached},
                          {"no ioas", ENOENT, [](call& c) { c["ioas"] = 9; }},
                          {"changing", EBUSY, changing},
                          {"no room in the list", ENOMEM, [](call& c) { c.fail("xa_alloc"); }},
                          {"alignment in use", EADDRINUSE, [](call& c) { half_a_page(c, 3); }}}});
  // To the one that it has is nothing to do, but for another change.
  expect_errors({.flow = "access_replace",
                 .setup = attached_to_1,
                 .base = [](call& c) { c["ioas"] = 1; },
                 .rows = {{"changing", EBUSY, changing}},
                 .elsewhere = {EBADFD, ENOENT, ENOMEM, EADDRINUSE}});
}

TEST(errors, access_detach) {
  expect_errors({.flow = "access_detach",
                 .setup = attached,
                 .base = [](call&) {},
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }},
                          {"detached", EINVAL, detached}}});
}

// What iommufd_access_pin_pages() finds, in its order.
std::vector<error_row> pin_rows() {
  return {{"no length", EINVAL, [](call& c) { c["length"] = 0; }},
          {"iova wraps", EOVERFLOW, [](call& c) { c["iova"] = all - 1; }},
          {"detached", ENOENT, detached},
          // What lies elsewhere is not busy.
          {"no area", ENOENT, [](call& c) { c["iova"] -= 0x8000; }, 2},
          {"busy", ENOENT, busy},
          {"revoked", EINVAL, revoked},
          {"iova not aligned", EINVAL, [](call& c) { c["iova"] += 0x800; }},
          {"area is read only", EPERM, [](call& c) {
             c["iova"] += 0x4000;
             c["flags"] |= 1;
           }}};
}
// What iopt_area_add_access() finds; `first` is the first allocation among those of the call.
std::vector<error_row> add_access_rows(unsigned first) {
  return {{"no memory for a node", ENOMEM, [=](call& c) { c.fail("kmalloc", first); }},
          {"no page there", EFAULT, [](call& c) { c["iova"] += 0x8000; }},
          {"no room in the xarray", EINVAL, [](call& c) { c.fail("pages_to_xarray"); }},
          {"over the limit", ENOMEM, [](call& c) { c.fail("pfn_reader_user_update_pinned"); }},
          {"hole behind", ENOENT, [](call& c) { c["length"] = 0x3000; }}};
}
std::vector<error_row> operator+(std::vector<error_row> a, const std::vector<error_row>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
std::set<int> operator+(std::set<int> a, const std::set<int>& b) {
  a.insert(b.begin(), b.end());
  return a;
}

TEST(errors, access_pages) {
  const std::vector<error_row> before = {
      {"too long", ENOMEM, [](call& c) { c["length"] = too_long; }},
      {"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 2; }},
      // A descriptor that is none is none that cannot pin.
      {"no access", EBADFD, [](call& c) { c["access"] = 9; }, 1},
      {"cannot pin", EOPNOTSUPP, [](call& c) { c["access"] = 4; }},
      {"no memory for pages", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }}};
  const std::vector<error_row> after = {
      {"no such user page", EFAULT, [](call& c) { c.fail("get_user_pages"); }},
      {"another user page", EBADE, [](call& c) { c["uptr"] = memory + 0x1000; }},
      {"no memory for an item", ENOMEM, [](call& c) { c.fail("kmalloc", 3); }},
      {"no answer", EFAULT, [](call& c) { c.fail("access_pages"); }}};
  expect_errors({.flow = "access_pages",
                 .setup = attached,
                 .base = [](call& c) { c["uptr"] = memory; },
                 .rows = before + pin_rows() + add_access_rows(2) + after});
}

TEST(errors, access_pin_pages) {
  const std::vector<error_row> before = {
      {"no access", EBADFD, [](call& c) { c["access"] = 9; }, 1},
      {"cannot pin", EOPNOTSUPP, [](call& c) { c["access"] = 4; }},
      {"no memory for an item", ENOMEM, [](call& c) { c.fail("kmalloc", 1); }}};
  expect_errors({.flow = "access_pin_pages",
                 .setup = attached,
                 .base = [](call&) {},
                 .rows = before + pin_rows() + add_access_rows(2)});
}

TEST(errors, access_unpin_pages) {
  const auto pinned = [](world* w) {
    attached(w);
    make_call(w, "access_pin_pages", {3, iova, 0x1000});
  };
  expect_errors({.flow = "access_unpin_pages",
                 .setup = pinned,
                 .base = [](call&) {},
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }},
                          {"not pinned", ENOENT, [](call& c) { c["length"] = 0x2000; }}}});
}

TEST(errors, item_destroy) {
  const auto with_item = [](world* w) {
    attached(w);
    make_call(w, "access_pages", {3, iova, 0x1000});
  };
  expect_errors({.flow = "item_destroy",
                 .setup = with_item,
                 .base = [](call& c) { c["item"] = 0; },
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }},
                          {"no item", ENOENT, [](call& c) { c["item"] = 7; }}}});
}

// What iommufd_access_rw() finds before it copies.
std::vector<error_row> rw_rows() {
  return {{"no length", EINVAL, [](call& c) { c["length"] = 0; }},
          {"iova wraps", EOVERFLOW, [](call& c) { c["iova"] = all - 1; }},
          {"detached", ENOENT, detached},
          {"no area", ENOENT, [](call& c) { c["iova"] -= 0x8000; }, 2},
          {"busy", ENOENT, busy},
          {"revoked", EINVAL, revoked}};
}

TEST(errors, access_rw) {
  const std::vector<error_row> before = {
      {"too long", ENOMEM, [](call& c) { c["length"] = too_long; }},
      {"unknown flag", EOPNOTSUPP, [](call& c) { c["flags"] |= 2; }},
      {"no access", EBADFD, [](call& c) { c["access"] = 9; }},
      {"no memory", ENOMEM, [](call& c) { c.fail("kvzalloc"); }}};
  const std::vector<error_row> after = {
      {"no page there", EFAULT, [](call& c) { c.fail("iopt_pages_rw_access"); }},
      {"hole behind", ENOENT, [](call& c) { c["length"] = 0x3000; }},
      {"no answer", EFAULT, [](call& c) { c.fail("access_rw"); }}};
  expect_errors({.flow = "access_rw",
                 .setup = attached,
                 .base = [](call&) {},
                 .rows = before + rw_rows() + after,
                 .elsewhere = {EPERM}});
}

// Writing begins with a copy from the user and ends with nothing to tell.
TEST(errors, access_rw_writing) {
  const std::vector<error_row> before = {{"no memory", ENOMEM, [](call& c) { c.fail("kvzalloc"); }},
                                         {"no data", EFAULT, [](call& c) { c.fail("access_rw"); }}};
  const std::vector<error_row> after = {
      {"area is read only", EPERM, [](call& c) { c["iova"] += 0x4000; }},
      {"no page there", EFAULT, [](call& c) { c.fail("iopt_pages_rw_access"); }},
      {"hole behind", ENOENT, [](call& c) { c["length"] = 0x3000; }}};
  expect_errors({.flow = "access_rw",
                 .setup = attached,
                 .base = [](call& c) { c["flags"] = 1; },
                 .rows = before + rw_rows() + after,
                 .elsewhere = {EOPNOTSUPP, EBADFD}});
}

// Test builds can ask for the ways of a caller with another mm.
TEST(errors, access_rw_slowly) {
  const std::set<int> elsewhere = {EOPNOTSUPP, EBADFD, EOVERFLOW, ENOENT, EPERM};
  expect_errors({.flow = "access_rw",
                 .setup = attached,
                 .base = [](call& c) { c["flags"] = 4; },
                 .rows = {{"refused", EINVAL, [](call& c) { c.fail("iopt_pages_rw_page"); }},
                          {"no page there", EFAULT, [](call& c) { c["iova"] += 0x8000; }},
                          {"no answer", EFAULT, [](call& c) { c.fail("access_rw"); }}},
                 .elsewhere = elsewhere + std::set{ENOMEM}});
  expect_errors({.flow = "access_rw",
                 .setup = attached,
                 .base =
                     [](call& c) {
                       c["flags"] = 4;
                       c["length"] = 0x2000;
                     },
                 .rows = {{"no memory for a batch", ENOMEM, [](call& c) { c.fail("batch_init"); }},
                          {"no page there", EFAULT, [](call& c) { c["iova"] += 0x8000; }},
                          {"no answer", EFAULT, [](call& c) { c.fail("access_rw"); }}},
                 .elsewhere = elsewhere + std::set{EINVAL}});
}

TEST(errors, access_destroy) {
  expect_errors({.flow = "access_destroy",
                 .setup = attached,
                 .base = [](call&) {},
                 .rows = {{"no access", EBADFD, [](call& c) { c["access"] = 9; }},
                          {"in use", EBUSY, in_use}}});
}

TEST(errors, access_close) {
  expect_errors({.flow = "access_close",
                 .setup = attached,
                 .base = [](call&) {},
                 .rows = {{"no access", EBADF, [](call& c) { c["access"] = 9; }}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
