// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Waiting for an address that the user has taken away. Kernel: drivers/vfio/vfio_iommu_type1.c
// @ 6.1.192, where an exclusion keeps everybody from coming here; it was reached from 5.12 to 6.2.
// The ways in which a close of a device may end the wait are those of the thread about it.
// Simplified: a list of waiters with a flag each is a count of closes that a waiter compares.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

// What somebody waits for, in case he sleeps for ever.
struct awaited_vaddr {
  const vfio_iommu* iommu;
  unsigned long iova;
  bool all;
};

bool is_restored(void* what) {
  const auto* const wants = static_cast<awaited_vaddr*>(what);
  if (wants->all) return wants->iommu->vaddr_invalid_count.peek() == 0;
  const interval_tree_node* n = interval_tree_peek_first(&wants->iommu->dma_list);
  for (; n != nullptr; n = interval_tree_peek_next(n)) {
    if (n->start.peek() > wants->iova || n->last.peek() < wants->iova) continue;
    return !container_of(const_cast<interval_tree_node*>(n), vfio_dma, node)->vaddr_invalid.peek();
  }
  return true;  // it has gone, and that is an answer
}

// What a waiter remembers of the closes before it.
struct closes_seen {
  u32 of_device, of_any;
};
closes_seen closes_so_far(vfio_iommu* iommu, mdev_device* device) {
  closes_seen seen = {};
  if (device != nullptr && era().wakes_its_waiters) seen.of_device = device->closes;
  if (era().wakes_all_waiters) seen.of_any = iommu->device_closes;
  return seen;
}

bool must_give_up(vfio_iommu* iommu, mdev_device* device, const closes_seen& before) {
  const closes_seen now = closes_so_far(iommu, device);
  if (now.of_device != before.of_device || now.of_any != before.of_any) return true;
  if (device != nullptr && era().remembers_closing && device->closing) return true;
  return kthread_should_stop() || !iommu->container_open || fatal_signal_pending();
}

int vfio_wait(vfio_iommu* iommu, mdev_device* device, awaited_vaddr wants) {
  KFUNC();
  PROBE(vaddr_waited);
  const closes_seen before = closes_so_far(iommu, device);
  const bool prepares = era().prepares;
  {
    const wait_condition expected(is_restored, &wants);
    const user_action needed(wants.all
                                 ? "gives all addresses back or closes the container"
                                 : "gives the address back, unmaps it or closes the container");
    DEFINE_WAIT(wait);
    if (prepares) prepare_to_wait(&iommu->vaddr_wait, &wait, TASK_KILLABLE);
    unlock_iommu(iommu);
    if (!prepares) prepare_to_wait(&iommu->vaddr_wait, &wait, TASK_KILLABLE);
    schedule();
    mutex_lock(&iommu->lock);
    finish_wait(&iommu->vaddr_wait, &wait);
  }
  if (!must_give_up(iommu, device, before)) return WAITED;
  PROBE(vaddr_wait_failed);
  CONTRACT(wait_failed, iommu, device);
  return -EFAULT;
}

}  // namespace

// Returns 0, or WAITED if the lock has been dropped meanwhile and the address is there now.
int vfio_find_dma_valid(vfio_iommu* iommu, mdev_device* device, unsigned long start,
                        vfio_dma** dma_p) {
  KFUNC();
  int ret = 0;
  do {
    *dma_p = vfio_find_dma(iommu, start, PAGE_SIZE);
    if (*dma_p == nullptr) return -EINVAL;
    if (!(*dma_p)->vaddr_invalid) return era().tells ? ret : 0;
    if (era().remembers_closing && device->closing) return -EFAULT;
    ret = vfio_wait(iommu, device, {iommu, start, false});
  } while (ret == WAITED);
  return ret;
}

int vfio_wait_all_valid(vfio_iommu* iommu) {
  KFUNC();
  int ret = 0;
  while (iommu->vaddr_invalid_count != 0 && ret >= 0)
    ret = vfio_wait(iommu, nullptr, {iommu, 0, true});
  return ret;
}

void vfio_device_closes(vfio_iommu* iommu, mdev_device* device) {
  const vaddr_era& now = era();
  if (!now.wakes_its_waiters && !now.wakes_all_waiters && !now.remembers_closing) return;
  KFUNC();
  mutex_lock(&iommu->lock);
  if (now.wakes_its_waiters) device->closes++;
  if (now.wakes_all_waiters) iommu->device_closes++;
  if (now.remembers_closing) device->closing = true;
  unlock_iommu(iommu);
  wake_up_all(&iommu->vaddr_wait);
}

void vfio_container_closes(vfio_iommu* iommu) {
  if (!era().waits) return;
  KFUNC();
  mutex_lock(&iommu->lock);
  iommu->container_open = false;
  unlock_iommu(iommu);
  wake_up_all(&iommu->vaddr_wait);
}

}  // namespace iorace::kern::type1
