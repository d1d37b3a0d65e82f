// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows: what a simulated CPU can be told to do. One line of the table per flow, one
// function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/ioas.h"
#include "model/iommufd/iommufd_tables.h"
#include "model/iommufd/mock_domain.h"
#include "model/iommufd/selftest.h"
#include "model/iommufd/vfio_compat.h"

namespace iorace::kern::iommufd_tables {
namespace {

constexpr named_value map_flags[] = {
    {"fixed_iova", IOMMU_IOAS_MAP_FIXED_IOVA},
    {"writeable", IOMMU_IOAS_MAP_WRITEABLE},
    {"readable", IOMMU_IOAS_MAP_READABLE},
};
constexpr u32 map_flags_all = 7;
constexpr named_value create_flags[] = {{"needs_pin_pages", 1}};
constexpr named_value write_flag[] = {{"write", 1}};
constexpr named_value rw_flags[] = {{"write", MOCK_ACCESS_RW_WRITE},
                                    {"slow_path", MOCK_ACCESS_RW_SLOW_PATH}};
constexpr named_value enable_values[] = {{"disable", 0}, {"enable", 1}};

constexpr arg_info ioas_arg = {.name = "ioas", .kind = arg_kind::object, .cls = "ioas"};
constexpr arg_info hwpt_arg = {.name = "hwpt", .kind = arg_kind::object, .cls = "hwpt"};
constexpr arg_info access_arg = {.name = "access", .kind = arg_kind::object, .cls = "access"};
constexpr arg_info item_arg = {.name = "item", .kind = arg_kind::object, .cls = "item"};
constexpr arg_info iova_arg = {.name = "iova", .kind = arg_kind::iova, .dull = 0x10000};
constexpr arg_info length_arg = {.name = "length", .kind = arg_kind::length, .dull = 0x1000};
constexpr arg_info uptr_arg = {.name = "uptr", .kind = arg_kind::uptr, .dull = user_memory_start};
constexpr arg_info check_uptr_arg = {.name = "uptr", .kind = arg_kind::uptr, .dull = 0};
constexpr arg_info map_flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = map_flags, .dull = map_flags_all};
constexpr arg_info create_flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = create_flags, .dull = 1};
constexpr arg_info write_flag_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = write_flag, .dull = 0};
constexpr arg_info rw_flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = rw_flags, .dull = 0};
constexpr arg_info no_flags_arg = {.name = "flags", .kind = arg_kind::flags, .dull = 0};
constexpr arg_info id_arg = {.name = "id", .kind = arg_kind::choice, .dull = 1};
constexpr arg_info value_arg = {
    .name = "value", .kind = arg_kind::choice, .choices = enable_values, .dull = 0};

ERRORS(ioas_alloc, ENOMEM, EFAULT, EBUSY);
ARGS(ioas_destroy, ioas_arg);
ERRORS(ioas_destroy, ENOENT, EBUSY);
ARGS(ioas_map, ioas_arg, iova_arg, length_arg, uptr_arg, map_flags_arg);
ERRORS(ioas_map, EOPNOTSUPP, EOVERFLOW, EINVAL, ENOENT, ENOMEM, EEXIST, ENOSPC, EPERM, EFAULT);
ARGS(ioas_copy, {.name = "dst", .kind = arg_kind::object, .cls = "ioas"},
     {.name = "src", .kind = arg_kind::object, .cls = "ioas"},
     {.name = "dst_iova", .kind = arg_kind::iova, .dull = 0x10000},
     {.name = "src_iova", .kind = arg_kind::iova, .dull = 0x10000}, length_arg, map_flags_arg);
