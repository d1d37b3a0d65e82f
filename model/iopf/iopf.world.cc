// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's part of the world: a machine without devices. In the end drivers unbind what they
// have bound, devices are disabled and released, processes end and queues are freed.
#include <new>

#include "model/iopf/contracts.h"
#include "model/iopf/iopf_tables.h"
#include "model/iopf/iopf_world.h"
#include "model/world.h"

namespace iorace::kern::iopf_tables {

using namespace iopf;

void make(world& w) {
  w.iopf = ::new (scratch(sizeof(iopf_world))) iopf_world{};
  w.iopf->sva = iorace::make<sva_globals>();
  mutex_init(&w.iopf->sva->lock);
  xa_init_flags(&w.iopf->sva->pasids, XA_FLAGS_ALLOC1);
  init_srcu_struct(&w.iopf->sva->notifiers);
}

void finish(world& w) {
  iopf_world& here = *w.iopf;
  for (sva_user* user : here.bonds) sva_driver_unbind(user);
  for (pri_device* dev : here.devices) fault_driver_detach(dev);
  for (pri_device* dev : here.devices)
    while (dev->users.peek() != 0) sva_driver_disable(dev);
  CONTRACT(all_answered);
  for (pri_device* dev : here.devices) pri_device_release(dev);
  for (sva_process* task : here.processes) sva_process_exit(task);
  for (pri_iommu* iommu : here.iommus) prq_finish(iommu);
}

}  // namespace iorace::kern::iopf_tables
