// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The errors of the chapter's flows. Kernel: drivers/vfio/vfio_iommu_type1.c @ 6.12.117.
#include "model/iommufd/errors_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;

constexpr std::uint64_t last_page = ~std::uint64_t{0xfff};

void nothing(world*) {}
void opened(world* w) { make_call(w, "container_open"); }
void no_container(call& c) { c["container"] = 9; }
void no_mdev(call& c) { c["mdev"] = 9; }
void no_user(call& c) { c["user"] = 9; }
void gone(call& c) {
  c.before.push_back([](world* w) { make_call(w, "user_exit", {0}); });
}
void invalid(call& c) {
  c.before.push_back([](world* w) {
    make_call(w, "type1_unmap", {1, 0x10000, 0x2000, type1::VFIO_DMA_UNMAP_FLAG_VADDR});
  });
}
void full(call& c) {
  c.before.push_back([](world* w) { first_container(w)->dma_avail.poke(0); });
  c.after.push_back([](world* w) { first_container(w)->dma_avail.poke(9); });
}

void poor(call& c) {
  c.before.push_back([](world* w) { w->limit[limit::memlock_pages] = 0; });
}
// What has been pinned is to count for another process.
void poor_heir(call& c) {
  c.before.push_back([](world* w) { make_call(w, "user_exec", {0, 0x200000}); });
  poor(c);
}