ERRORS(ioas_copy, EOPNOTSUPP, EOVERFLOW, EINVAL, ENOENT, ENOMEM, EEXIST, ENOSPC, EPERM, EFAULT);
ARGS(ioas_unmap, ioas_arg, iova_arg, length_arg);
ERRORS(ioas_unmap, ENOENT, EOVERFLOW, EINVAL, EBUSY, EDEADLOCK, EFAULT);
ARGS(ioas_unmap_all, ioas_arg);
ERRORS(ioas_unmap_all, ENOENT, EBUSY, EDEADLOCK, EFAULT);
ARGS(ioas_huge_pages, ioas_arg, value_arg);
ERRORS(ioas_huge_pages, ENOENT, EINVAL, EADDRINUSE, EFAULT);
ARGS(ioas_add_reserved, ioas_arg, iova_arg, length_arg);
ERRORS(ioas_add_reserved, EINVAL, EOVERFLOW, ENOENT, EADDRINUSE, ENOMEM);
ARGS(vfio_unmap_dma, ioas_arg, iova_arg, length_arg);
ERRORS(vfio_unmap_dma, EFAULT, ENOENT, EINVAL, EOVERFLOW, EBUSY, EDEADLOCK, ENOMEM);
ARGS(hwpt_alloc, ioas_arg, no_flags_arg);
ERRORS(hwpt_alloc, EINVAL, EOPNOTSUPP, ENOMEM, EADDRINUSE, EFAULT, ENOENT, EBUSY);
ARGS(hwpt_destroy, hwpt_arg);
ERRORS(hwpt_destroy, ENOENT, EBUSY);
ARGS(object_destroy, id_arg);
ERRORS(object_destroy, ENOENT, EBUSY);
ARGS(access_create, create_flags_arg);
ERRORS(access_create, EOPNOTSUPP, ENOMEM, EBUSY);
ARGS(test_create_access, ioas_arg, create_flags_arg);
ERRORS(test_create_access, EOPNOTSUPP, ENOMEM, EBUSY, ENOENT, EADDRINUSE, EFAULT);
ARGS(access_attach, access_arg, ioas_arg);
ERRORS(access_attach, EBADFD, EINVAL, ENOENT, EBUSY, ENOMEM, EADDRINUSE);
ARGS(access_replace, access_arg, ioas_arg);
ERRORS(access_replace, EBADFD, ENOENT, EBUSY, ENOMEM, EADDRINUSE);
ARGS(access_detach, access_arg);
ERRORS(access_detach, EBADFD, EINVAL);
ARGS(access_pages, access_arg, iova_arg, length_arg, check_uptr_arg, write_flag_arg);
ERRORS(access_pages, ENOMEM, EOPNOTSUPP, EBADFD, EINVAL, EOVERFLOW, ENOENT, EPERM, EFAULT, EBADE);
ARGS(item_destroy, access_arg, item_arg);
ERRORS(item_destroy, EBADFD, ENOENT);
ARGS(access_pin_pages, access_arg, iova_arg, length_arg, write_flag_arg);
ERRORS(access_pin_pages, EBADFD, EOPNOTSUPP, ENOMEM, EINVAL, EOVERFLOW, ENOENT, EPERM, EFAULT);
ARGS(access_unpin_pages, access_arg, iova_arg, length_arg);
ERRORS(access_unpin_pages, EBADFD, ENOENT);
ARGS(access_rw, access_arg, iova_arg, length_arg, rw_flags_arg);
ERRORS(access_rw, ENOMEM, EOPNOTSUPP, EBADFD, EFAULT, EINVAL, EOVERFLOW, ENOENT, EPERM);
ARGS(access_destroy, access_arg);
ERRORS(access_destroy, EBADFD, EBUSY);
ARGS(access_close, access_arg);
ERRORS(access_close, EBADF);

u32 id_of(u64 value) { return static_cast<u32>(value); }
int fd_of(u64 value) { return static_cast<int>(value); }
call_result result(int rc, u64 out) { return {rc, rc == 0 ? out : 0}; }

call_result ioas_alloc(world& w, const call_args&) {
  u32 id = 0;
  const int rc = iommufd_ioas_alloc_ioctl(w.ictx, &id);
  return result(rc, id);
}

// IOMMU_DESTROY does not ask for a type: the flows differ in what a program may name.
call_result destroy(world& w, const call_args& a) {
  return {iommufd_destroy(w.ictx, id_of(a.value[0])), 0};
}

call_result ioas_map(world& w, const call_args& a) {
  ioas_map_cmd cmd = {.flags = id_of(a.value[4]),
                      .ioas_id = id_of(a.value[0]),
                      .user_va = a.value[3],
                      .length = a.value[2],
                      .iova = a.value[1]};
  const int rc = iommufd_ioas_map(w.ictx, &cmd);
  return result(rc, cmd.iova);
}

call_result ioas_copy(world& w, const call_args& a) {
  ioas_copy_cmd cmd = {.flags = id_of(a.value[5]),
                       .dst_ioas_id = id_of(a.value[0]),
                       .src_ioas_id = id_of(a.value[1]),
                       .length = a.value[4],
                       .dst_iova = a.value[2],
                       .src_iova = a.value[3]};
  const int rc = iommufd_ioas_copy(w.ictx, &cmd);
  return result(rc, cmd.dst_iova);
}

