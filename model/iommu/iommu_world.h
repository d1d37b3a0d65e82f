// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter has of its own in an execution: the devices that programs name, topology (which
// devices the bus puts into one group), what the driver knows of IOMMUs and VFIO of groups.
#pragma once

#include "model/iommu/iommu.h"
#include "model/iommufd/ghosts.h"

namespace iorace::kern {

inline constexpr unsigned slots_max = 9;
inline constexpr unsigned group_devices_max = 32;

struct vfio_iommu_group;

// What is shared by the devices that the hardware cannot tell apart.
struct bus_slot {
  mutex lock;
  shared<iommu_group*> group;            // no reference: the group takes itself out
  shared<vfio_iommu_group*> vfio_group;  // lives as long as the execution
};
IORACE_DESCRIBE(bus_slot, "slot", lock, group, vfio_group);

struct probe_serialiser {
  mutex lock;  // iommu_probe_device_lock
};
IORACE_DESCRIBE(probe_serialiser, "iommu_probe", lock);

// What invariants remember; used inside peek_scopes only.
struct ghost_group {
  iommu_group* group;
};
struct iommu_ghosts {
  ghost_set<ghost_group> groups;  // alive
};

struct known_iommu {
  iommu_device* iommu;
};

struct iommu_world {
  probe_serialiser* probe;
  bus_slot* slots[slots_max];
  device* devices[group_devices_max];  // written before tasks start
  unsigned device_count;
  dma_page* firmware;             // what it uses devices for, once one is added that it uses
  ghost_set<known_iommu> iommus;  // likewise
  iommu_ghosts ghost;
};

// Handles are numbers of devices, from 1 on. Only setups add devices: task 0.
inline device* device_in(const iommu_world& here, u64 handle) {
  return handle == 0 || handle > here.device_count ? nullptr : here.devices[handle - 1];
}

}  // namespace iorace::kern
