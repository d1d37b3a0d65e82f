// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows. One line of the table per flow, one function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/hw/context.h"
#include "model/hw/handle_flows.h"
#include "model/iommu/iommu_tables.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommu/vfio_group.h"

namespace iorace::kern::iommu_tables {
namespace {

constexpr named_value rids[] = {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}};
constexpr named_value flag_names[] = {
    {"reentrant", DEVICE_REENTRANT}, {"direct", DEVICE_DIRECT},
    {"pasid", DEVICE_PASID},         {"fwspec", DEVICE_FWSPEC},
    {"deferred", DEVICE_DEFERRED},   {"relaxable", DEVICE_RELAXABLE},
    {"reserved", DEVICE_RESERVED},   {"ats", DEVICE_ATS}};
constexpr u64 all_flags = DEVICE_REENTRANT | DEVICE_DIRECT | DEVICE_PASID | DEVICE_FWSPEC |
                          DEVICE_DEFERRED | DEVICE_RELAXABLE | DEVICE_RESERVED | DEVICE_ATS;
// What the driver that knows ATS does not do, and what it is not modelled with.
constexpr u64 without_ats = DEVICE_REENTRANT | DEVICE_DEFERRED | DEVICE_PASID;
constexpr named_value types[] = {{"dma", IOMMU_DOMAIN_DMA}, {"dma_fq", IOMMU_DOMAIN_DMA_FQ}};
constexpr named_value owners[] = {{"iommufd", 2}, {"other", 3}};

constexpr arg_info iommu_arg = {.name = "iommu", .kind = arg_kind::object, .cls = "iommu"};
constexpr arg_info device_arg = {.name = "device", .kind = arg_kind::object, .cls = "device"};
constexpr arg_info rid_arg = {.name = "rid", .kind = arg_kind::choice, .choices = rids, .dull = 0};
constexpr arg_info slot_arg = {.name = "slot", .kind = arg_kind::choice, .dull = 0};
constexpr arg_info flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = flag_names, .dull = 0};
constexpr arg_info type_arg = {
    .name = "type", .kind = arg_kind::choice, .choices = types, .dull = IOMMU_DOMAIN_DMA};
constexpr arg_info owner_arg = {
    .name = "owner", .kind = arg_kind::choice, .choices = owners, .dull = 2};

constexpr arg_info device_add_args[] = {iommu_arg, rid_arg, slot_arg, flags_arg};
constexpr arg_info one_device_args[] = {device_arg};
constexpr std::span<const arg_info> no_args;
constexpr arg_info typed_args[] = {device_arg, type_arg};
constexpr arg_info owned_args[] = {device_arg, owner_arg};

ERRORS(device_add, EBUSY, ENOENT, EINVAL, ENOSPC, EEXIST);
ERRORS(device_probe, ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC, EINVAL);
ERRORS(device_configure, ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC, EINVAL);
ERRORS(bus_probe, ENOMEM, ENOSPC, EINVAL);
ERRORS(device_remove, ENOENT, ENODEV);
ERRORS(driver_bind, ENOENT, ENODEV, EBUSY, EPROBE_DEFER);
ERRORS(driver_unbind, ENOENT, ENODEV);
ERRORS(driver_map_dma, ENOENT, ENODEV);
ERRORS(vfio_device_bind, ENOENT, ENODEV, EBUSY, EINVAL);
ERRORS(vfio_group_set_container, ENOENT, EINVAL, ENODEV, EPERM, EBUSY, ENOMEM, ENOSPC);
ERRORS(vfio_group_unset_container, ENOENT, EINVAL, EBUSY);
ERRORS(vfio_group_map_dma, ENOENT, EINVAL, EEXIST, ENOMEM);
ERRORS(vfio_group_unmap_dma, ENOENT, EINVAL);
ERRORS(vfio_group_open_device, ENOENT, ENODEV, EINVAL);
ERRORS(vfio_group_close_device, ENOENT, EBADF);
ERRORS(device_attach, ENOENT, ENODEV, EBUSY, ENOMEM, ENOSPC, EINVAL);
ERRORS(device_detach, ENOENT, ENODEV, EINVAL);
ERRORS(device_attach_pasid, ENOENT, ENODEV, EOPNOTSUPP, EBUSY, ENOMEM, ENOSPC);
ERRORS(device_detach_pasid, ENOENT, ENODEV, EINVAL);
ERRORS(device_reset, ENOENT, ENODEV, EBUSY, ENOMEM);
ERRORS(device_claim_owner, ENOENT, ENODEV, EINVAL, EPERM, EBUSY, ENOMEM);
ERRORS(device_release_owner, ENOENT, ENODEV, EINVAL);
ERRORS(iommu_group_type, ENOENT, EINVAL, ENODEV, EPERM, EBUSY, ENOMEM, ENOSPC);
ERRORS(device_dma, ENOENT, EFAULT);

constexpr u64 firmware_maps = DEVICE_DIRECT | DEVICE_RELAXABLE;

device* named(world& w, u64 handle) { return device_in(*w.iommu, handle); }

