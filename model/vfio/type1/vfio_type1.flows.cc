// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows. One line of the table per flow, one function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/vfio_type1_tables.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern::vfio_type1_tables {
namespace {

using namespace type1;

constexpr named_value iommu_types[] = {{"v2", VFIO_TYPE1v2_IOMMU}, {"v1", VFIO_TYPE1_IOMMU}};
constexpr named_value group_types[] = {{"emulated", VFIO_EMULATED_IOMMU},
                                       {"iommu", VFIO_IOMMU_COHERENT},
                                       {"snooping", VFIO_IOMMU_SNOOPING}};
constexpr named_value map_flags[] = {{"read", VFIO_DMA_MAP_FLAG_READ},
                                     {"write", VFIO_DMA_MAP_FLAG_WRITE},
                                     {"vaddr", VFIO_DMA_MAP_FLAG_VADDR}};
constexpr named_value unmap_flags[] = {{"all", VFIO_DMA_UNMAP_FLAG_ALL},
                                       {"vaddr", VFIO_DMA_UNMAP_FLAG_VADDR}};
constexpr named_value prot_flags[] = {{"read", IOMMU_READ}, {"write", IOMMU_WRITE}};
constexpr named_value drivers[] = {{"work", 0}, {"thread", 1}};
constexpr named_value directions[] = {{"read", 0}, {"write", 1}};

constexpr arg_info container_arg = {
    .name = "container", .kind = arg_kind::object, .cls = "container"};
constexpr arg_info member_arg = {.name = "member", .kind = arg_kind::object, .cls = "member"};
constexpr arg_info mdev_arg = {.name = "mdev", .kind = arg_kind::object, .cls = "mdev"};
// None is the first process; of a copy, a thread of the kernel.
constexpr arg_info user_arg = {.name = "user", .kind = arg_kind::object, .cls = "user"};
constexpr arg_info iova_arg = {.name = "iova", .kind = arg_kind::iova, .dull = 0x10000};
constexpr arg_info length_arg = {.name = "length", .kind = arg_kind::length, .dull = PAGE_SIZE};

ARGS(container_open, {.name = "type",
                      .kind = arg_kind::choice,
                      .choices = iommu_types,
                      .dull = VFIO_TYPE1v2_IOMMU});
ERRORS(container_open, ENOMEM, EINVAL, EMFILE);
ARGS(container_close, container_arg);
ERRORS(container_close, EBADF);
ARGS(group_attach, container_arg, user_arg,
     {.name = "type",
      .kind = arg_kind::choice,
      .choices = group_types,
      .dull = VFIO_EMULATED_IOMMU});
ERRORS(group_attach, EBADF, ESRCH, ENOMEM, EBUSY, EINVAL, EFAULT, EMFILE);
ARGS(group_detach, member_arg);
ERRORS(group_detach, EBADF, EBUSY);
ARGS(mdev_open, member_arg,
     {.name = "driver", .kind = arg_kind::choice, .choices = drivers, .dull = 0});
ERRORS(mdev_open, EBADF, ENODEV, EINVAL, ENOMEM, EMFILE);
ARGS(mdev_close, mdev_arg);
ERRORS(mdev_close, EBADF);
ARGS(type1_map, container_arg, user_arg, iova_arg,
     {.name = "vaddr", .kind = arg_kind::uptr, .dull = user_memory_start}, length_arg,
     {.name = "flags",
      .kind = arg_kind::flags,
      .choices = map_flags,
      .dull = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE});
ERRORS(type1_map, EBADF, ESRCH, EINVAL, ENOENT, EEXIST, ENOSPC, ENOMEM, EFAULT);
ARGS(type1_unmap, container_arg, iova_arg, length_arg,
     {.name = "flags", .kind = arg_kind::flags, .choices = unmap_flags, .dull = 0});
ERRORS(type1_unmap, EBADF, EINVAL, EBUSY, EFAULT);
ARGS(type1_change_mm, container_arg, user_arg);
ERRORS(type1_change_mm, EBADF, ESRCH, ENOTTY, ENOMEM);
ARGS(mdev_pin, mdev_arg, iova_arg, length_arg,
     {.name = "prot", .kind = arg_kind::flags, .choices = prot_flags, .dull = IOMMU_READ});
ERRORS(mdev_pin, EBADF, EINVAL, ENOMEM, E2BIG, EACCES, EBUSY, EPERM, ENODEV, EFAULT, ESRCH);
ARGS(mdev_queue_pin, mdev_arg, iova_arg, length_arg);
ERRORS(mdev_queue_pin, EBADF, EBUSY);
ARGS(mdev_unpin, mdev_arg, iova_arg, length_arg);
ERRORS(mdev_unpin, EBADF, EINVAL);
ARGS(mdev_rw, mdev_arg, user_arg, iova_arg, length_arg,
     {.name = "direction", .kind = arg_kind::choice, .choices = directions, .dull = 0});
ERRORS(mdev_rw, EBADF, ESRCH, EINVAL, EBUSY, EPERM, EFAULT);
ARGS(user_fork, user_arg);
ERRORS(user_fork, ESRCH, ENOMEM, EAGAIN);
ARGS(user_exec, user_arg, {.name = "memory", .kind = arg_kind::uptr, .dull = user_memory_start});
ERRORS(user_exec, ESRCH, ENOMEM);
ARGS(user_exit, user_arg);
ERRORS(user_exit, ESRCH);

u32 id_of(u64 value) { return static_cast<u32>(value); }

call_result made(int rc, u32 id) { return rc != 0 ? call_result{rc, 0} : call_result{0, id}; }

// Runs `body` as a thread of the process.
template <class Body>
int as_user(u32 number, Body body) {
  user_task* const task = get_user(number);
  if (task == nullptr) return -ESRCH;
  type1::mm_struct* const mm = get_task_mm(task);
  const int rc = mm == nullptr ? -ESRCH : body(task, mm);
  if (mm != nullptr) mmput(mm);
  put_user(task);
  return rc;
}
template <class Body>
int on_container(const call_args& a, Body body) {
  vfio_iommu* const iommu = get_container(id_of(a.value[0]));
  if (iommu == nullptr) return -EBADF;
  const int rc = body(iommu);
  put_container(iommu);
  return rc;
}
template <class Body>
int on_mdev(const call_args& a, Body body) {
  mdev_device* const device = get_mdev(id_of(a.value[0]));
  if (device == nullptr) return -EBADF;
  const int rc = body(device);
  put_mdev(device);
  return rc;
}

call_result open_container(world&, const call_args& a) {
  u32 fd = 0;
  const int rc = container_open(id_of(a.value[0]), &fd);
  return made(rc, fd);
}
call_result close_container(world&, const call_args& a) {
  return {container_close(id_of(a.value[0])), 0};
}
call_result attach(world&, const call_args& a) {
  u32 fd = 0;
  const int rc = as_user(id_of(a.value[1]), [&](user_task*, type1::mm_struct* mm) {
    return group_attach(id_of(a.value[0]), id_of(a.value[2]), mm, &fd);
  });
  return made(rc, fd);
}
call_result detach(world&, const call_args& a) { return {group_detach(id_of(a.value[0])), 0}; }
call_result open_mdev(world&, const call_args& a) {
  u32 fd = 0;
  const int rc = mdev_open(id_of(a.value[0]), a.value[1] != 0, &fd);
  return made(rc, fd);
}
call_result close_mdev(world&, const call_args& a) { return {mdev_close(id_of(a.value[0])), 0}; }
call_result map(world&, const call_args& a) {
  const dma_map_request what = {a.value[2], a.value[3], a.value[4], id_of(a.value[5])};
  const int rc = on_container(a, [&](vfio_iommu* iommu) {
    return as_user(id_of(a.value[1]), [&](user_task* task, type1::mm_struct* mm) {
      return vfio_dma_do_map(iommu, task, mm, what);
    });
  });
  return {rc, 0};
}
call_result unmap(world&, const call_args& a) {
  unsigned long unmapped = 0;
  const int rc = on_container(a, [&](vfio_iommu* iommu) {
    const int ret = vfio_dma_do_unmap(iommu, a.value[1], a.value[2], id_of(a.value[3]), &unmapped);
    // How much it was; it stays unmapped in any case.
    return ret == 0 && !copy_to_user("type1_unmap") ? -EFAULT : ret;
  });
  return {rc, 0};
}
call_result change_mm(world&, const call_args& a) {
  const int rc = on_container(a, [&](vfio_iommu* iommu) {
    return as_user(id_of(a.value[1]), [&](user_task* task, type1::mm_struct* mm) {
      return vfio_iommu_change_mm(iommu, task, mm);
    });
  });
  return {rc, 0};
}
call_result pin(world&, const call_args& a) {
  return {on_mdev(a,
                  [&](mdev_device* device) {
                    return mdev_pin_pages(device, a.value[1], a.value[2], id_of(a.value[3]));
                  }),
          0};
}
call_result queue_pin(world&, const call_args& a) {
  return {
      on_mdev(a,
              [&](mdev_device* device) { return mdev_queue_pin(device, a.value[1], a.value[2]); }),
      0};
}
call_result unpin(world&, const call_args& a) {
  return {
      on_mdev(
          a, [&](mdev_device* device) { return mdev_unpin_pages(device, a.value[1], a.value[2]); }),
      0};
}
call_result rw(world&, const call_args& a) {
  const int rc = on_mdev(a, [&](mdev_device* device) {
    const auto copy = [&](user_task*, type1::mm_struct* mm) {
      return mdev_rw(device, mm, a.value[2], a.value[3], a.value[4] != 0);
    };
    return a.value[1] == 0 ? copy(nullptr, nullptr) : as_user(id_of(a.value[1]), copy);
  });
  return {rc, 0};
}
call_result fork(world&, const call_args& a) {
  u32 child = 0;
  const int rc = user_fork(id_of(a.value[0]), &child);
  return made(rc, child);
}
call_result exec(world&, const call_args& a) {
  return {user_exec(id_of(a.value[0]), a.value[1]), 0};
}
call_result exit(world&, const call_args& a) { return {user_exit(id_of(a.value[0])), 0}; }

#define VFIO(at) "drivers/vfio/" at
#define TYPE1(function) VFIO("vfio_iommu_type1.c:" function)

constexpr flow_info flow_table[] = {
    FLOW(syscall, container_open, open_container, "container", "Opens a container.",
         TYPE1("vfio_iommu_type1_open")),
    FLOW(syscall, container_close, close_container, nullptr, "Closes the container's file.",
         VFIO("container.c:vfio_fops_release")),
    FLOW(syscall, group_attach, attach, "member", "Puts a group of devices into the container.",
         TYPE1("vfio_iommu_type1_attach_group")),
    FLOW(syscall, group_detach, detach, nullptr, "Takes it out again.",
         TYPE1("vfio_iommu_type1_detach_group")),
    FLOW(syscall, mdev_open, open_mdev, "mdev",
         "Opens a device of a group without an iommu; pins by a work item or a thread.",
         VFIO("vfio_main.c:vfio_df_device_first_open")),
    FLOW(syscall, mdev_close, close_mdev, nullptr, "Closes its file.",
         VFIO("vfio_main.c:vfio_df_device_last_close")),
    FLOW(syscall, type1_map, map, nullptr,
         "Maps the user's memory, or gives a mapping its address back.", TYPE1("vfio_dma_do_map")),
    FLOW(syscall, type1_unmap, unmap, nullptr, "Unmaps a range, or takes the addresses away.",
         TYPE1("vfio_dma_do_unmap")),
    FLOW(syscall, type1_change_mm, change_mm, nullptr,
         "Moves all mappings to a process; a proposal.",
         "[PATCH RFC v2 00/13] IOMMUFD Generic interface"),
    FLOW(syscall, mdev_pin, pin, nullptr, "The driver pins pages within a call of the user's.",
         TYPE1("vfio_iommu_type1_pin_pages")),
    FLOW(syscall, mdev_queue_pin, queue_pin, nullptr, "The driver's worker is to pin pages.",
         TYPE1("vfio_iommu_type1_pin_pages")),
    FLOW(syscall, mdev_unpin, unpin, nullptr, "The driver unpins what it has pinned there.",
         TYPE1("vfio_iommu_type1_unpin_pages")),
    FLOW(syscall, mdev_rw, rw, nullptr, "The driver copies from or to the user's memory.",
         TYPE1("vfio_iommu_type1_dma_rw")),
    FLOW(syscall, user_fork, fork, "user", "Forks a process, the first one if none is named.",
         "kernel/fork.c:copy_mm"),
    FLOW(syscall, user_exec, exec, nullptr, "The process gets other memory, mapped from there on.",
         "fs/exec.c:exec_mmap"),
    FLOW(syscall, user_exit, exit, nullptr, "The process ends.", "kernel/exit.c:exit_mm"),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  if (name == "container") return class_of<vfio_iommu>();
  if (name == "member") return class_of<vfio_group>();
  if (name == "mdev") return class_of<mdev_device>();
  if (name == "user") return class_of<user_task>();
  return nullptr;
}

}  // namespace iorace::kern::vfio_type1_tables
