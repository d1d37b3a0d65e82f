// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Who is told that a mapping goes. Kernel: drivers/vfio/vfio_iommu_type1.c @ 6.12.117.
//
// A notification drops iommu->lock, because drivers unpin in their callbacks, and goes on with
// device_list_lock held. Whoever has iommu->lock then and wants device_list_lock waits for the
// callback, which waits for him. With device_list_rwsem around the whole unmap there is no such
// order.
#include "model/critical_section.h"
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

enum class list_lock : u8 { none, mutex, read, write };
struct list_locks {
  vfio_iommu* iommu;
  int enter(list_lock kind) const {
    if (kind == list_lock::mutex) mutex_lock(&iommu->device_list_lock);
    if (kind == list_lock::read) down_read(&iommu->device_list_rwsem);
    if (kind == list_lock::write) down_write(&iommu->device_list_rwsem);
    return 0;
  }
  void leave(list_lock kind) const {
    if (kind == list_lock::mutex) mutex_unlock(&iommu->device_list_lock);
    if (kind == list_lock::read) up_read(&iommu->device_list_rwsem);
    if (kind == list_lock::write) up_write(&iommu->device_list_rwsem);
  }
};
using list_row = section_row<list_lock>;
using list_section = section<list_lock, list_locks>;

enum notify_site : unsigned { unmap_begin, before_unlock, after_callbacks, unmap_end };
constexpr list_row notify_rows[] = {
    {list_lock::mutex, on(before_unlock), on(after_callbacks)},
    {list_lock::read, on(unmap_begin), on(unmap_end)},
    {list_lock::none, on(), on()},
};

enum change_site : unsigned { change_begin, iommu_locked, list_changed, change_end };
constexpr list_row change_rows[] = {
    {list_lock::mutex, on(iommu_locked), on(list_changed)},
    {list_lock::write, on(change_begin), on(change_end)},
    {list_lock::none, on(), on()},
};

enum range_site : unsigned { before_drop, at_callback };
constexpr range_site range_rows[] = {at_callback, before_drop};

const list_row& notify_row() { return notify_rows[chosen(knob::notify_list)]; }

template <class Change>
void change_device_list(vfio_iommu* iommu, Change change) {
  list_section cs(change_rows[chosen(knob::notify_list)], {iommu});
  cs.at(change_begin);
  mutex_lock(&iommu->lock);
  cs.at(iommu_locked);
  change();
  cs.at(list_changed);
  unlock_iommu(iommu);
  cs.at(change_end);
}

}  // namespace

void unmap_begins(vfio_iommu* iommu) {
  list_section cs(notify_row(), {iommu});
  cs.at(unmap_begin);
}
void unmap_ends(vfio_iommu* iommu) {
  const bool held = notify_row().kind == list_lock::read;
  list_section cs(notify_row(), {iommu}, held);
  cs.at(unmap_end);
}

void vfio_iommu_type1_register_device(vfio_iommu* iommu, mdev_device* device) {
  KFUNC();
  change_device_list(iommu, [=] { list_add(&device->iommu_entry, &iommu->device_list); });
}

void vfio_iommu_type1_unregister_device(vfio_iommu* iommu, mdev_device* device) {
  KFUNC();
  change_device_list(iommu, [=] { list_del(&device->iommu_entry); });
}

void vfio_notify_dma_unmap(vfio_iommu* iommu, vfio_dma* dma) {
  KFUNC();
  if (list_empty(&iommu->device_list)) return;
  PROBE(dma_unmap_notified);
  const range_site reads = range_rows[chosen(knob::notify_range)];
  unsigned long iova = 0;
  unsigned long size = 0;
  const auto read_at = [&](range_site site) {
    if (site != reads) return;
    iova = dma->iova;
    size = dma->size;
  };
  list_section cs(notify_row(), {iommu});
  read_at(before_drop);
  cs.at(before_unlock);
  unlock_iommu(iommu);
  mdev_device* device = nullptr;
  list_for_each_entry(device, &iommu->device_list, iommu_entry) {
    read_at(at_callback);
    mdev_dma_unmap(device, iova, size);
  }
  cs.at(after_callbacks);
  mutex_lock(&iommu->lock);
}

}  // namespace iorace::kern::type1