// As its driver knows the IOMMU; made with its first device.
iommu_device* iommu_of(iommu_world& here, hw_iommu* hw) {
  for (const known_iommu& known : here.iommus)
    if (known.iommu->hw.peek() == hw) return known.iommu;
  auto* const iommu = iorace::make<iommu_device>();
  mutex_init(&iommu->streams);
  mutex_init(&iommu->asid_lock);
  iommu->hw.poke(hw);
  auto* const blocked = iorace::make<core_domain>();
  blocked->iommu.poke(iommu);
  core_domain_init(blocked);
  iommu->blocked.poke(blocked);
  here.iommus.add({iommu});
  return iommu;
}

// Aliases are of one group and have no PASIDs; a group is behind one IOMMU. Returns 0 or the error.
int may_be_added(const iommu_world& here, const hw_iommu* hw, u64 rid, u64 slot, u64 flags) {
  for (unsigned i = 0; i < here.device_count; ++i) {
    const device* const other = here.devices[i];
    const hw_endpoint* const endpoint = other->endpoint.peek();
    const bool same_slot = other->slot.peek() == slot;
    if (same_slot && endpoint->iommu.peek() != hw) return -EINVAL;
    if (endpoint->iommu.peek() != hw || endpoint->rid.peek() != rid) continue;
    if (!same_slot) return -EINVAL;
    if (((flags | other->flags.peek()) & DEVICE_PASID) != 0) return -EEXIST;
  }
  return 0;
}

// Setups add devices: before there are tasks.
call_result device_add(world& w, const call_args& a) {
  iommu_world& here = *w.iommu;
  if (current_task() != 0) return {-EBUSY, 0};
  auto* const hw = static_cast<hw_iommu*>(hw_by_handle(a.value[0]));
  if (hw == nullptr) return {-ENOENT, 0};
  if (a.value[1] >= rids_max || a.value[2] >= slots_max || (a.value[3] & ~all_flags) != 0)
    return {-EINVAL, 0};
  const bool ats = (a.value[3] & DEVICE_ATS) != 0;
  if (ats && (a.value[3] & without_ats) != 0) return {-EINVAL, 0};
  if (here.device_count == group_devices_max) return {-ENOSPC, 0};
  const int rc = may_be_added(here, hw, a.value[1], a.value[2], a.value[3]);
  if (rc != 0) return {rc, 0};
  hw_endpoint* const endpoint = hw_endpoint_make(hw, static_cast<unsigned>(a.value[1]), ats);
  if (endpoint == nullptr) return {-EEXIST, 0};
  list(w.hw->ghost->endpoints, endpoint);
  auto* const dev = iorace::make<device>();
  init_rwsem(&dev->life);
  mutex_init(&dev->lock);
  refcount_set(&dev->registered, 0);
  init_completion(&dev->comp);
  dev->endpoint.poke(endpoint);
  iommu_device* const iommu = iommu_of(here, hw);
  dev->iommu_dev.poke(iommu);
  if (ats) iommu->has_ats.poke(1);
  dev->slot.poke(a.value[2]);
  dev->flags.poke(a.value[3]);
  if ((a.value[3] & DEVICE_FWSPEC) != 0) iommu_fwspec_init(dev);
  if ((a.value[3] & firmware_maps) != 0 && here.firmware == nullptr)
    here.firmware = iorace::make<dma_page>();
  here.devices[here.device_count++] = dev;
  return {0, here.device_count};
}

template <int (*Body)(device*)>
call_result of_one(world& w, const call_args& a) {
  device* const dev = named(w, a.value[0]);
  return {dev == nullptr ? -ENOENT : Body(dev), 0};
}
template <int (*Body)(device*, u64)>
call_result of_two(world& w, const call_args& a) {
  device* const dev = named(w, a.value[0]);
  return {dev == nullptr ? -ENOENT : Body(dev, a.value[1]), 0};
}
// Groups are VFIO's to claim, by an owner that nobody else names.
int claim(device* dev, u64 owner) {
  return owner == 0 || owner == OWNER_VFIO ? -EINVAL : driver_claim(dev, owner);
}
int store_type(device* dev, u64 type) {
  return type != IOMMU_DOMAIN_DMA && type != IOMMU_DOMAIN_DMA_FQ ? -EINVAL
                                                                 : group_store_type(dev, type);
}

call_result bus_pass(world&, const call_args&) { return {bus_iommu_probe(), 0}; }