call_result ioas_unmap(world& w, const call_args& a) {
  ioas_unmap_cmd cmd = {.ioas_id = id_of(a.value[0]), .iova = a.value[1], .length = a.value[2]};
  return {iommufd_ioas_unmap(w.ictx, &cmd), 0};
}

call_result ioas_unmap_all(world& w, const call_args& a) {
  ioas_unmap_cmd cmd = {.ioas_id = id_of(a.value[0]), .iova = 0, .length = ULONG_MAX};
  return {iommufd_ioas_unmap(w.ictx, &cmd), 0};
}

call_result ioas_huge_pages(world& w, const call_args& a) {
  return {iommufd_ioas_option_huge_pages(w.ictx, id_of(a.value[0]), a.value[1]), 0};
}

call_result ioas_add_reserved(world& w, const call_args& a) {
  return {iommufd_test_add_reserved(w.ictx, id_of(a.value[0]), a.value[1], a.value[2]), 0};
}

call_result vfio_unmap_dma(world& w, const call_args& a) {
  return {iommufd_vfio_unmap_dma(w.ictx, id_of(a.value[0]), a.value[1], a.value[2]), 0};
}

call_result hwpt_alloc(world& w, const call_args& a) {
  u32 id = 0;
  const int rc = iommufd_hwpt_alloc(w.ictx, id_of(a.value[0]), id_of(a.value[1]), &id);
  return result(rc, id);
}

call_result access_create(world& w, const call_args& a) {
  int fd = 0;
  const int rc = access_driver_create(w.ictx, id_of(a.value[0]), &fd);
  return result(rc, static_cast<u64>(fd));
}

call_result test_create_access(world& w, const call_args& a) {
  int fd = 0;
  const int rc = iommufd_test_create_access(w.ictx, id_of(a.value[0]), id_of(a.value[1]), &fd);
  return result(rc, static_cast<u64>(fd));
}

call_result access_attach(world&, const call_args& a) {
  return {access_driver_attach(fd_of(a.value[0]), id_of(a.value[1])), 0};
}

call_result access_replace(world&, const call_args& a) {
  return {iommufd_test_access_replace_ioas(fd_of(a.value[0]), id_of(a.value[1])), 0};
}

call_result access_detach(world&, const call_args& a) {
  return {access_driver_detach(fd_of(a.value[0])), 0};
}

call_result access_pages(world&, const call_args& a) {
  access_pages_cmd cmd = {.iova = a.value[1],
                          .length = a.value[2],
                          .uptr = a.value[3],
                          .flags = id_of(a.value[4]),
                          .out_access_pages_id = 0};
  const int rc = iommufd_test_access_pages(fd_of(a.value[0]), &cmd);
  return result(rc, cmd.out_access_pages_id);
}

call_result item_destroy(world&, const call_args& a) {
  return {iommufd_test_access_item_destroy(fd_of(a.value[0]), id_of(a.value[1])), 0};
}

call_result access_pin_pages(world&, const call_args& a) {
  return {access_driver_pin_pages(fd_of(a.value[0]), a.value[1], a.value[2], id_of(a.value[3])), 0};
}

call_result access_unpin_pages(world&, const call_args& a) {
  return {access_driver_unpin_pages(fd_of(a.value[0]), a.value[1], a.value[2]), 0};
}

call_result access_rw(world&, const call_args& a) {
  return {iommufd_test_access_rw(fd_of(a.value[0]), a.value[1], a.value[2], id_of(a.value[3])), 0};
}

call_result access_destroy(world&, const call_args& a) {
  return {access_driver_destroy(fd_of(a.value[0])), 0};
}

call_result access_close(world&, const call_args& a) {
  struct file* const filp = file_close_fd(fd_of(a.value[0]));
  if (filp == nullptr) return {-EBADF, 0};
  fput(filp);
  return {0, 0};
}

// Domains are page tables that hardware walks.
consteval flow_info on_hardware(flow_info flow) {
  flow.needs = chapter_bit(chapter::hw) | chapter_bit(chapter::mock);
  return flow;
}

#define FILE_OF(file) "drivers/iommu/iommufd/" file

