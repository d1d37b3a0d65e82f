// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: slots without groups. In the end users close, unset their
// containers, and devices are taken away.
#include <new>

#include "model/iommu/iommu_tables.h"
#include "model/iommu/iommu_world.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"

namespace iorace::kern::iommu_tables {

void make(world& w) {
  w.iommu = ::new (scratch(sizeof(iommu_world))) iommu_world{};
  iommu_world& here = *w.iommu;
  here.probe = iorace::make<probe_serialiser>();
  mutex_init(&here.probe->lock);
  for (bus_slot*& slot : here.slots) {
    slot = iorace::make<bus_slot>();
    mutex_init(&slot->lock);
    auto* const vgroup = iorace::make<vfio_iommu_group>();
    mutex_init(&vgroup->group_lock);
    slot->vfio_group.poke(vgroup);
  }
}

void finish(world& w) {
  iommu_world& here = *w.iommu;
  for (unsigned i = 0; i < here.device_count; ++i) {
    device* const dev = here.devices[i];
    while (dev->opened.peek() != 0) vfio_close(dev);
  }
  for (unsigned i = 0; i < here.device_count; ++i) driver_detach_pasid(here.devices[i]);
  for (unsigned i = 0; i < here.device_count; ++i) vfio_unset_container(here.devices[i]);
  for (unsigned i = 0; i < here.device_count; ++i) device_del(here.devices[i]);
}

}  // namespace iorace::kern::iommu_tables