constexpr flow_info flow_table[] = {
    FLOW(kernel, device_add, device_add, "device",
         "Adds a device to the machine; equal rids are aliases, a slot is a group.",
         "drivers/base/core.c:device_add"),
    FLOW_OF(kernel, device_probe, of_one<device_probe_flow>, one_device_args, nullptr,
            "The IOMMU driver probes it, and it joins its group.",
            "drivers/iommu/iommu.c:iommu_probe_device"),
    FLOW_OF(kernel, device_configure, of_one<device_configure>, one_device_args, nullptr,
            "Firmware names the IOMMU of a device, which is probed then.",
            "drivers/iommu/of_iommu.c:of_iommu_configure"),
    FLOW_OF(kernel, bus_probe, bus_pass, no_args, nullptr,
            "Probes all devices, then sets up the default domains of their groups.",
            "drivers/iommu/iommu.c:bus_iommu_probe"),
    FLOW_OF(kernel, device_remove, of_one<device_del>, one_device_args, nullptr,
            "Unbinds the driver and takes the device away.",
            "drivers/iommu/iommu.c:iommu_release_device"),
    FLOW_OF(kernel, driver_bind, of_one<driver_bind>, one_device_args, nullptr,
            "Binds a driver that uses the DMA API.",
            "drivers/iommu/iommu.c:iommu_device_use_default_domain"),
    FLOW_OF(kernel, driver_unbind, of_one<driver_unbind>, one_device_args, nullptr,
            "Unbinds whatever driver is bound.",
            "drivers/iommu/iommu.c:iommu_device_unuse_default_domain"),
    FLOW_OF(kernel, driver_map_dma, of_one<driver_map_dma>, one_device_args, nullptr,
            "A driver maps memory for DMA; an attach that was deferred is made.",
            "drivers/iommu/dma-iommu.c:iommu_dma_map_page"),
    FLOW_OF(kernel, vfio_device_bind, of_one<vfio_bind>, one_device_args, nullptr, "Binds VFIO.",
            "drivers/vfio/group.c:vfio_device_set_group"),
    FLOW_OF(syscall, vfio_group_set_container, of_one<vfio_set_container>, one_device_args, nullptr,
            "Claims the device's group and attaches a domain.",
            "drivers/vfio/container.c:vfio_container_attach_group"),
    FLOW_OF(syscall, vfio_group_unset_container, of_one<vfio_unset_container>, one_device_args,
            nullptr, "Detaches the group and frees the domain.",
            "drivers/vfio/container.c:vfio_group_detach_container"),
    FLOW_OF(syscall, vfio_group_map_dma, of_one<vfio_group_map_dma>, one_device_args, nullptr,
            "The user maps a page in the group's container.",
            "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_map"),
    FLOW_OF(syscall, vfio_group_unmap_dma, of_one<vfio_group_unmap_dma>, one_device_args, nullptr,
            "And takes it away.", "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_unmap"),
    FLOW_OF(syscall, vfio_group_open_device, of_one<vfio_open>, one_device_args, nullptr,
            "The user opens the device.", "drivers/vfio/group.c:vfio_df_group_open"),
    FLOW_OF(syscall, vfio_group_close_device, of_one<vfio_close>, one_device_args, nullptr,
            "The user closes it.", "drivers/vfio/group.c:vfio_df_group_close"),
    FLOW_OF(kernel, device_attach, of_one<driver_attach_own>, one_device_args, nullptr,
            "A driver attaches a domain of its own.", "drivers/iommu/iommu.c:iommu_attach_device"),
    FLOW_OF(kernel, device_detach, of_one<driver_detach_own>, one_device_args, nullptr,
            "And detaches it.", "drivers/iommu/iommu.c:iommu_detach_device"),
    FLOW_OF(kernel, device_reset, of_one<device_reset>, one_device_args, nullptr,
            "VFIO resets a device.", "drivers/pci/pci.c:pcie_flr"),
    FLOW_OF(kernel, device_claim_owner, of_two<claim>, owned_args, nullptr,
            "Claims DMA ownership by device.",
            "drivers/iommu/iommu.c:iommu_device_claim_dma_owner"),
    FLOW_OF(kernel, device_release_owner, of_one<driver_unclaim>, one_device_args, nullptr,
            "Gives one claim back.", "drivers/iommu/iommu.c:iommu_device_release_dma_owner"),
    FLOW_OF(syscall, iommu_group_type, of_two<store_type>, typed_args, nullptr,
            "Changes the type of the group's default domain.",
            "drivers/iommu/iommu.c:iommu_group_store_type"),
    FLOW_OF(agent, device_dma, of_one<device_dma>, one_device_args, nullptr,
            "The device writes to a page of the user's.", "hardware"),
    FLOW_OF(kernel, device_attach_pasid, of_one<driver_attach_pasid>, one_device_args, nullptr,
            "A driver attaches a domain to a PASID.",
            "drivers/iommu/iommu.c:iommu_attach_device_pasid"),
    FLOW_OF(kernel, device_detach_pasid, of_one<driver_detach_pasid>, one_device_args, nullptr,
            "And detaches it.", "drivers/iommu/iommu.c:iommu_detach_device_pasid"),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {
      class_of<device>(),        class_of<iommu_group>(),    class_of<core_domain>(),
      class_of<dev_iommu>(),     class_of<iommu_master>(),   class_of<vfio_iommu_group>(),
      class_of<group_device>(),  class_of<bus_slot>(),       class_of<probe_serialiser>(),
      class_of<iommu_device>(),  class_of<dev_pasid_info>(), class_of<iommu_fwspec>(),
      class_of<master_domain>(),
  };
  return find_class(classes, name);
}

}  // namespace iorace::kern::iommu_tables