constexpr flow_info flow_table[] = {
    FLOW_OF(syscall, ioas_alloc, ioas_alloc, {}, "ioas", "Makes an IO address space.",
            FILE_OF("ioas.c:iommufd_ioas_alloc_ioctl")),
    FLOW(syscall, ioas_destroy, destroy, nullptr, "Destroys an IO address space.",
         FILE_OF("main.c:iommufd_destroy")),
    FLOW(syscall, ioas_map, ioas_map, "area", "Maps user memory at an IOVA.",
         FILE_OF("ioas.c:iommufd_ioas_map")),
    FLOW(syscall, ioas_copy, ioas_copy, "area", "Maps what another range maps.",
         FILE_OF("ioas.c:iommufd_ioas_copy")),
    FLOW(syscall, ioas_unmap, ioas_unmap, nullptr, "Unmaps all areas of a range.",
         FILE_OF("ioas.c:iommufd_ioas_unmap")),
    FLOW(syscall, ioas_unmap_all, ioas_unmap_all, nullptr, "Unmaps all areas.",
         FILE_OF("ioas.c:iommufd_ioas_unmap")),
    FLOW(syscall, ioas_huge_pages, ioas_huge_pages, nullptr,
         "Allows or forbids huge pages; without them areas may be split.",
         FILE_OF("ioas.c:iommufd_ioas_option_huge_pages")),
    FLOW(syscall, ioas_add_reserved, ioas_add_reserved, nullptr, "Reserves a range of IOVA.",
         FILE_OF("selftest.c:iommufd_test_add_reserved")),
    FLOW(syscall, vfio_unmap_dma, vfio_unmap_dma, nullptr,
         "Unmaps a range, splitting areas at its ends if huge pages are forbidden.",
         FILE_OF("vfio_compat.c:iommufd_vfio_unmap_dma")),
    on_hardware(FLOW(syscall, hwpt_alloc, hwpt_alloc, "hwpt",
                     "Adds a domain, and a mock device to it, to an IO address space.",
                     FILE_OF("hw_pagetable.c:iommufd_hwpt_alloc"))),
    on_hardware(FLOW(syscall, hwpt_destroy, destroy, nullptr,
                     "Takes the domain and its device away again.",
                     FILE_OF("main.c:iommufd_destroy"))),
    FLOW(syscall, object_destroy, destroy, nullptr, "Destroys whatever object has the number.",
         FILE_OF("main.c:iommufd_destroy")),
    FLOW(kernel, access_create, access_create, "access", "A driver makes an access.",
         FILE_OF("device.c:iommufd_access_create")),
    FLOW(syscall, test_create_access, test_create_access, "access",
         "The selftest makes an access and attaches it.",
         FILE_OF("selftest.c:iommufd_test_create_access")),
    FLOW(kernel, access_attach, access_attach, nullptr, "A driver attaches its access.",
         "drivers/vfio/iommufd.c:vfio_iommufd_emulated_attach_ioas"),
    FLOW(syscall, access_replace, access_replace, nullptr,
         "Moves the access to another IO address space.",
         FILE_OF("selftest.c:iommufd_test_access_replace_ioas")),
    FLOW(kernel, access_detach, access_detach, nullptr, "A driver detaches its access.",
         "drivers/vfio/iommufd.c:vfio_iommufd_emulated_detach_ioas"),
    FLOW(syscall, access_pages, access_pages, "item",
         "The selftest pins pages and remembers them as an item.",
         FILE_OF("selftest.c:iommufd_test_access_pages")),
    FLOW(syscall, item_destroy, item_destroy, nullptr, "The selftest unpins an item.",
         FILE_OF("selftest.c:iommufd_test_access_item_destroy")),
    FLOW(kernel, access_pin_pages, access_pin_pages, nullptr, "A driver pins pages.",
         FILE_OF("device.c:iommufd_access_pin_pages")),
    FLOW(kernel, access_unpin_pages, access_unpin_pages, nullptr, "A driver unpins what it pinned.",
         FILE_OF("device.c:iommufd_access_unpin_pages")),
    FLOW(syscall, access_rw, access_rw, nullptr, "Copies to or from the IOVA.",
         FILE_OF("selftest.c:iommufd_test_access_rw")),
    FLOW(kernel, access_destroy, access_destroy, nullptr,
         "A driver destroys its access, pins and all.", FILE_OF("device.c:iommufd_access_destroy")),
    FLOW(syscall, access_close, access_close, nullptr,
         "Closes the selftest's file; the last reference releases the access.",
         FILE_OF("selftest.c:iommufd_test_staccess_release")),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {
      class_of<iommufd_ioas>(),      class_of<iommufd_hwpt_paging>(),  class_of<iommufd_access>(),
      class_of<iopt_area>(),         class_of<iopt_pages>(),           class_of<selftest_access>(),
      class_of<iopt_pages_access>(), class_of<selftest_access_item>(), class_of<struct file>(),
      class_of<iommufd_ctx>(),
  };
  return find_class(classes, name);
}

}  // namespace iorace::kern::iommufd_tables