TEST(vfio_type1_errors, open) {
  expect_errors({.flow = "container_open",
                 .setup = nothing,
                 .base = [](call&) {},
                 .rows = {{"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"no such type", EINVAL, [](call& c) { c["type"] = 2; }}},
                 .elsewhere = {EMFILE},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, close) {
  expect_errors({.flow = "container_close",
                 .setup = opened,
                 .base = [](call&) {},
                 .rows = {{"no container", EBADF, no_container}},
                 .c = type1_config()});
  expect_errors({.flow = "mdev_close",
                 .setup = one_mdev,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_mdev}},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, attach) {
  const auto far = [](call& c) {
    c.before.push_back([](world* w) {
      make_call(w, "type1_map", {1, 0, 0x100000, user_memory_start + 0x3000, 0x1000});
    });
  };
  const auto elsewhere = [](call& c) {
    c.before.push_back([](world* w) {
      make_call(w, "type1_map", {1, 0, 0x11000, 0x1000, 0x1000});
    });
  };
  expect_errors(
      {.flow = "group_attach",
       .setup = opened,
       .base = [](call& c) { c["type"] = type1::VFIO_IOMMU_COHERENT; },
       .rows = {{"no process", ESRCH, no_user},
                {"no container", EBADF, no_container},
                {"no memory for the group", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"no memory for the domain", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }},
                {"memory that is not there", EFAULT, elsewhere},
                {"beyond the table", EINVAL, far}},
       .elsewhere = {EBUSY, EMFILE},
       .c = type1_config()});
  expect_errors({.flow = "group_attach",
                 .setup = one_domain,
                 .base = [](call&) {},
                 .rows = {{"an address is gone", EBUSY, invalid},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}},
                 .elsewhere = {EBADF, ESRCH, EINVAL, EFAULT, EMFILE},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, detach) {
  expect_errors({.flow = "group_detach",
                 .setup = one_domain,
                 .base = [](call&) {},
                 .rows = {{"no group", EBADF, [](call& c) { c["member"] = 9; }}},
                 .elsewhere = {EBUSY},
                 .c = type1_config()});
  config c = type1_config();
  const auto open_device = [](call& one) {
    one.before.push_back([](world* w) { make_call(w, "mdev_open", {1}); });
  };
  expect_errors({.flow = "group_detach",
                 .setup =
                     [](world* w) {
                       opened(w);
                       make_call(w, "group_attach", {1, 0});
                     },
                 .base = [](call&) {},
                 .rows = {{"a device is open", EBUSY, open_device}},
                 .elsewhere = {EBADF},
                 .c = c});
}

TEST(vfio_type1_errors, mdev_open) {
  const auto setup = [](world* w) {
    opened(w);
    make_call(w, "group_attach", {1, 0});
    make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT});
  };
  expect_errors(
      {.flow = "mdev_open",
       .setup = setup,
       .base = [](call&) {},
       .rows = {{"no group", EBADF, [](call& c) { c["member"] = 9; }, 1},
                {"a group with an iommu", ENODEV, [](call& c) { c["member"] = 2; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"the driver does not", ENOMEM, [](call& c) { c.fail("mdev_open_device"); }},
                {"its thread does not start", ENOMEM,
                 [](call& c) {
                   c["driver"] = 1;
                   c.fail("kmalloc", 2);
                 }}},
       .elsewhere = {EINVAL, EMFILE},
       .c = type1_config()});
}

TEST(vfio_type1_errors, map) {
  expect_errors(
      {.flow = "type1_map",
       .setup = one_domain,
       .base = [](call& c) { c["iova"] = 0x12000; },
       .rows = {{"no container", EBADF, no_container},
                {"no process", ESRCH, no_user},
                {"no protection", EINVAL, [](call& c) { c["flags"] = 0; }, 99},
                {"an address with protection", EINVAL, [](call& c) { c["flags"] = 5; }, 99},
                {"an unknown flag", EINVAL, [](call& c) { c["flags"] = 9; }},
                {"no size", EINVAL, [](call& c) { c["length"] = 0; }, 99},
                {"not aligned", EINVAL, [](call& c) { c["vaddr"] += 1; }},
                {"the end of the user's space", EINVAL,
                 [](call& c) {
                   c["vaddr"] = last_page;
                   c["length"] = 0x2000;
                 }},
                {"the end of the space", EINVAL,
                 [](call& c) {
                   c["iova"] = last_page;
                   c["length"] = 0x2000;
                 },
                 1},
                {"mapped already", EEXIST, [](call& c) { c["iova"] = 0x11000; }},
                {"no slot", ENOSPC, full},
                {"beyond the table", EINVAL, [](call& c) { c["iova"] = 0x100000; }},
                {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                {"not there", EFAULT, [](call& c) { c["vaddr"] = 0x1000; }},
                {"the domain has no memory", ENOMEM, [](call& c) { c.fail("iommu_map"); }}},
       .elsewhere = {ENOENT},
       .c = type1_config()});
  expect_errors({.flow = "type1_map",
                 .setup = one_domain,
                 .base =
                     [](call& c) {
                       invalid(c);
                       c["length"] = 0x2000;
                       c["flags"] = type1::VFIO_DMA_MAP_FLAG_VADDR;
                     },
                 .rows = {{"not aligned", EINVAL, [](call& c) { c["vaddr"] += 1; }},
                          {"no mapping", ENOENT, [](call& c) { c["iova"] = 0x14000; }},
                          {"another size", EINVAL, [](call& c) { c["length"] = 0x1000; }},
                          {"another start", EINVAL, [](call& c) { c["iova"] = 0x11000; }},
                          {"too many for the new process", ENOMEM, poor_heir}},
                 .elsewhere = {EBADF, ESRCH, EEXIST, ENOSPC, EFAULT},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, unmap) {
  const auto vaddr = [](call& c) { c["flags"] |= type1::VFIO_DMA_UNMAP_FLAG_VADDR; };
  expect_errors({.flow = "type1_unmap",
                 .setup = one_mdev,
                 .base = [](call& c) { c["length"] = 0x2000; },
                 .rows = {{"no container", EBADF, no_container},
                          {"an unknown flag", EINVAL, [](call& c) { c["flags"] |= 8; }},
                          {"addresses beside a driver that pins", EBUSY, vaddr},
                          {"not aligned", EINVAL, [](call& c) { c["iova"] += 1; }},
                          {"no size", EINVAL, [](call& c) { c["length"] = 0; }, 99},
                          {"no whole page", EINVAL, [](call& c) { c["length"] = 0x2001; }},
                          {"the end of the space", EINVAL,
                           [](call& c) {
                             c["iova"] = last_page;
                             c["length"] = 0x2000;
                           }},
                          {"all of a range", EINVAL, [](call& c) { c["flags"] |= 2; }},
                          {"half a mapping", EINVAL, [](call& c) { c["length"] = 0x1000; }},
                          {"the other half", EINVAL, [](call& c) { c["iova"] = 0x11000; }},
                          {"no answer", EFAULT, [](call& c) { c.fail("type1_unmap"); }}},
                 .c = type1_config()});
  expect_errors({.flow = "type1_unmap",
                 .setup = one_domain,
                 .base =
                     [&](call& c) {
                       c["length"] = 0x2000;
                       vaddr(c);
                     },
                 .rows = {{"twice", EINVAL, invalid},
                          {"no answer", EFAULT, [](call& c) { c.fail("type1_unmap"); }}},
                 .elsewhere = {EBADF, EBUSY},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, pin) {
  const auto v1 = [](call& c) {
    c.before.push_back([](world* w) { first_container(w)->v2.poke(false); });
  };
  const auto read_only = [](call& c) {
    c.before.push_back([](world* w) { first_dma(w)->prot.poke(type1::IOMMU_READ); });
    c["prot"] = type1::IOMMU_WRITE;
  };
  const auto not_there = [](call& c) {
    c.before.push_back([](world* w) { first_dma(w)->vaddr.poke(0x1000); });
  };
  expect_errors({.flow = "mdev_pin",
                 .setup = one_mdev,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_mdev},
                          {"nothing", EINVAL, [](call& c) { c["length"] = 0; }},
                          {"no memory for the driver", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"too many", E2BIG, [](call& c) { c["length"] = 0x201000; }},
                          {"version 1", EACCES, v1},
                          {"not mapped", EINVAL, [](call& c) { c["iova"] = 0x14000; }, 99},
                          {"read only", EPERM, read_only},
                          {"the process has gone", ENODEV, gone},
                          {"not there", EFAULT, not_there},
                          {"too many for the process", ENOMEM, poor},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc", 2); }}},
                 .elsewhere = {EBUSY, ESRCH},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, unpin_and_queue) {
  expect_errors({.flow = "mdev_unpin",
                 .setup = one_mdev,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_mdev},
                          {"nothing", EINVAL, [](call& c) { c["length"] = 0; }}},
                 .c = type1_config()});
  const auto queued = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "mdev_queue_pin", {1, 0x10000, 0x1000}); });
  };
  expect_errors({.flow = "mdev_queue_pin",
                 .setup = one_mdev,
                 .base = [](call&) {},
                 .rows = {{"no device", EBADF, no_mdev}, {"queued", EBUSY, queued}},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, copy) {
  const auto read_only = [](call& c) {
    c.before.push_back([](world* w) { first_dma(w)->prot.poke(type1::IOMMU_READ); });
    c["direction"] = 1;
  };
  const auto exec = [](call& c) {
    c.before.push_back([](world* w) { make_call(w, "user_exec", {0, 0x200000}); });
  };
  expect_errors({.flow = "mdev_rw",
                 .setup = one_mdev,
                 .base = [](call& c) { c["user"] = 0; },
                 .rows = {{"no device", EBADF, no_mdev},
                          {"no process", ESRCH, no_user},
                          {"nothing", EINVAL, [](call& c) { c["length"] = 0; }},
                          {"not mapped", EINVAL, [](call& c) { c["iova"] = 0x14000; }, 99},
                          {"read only", EPERM, read_only},
                          {"the process has gone", EPERM, exec},
                          {"not there", EFAULT, [](call& c) { c.fail("dma_rw"); }}},
                 .elsewhere = {EBUSY},
                 .c = type1_config()});
}

TEST(vfio_type1_errors, processes) {
  expect_errors({.flow = "user_fork",
                 .setup = nothing,
                 .base = [](call&) {},
                 .rows = {{"no process", ESRCH, no_user},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }}},
                 .elsewhere = {EAGAIN},
                 .c = type1_config()});
  expect_errors({.flow = "user_exec",
                 .setup = nothing,
                 .base = [](call&) {},
                 .rows = {{"no process", ESRCH, no_user},
                          {"no memory", ENOMEM, [](call& c) { c.fail("kmalloc"); }},
                          {"it has gone", ESRCH, gone}},
                 .c = type1_config()});
  expect_errors({.flow = "user_exit",
                 .setup = nothing,
                 .base = [](call&) {},
                 .rows = {{"no process", ESRCH, no_user}, {"it has gone", ESRCH, gone}},
                 .c = type1_config()});
  expect_errors({.flow = "type1_change_mm",
                 .setup = one_domain,
                 .base = [](call&) {},
                 .rows = {{"no container", EBADF, no_container},
                          {"no process", ESRCH, no_user},
                          {"too many for the process", ENOMEM, poor_heir}},
                 .elsewhere = {ENOTTY},
                 .c = with(type1_config(), {{"type1_vaddr", "change_mm"}})});
}

}  // namespace
}  // namespace iorace::kern::this_file
