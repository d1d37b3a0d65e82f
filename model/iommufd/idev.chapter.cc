// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices of the iommu core in iommufd, as a chapter: the one place where programs of both meet.
#include <new>

#include "model/flow_rows.h"
#include "model/hw/dma.h"
#include "model/iommu/iommu_world.h"
#include "model/iommufd/idev_tables.h"
#include "model/iommufd/vfio_cdev.h"

namespace iorace::kern::idev_tables {
namespace {

constexpr arg_info device_arg = {.name = "device", .kind = arg_kind::object, .cls = "device"};
constexpr arg_info ioas_arg = {.name = "ioas", .kind = arg_kind::object, .cls = "ioas"};
constexpr arg_info iova_arg = {.name = "iova", .kind = arg_kind::iova, .dull = PAGE_SIZE};

ARGS(vfio_cdev_bind, device_arg);
ERRORS(vfio_cdev_bind, ENOENT, ENODEV, EINVAL, EPERM, EBUSY, ENOMEM, EFAULT);
ARGS(vfio_cdev_attach, device_arg, ioas_arg);
ERRORS(vfio_cdev_attach, ENOENT, EINVAL, EADDRINUSE, EBUSY, ENOMEM, ENOSPC, EFAULT);
ARGS(vfio_cdev_detach, device_arg);
ERRORS(vfio_cdev_detach, ENOENT, EINVAL);
ARGS(vfio_cdev_close, device_arg);
ERRORS(vfio_cdev_close, ENOENT, EBADF);
ARGS(device_dma_read, device_arg, iova_arg);
ERRORS(device_dma_read, ENOENT, EFAULT);
ARGS(device_dma_write, device_arg, iova_arg);
ERRORS(device_dma_write, ENOENT, EFAULT);

call_result bind(world& w, const call_args& a) {
  struct device* const dev = device_in(*w.iommu, a.value[0]);
  if (dev == nullptr) return {-ENOENT, 0};
  u32 id = 0;
  const int rc = vfio_cdev_bind(dev, &id);
  return {rc, rc == 0 ? id : 0};
}
call_result attach(world& w, const call_args& a) {
  struct device* const dev = device_in(*w.iommu, a.value[0]);
  return {dev == nullptr ? -ENOENT : vfio_cdev_attach(dev, static_cast<u32>(a.value[1])), 0};
}
template <int (*Body)(struct device*)>
call_result of_one(world& w, const call_args& a) {
  struct device* const dev = device_in(*w.iommu, a.value[0]);
  return {dev == nullptr ? -ENOENT : Body(dev), 0};
}
template <bool Write>
call_result dma(world& w, const call_args& a) {
  const struct device* const dev = device_in(*w.iommu, a.value[0]);
  if (dev == nullptr) return {-ENOENT, 0};
  return {dma_access(dev->endpoint.peek(), IOMMU_NO_PASID, a.value[1], Write), 0};
}

constexpr flow_info flow_table[] = {
    FLOW(syscall, vfio_cdev_bind, bind, "idevice",
         "The user opens a device and binds it to iommufd.",
         "drivers/vfio/device_cdev.c:vfio_df_ioctl_bind_iommufd"),
    FLOW(syscall, vfio_cdev_attach, attach, nullptr,
         "Attaches a bound device to an IO address space, or moves it to another.",
         "drivers/vfio/device_cdev.c:vfio_df_ioctl_attach_pt"),
    FLOW(syscall, vfio_cdev_detach, of_one<vfio_cdev_detach>, nullptr, "And detaches it.",
         "drivers/vfio/device_cdev.c:vfio_df_ioctl_detach_pt"),
    FLOW(syscall, vfio_cdev_close, of_one<vfio_cdev_close>, nullptr, "The user closes the device.",
         "drivers/vfio/device_cdev.c:vfio_df_unbind_iommufd"),
    FLOW(agent, device_dma_read, dma<false>, nullptr, "The device reads memory.", "hardware"),
    FLOW(agent, device_dma_write, dma<true>, nullptr, "The device writes to memory.", "hardware"),
};

constexpr knob_value hw_pagetable_detach_read_values[] = {
    {"unlocked", "I1d", "Before it takes the lock of the group: another device may move the group.",
     "6.12.117", "cdev_detach_replace", "data-race"},
    {"locked", "I1ds", "Under the lock.", "ours", "cdev_detach_replace", "clean"},
};
constexpr knob_value auto_domain_publish_values[] = {
    {"after_attach", "I1e",
     "Marked and published once the group is attached: another device may let go of it before.",
     "6.12.117", "cdev_replace_replace", "data-race"},
    {"marked_first", "I1em",
     "Marked, attached, published: who lets go of it destroys what nobody can find yet.", "ours",
     "cdev_replace_replace", "out-of-bounds"},
    {"before_attach", "I1es", "Marked and published before it is attached, with a reference.",
     "ours", "cdev_replace_replace", "clean"},
};

constexpr knob_value device_replace_unwind_values[] = {
    {"drops_all", "I1f",
     "All that the devices reserve there, though they may be attached to the same IO address "
     "space.",
     "6.12.117", "cdev_reattach", "reserved-not-kept"},
    {"drops_new", "I1fs", "What was reserved for the move.", "ours", "cdev_reattach", "clean"},
};

constexpr knob_info knob_table[] = {
    {"hw_pagetable_detach.read", "When a detach reads what its group is attached to.",
     hw_pagetable_detach_read_values, 1},
    {"auto_domain.publish", "When others find a page table that is made for a device.",
     auto_domain_publish_values, 2},
    {"device_replace.unwind", "What a move that failed gives up of what devices reserve.",
     device_replace_unwind_values, 1},
};
static_assert(std::size(knob_table) == knob::idev_count - knob::idev_before - 1);

constexpr invariant_info invariant_table[] = {
    {"reserved-not-kept", "I1.11", "The user could map what an attached device cannot reach.",
     "when the lock of a group that iommufd has is dropped"},
};

constexpr probe_info probe_table[] = {
    {"igroup_shared", "A device was bound whose group the context had already.", false},
    {"auto_domain_shared", "A device was attached to the domain that another one had got.", false},
    {"auto_domain_made", "A device got a domain of its own.", false},
    {"auto_domain_gone", "The last device of a domain was detached.", false},
    {"idev_replaced", "A device moved to another domain.", false},
    {"reserved_in_use", "What a device cannot reach was mapped by the user.", false},
    {"reserved_undone", "An attach failed and gave up what a device had reserved.", false},
    {"firmware_gave_way", "A device was attached whose firmware reserves nothing.", false},
};
static_assert(std::size(probe_table) == probe::idev_count - probe::idev_before - 1);

}  // namespace

std::span<const flow_info> flows() { return flow_table; }
std::span<const knob_info> knobs() { return knob_table; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return invariant_table; }
std::span<const probe_info> probes() { return probe_table; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {class_of<iommufd_core_device>(),
                                                  class_of<iommufd_group>(), class_of<vfio_cdev>()};
  return find_class(classes, name);
}

// The cdevs: hardware and files of the user, which live as long as the execution.
struct vfio_cdevs {
  vfio_cdev cdev[group_devices_max];
};
IORACE_DESCRIBE(vfio_cdevs, "cdevs", cdev);

void make(world& w) {
  w.idev = ::new (scratch(sizeof(idev_world))) idev_world{};
  w.idev->cdevs = iorace::make<vfio_cdevs>()->cdev;
  for (unsigned i = 0; i < group_devices_max; ++i) mutex_init(&w.idev->cdevs[i].lock);
}

void finish(world& w) {
  for (unsigned i = 0; i < w.iommu->device_count; ++i) vfio_cdev_close(w.iommu->devices[i]);
}

}  // namespace iorace::kern::idev_tables
