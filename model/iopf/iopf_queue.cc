// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The queue of an IOMMU: the devices that may request pages, and the workers that handle what they
// request. Kernel: drivers/iommu/io-pgfault.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// The list is left as it was: nobody is to look at it again.
void free_partial(iommu_fault_param* fault_param) {
  iopf_fault* iopf = nullptr;
  iopf_fault* next = nullptr;
  list_for_each_entry_safe(iopf, next, &fault_param->partial, list) { kfree(iopf); }
}

// Those that are asked for. Requires: fault_param->lock.
template <class Which>
void answer_copies(iommu_fault_param* fault_param, pri_device* dev, Which which) {
  KFUNC();
  iopf_fault* copy = nullptr;
  iopf_fault* next = nullptr;
  list_for_each_entry_safe(copy, next, &fault_param->faults, list) {
    const page_request pending = to_request(copy->prm);
    if (!which(pending)) continue;
    intel_iommu_page_response(dev, pending, RESPONSE_INVALID);
    list_del(&copy->list);
    kfree(copy);
  }
}

template <class Which>
void answer_groups(iommu_fault_param* fault_param, pri_device* dev, bool frees, Which which) {
  KFUNC();
  iopf_group* group = nullptr;
  iopf_group* next = nullptr;
  list_for_each_entry_safe(group, next, &fault_param->faults, pending_node) {
    const page_request pending = to_request(group->last_fault.prm);
    if (!which(pending)) continue;
    intel_iommu_page_response(dev, pending, RESPONSE_INVALID);
    list_del_init(&group->pending_node);
    if (frees) iopf_free_group(group);
  }
}

template <class Which>
void answer_pending(iommu_fault_param* fault_param, pri_device* dev, bool frees, Which which) {
  if (era().pending == pending_is::copies) return answer_copies(fault_param, dev, which);
  answer_groups(fault_param, dev, frees, which);
}

// Proposed, and dropped: that responses are looked up by index and PASID was not looked at.
void answer_of_pasid(iommu_fault_param* fault_param, pri_device* dev, unsigned pasid) {
  mutex_lock(&fault_param->lock);
  answer_pending(fault_param, dev, false,
                 [pasid](const page_request& pending) { return pending.pasid == pasid; });
  mutex_unlock(&fault_param->lock);
}

// Requires: both outer locks. Returns 0 or -EBUSY.
int remove_pending(iommu_fault_param* fault_param, pri_device* dev) {
  if (era().removed == removal::refuses) {
    if (!list_empty(&fault_param->faults)) return -EBUSY;
    free_partial(fault_param);
    return 0;
  }
  mutex_lock(&fault_param->lock);
  free_partial(fault_param);
  if (era().pending == pending_is::groups && !list_peek_empty(&fault_param->faults))
    PROBE(group_answered_by_removal);
  answer_pending(fault_param, dev, era().removed == removal::releases,
                 [](const page_request&) { return true; });
  mutex_unlock(&fault_param->lock);
  return 0;
}

// Whether the queue has the device: what drivers are told, or it is a bug of theirs.
int check_queue(const iopf_queue* queue, iommu_fault_param* fault_param) {
  if (era().removed != removal::refuses)
    return WARN_ON(fault_param == nullptr || fault_param->queue != queue) ? -EINVAL : 0;
  if (fault_param == nullptr) return -ENODEV;
  return fault_param->queue == queue ? 0 : -EINVAL;
}

// Requires: both outer locks. The reference of the device.
void put_last(dev_iommu_fault* param, iommu_fault_param* fault_param) {
  if (!omit(knob::remove_device_queue, REMOVED_STAYS)) list_del(&fault_param->queue_list);
  if (era().pointer == pointer_kept::by_count) return drop_count(param, fault_param);
  rcu_assign_pointer(param->fault_param, nullptr);
  if (era().pointer == pointer_kept::by_reference)
    iopf_put_dev_fault_param(fault_param, nullptr);
  else
    kfree(fault_param);
}

}  // namespace

iopf_queue* iopf_queue_alloc() {
  KFUNC();
  auto* const queue = kzalloc<iopf_queue>();
  if (queue == nullptr) return nullptr;
  queue->wq.poke(alloc_workqueue("iopf_queue", WQ_UNBOUND, 0));
  if (queue->wq.peek() == nullptr) {
    kfree(queue);
    return nullptr;
  }
  INIT_LIST_HEAD(&queue->devices);
  mutex_init(&queue->lock);
  return queue;
}

void iopf_queue_free(iopf_queue* queue) {
  KFUNC();
  if (queue == nullptr) return;
  CONTRACT(iopf_queue_freed, queue);
  iommu_fault_param* fault_param = nullptr;
  iommu_fault_param* next = nullptr;
  list_for_each_entry_safe(fault_param, next, &queue->devices, queue_list) {
    pri_device* const dev = fault_param->dev;
    iopf_queue_remove_device(queue, dev);
  }
  destroy_workqueue(queue->wq.peek());
  kfree(queue);
}

int iopf_queue_add_device(iopf_queue* queue, pri_device* dev) {
  KFUNC();
  dev_iommu_fault* const param = dev->dev_iommu;
  mutex_lock(&queue->lock);
  mutex_lock(&param->lock);
  int rc = rcu_dereference_protected(param->fault_param, true) == nullptr ? 0 : -EBUSY;
  iommu_fault_param* const fault_param = rc == 0 ? kzalloc<iommu_fault_param>() : nullptr;
  if (rc == 0 && fault_param == nullptr) rc = -ENOMEM;
  if (rc == 0) {
    mutex_init(&fault_param->lock);
    INIT_LIST_HEAD(&fault_param->faults);
    INIT_LIST_HEAD(&fault_param->partial);
    fault_param->dev = dev;
    refcount_set(&fault_param->users, 1);
    list_add(&fault_param->queue_list, &queue->devices);
    fault_param->queue = queue;
    rcu_assign_pointer(param->fault_param, fault_param);
  }
  mutex_unlock(&param->lock);
  mutex_unlock(&queue->lock);
  return rc;
}

int iopf_queue_remove_device(iopf_queue* queue, pri_device* dev) {
  KFUNC();
  dev_iommu_fault* const param = dev->dev_iommu;
  mutex_lock(&queue->lock);
  mutex_lock(&param->lock);
  iommu_fault_param* const fault_param = rcu_dereference_protected(param->fault_param, true);
  int rc = check_queue(queue, fault_param);
  if (rc == 0) rc = remove_pending(fault_param, dev);
  if (rc == 0) put_last(param, fault_param);
  mutex_unlock(&param->lock);
  mutex_unlock(&queue->lock);
  return rc;
}

int iopf_queue_flush_dev(pri_device* dev, unsigned pasid) {
  KFUNC();
  dev_iommu_fault* const param = dev->dev_iommu;
  const bool counts = era().pointer == pointer_kept::by_count;
  if (era().flush_locks_dev) mutex_lock(&param->lock);
  iommu_fault_param* const fault_param =
      counts ? iopf_get_dev_fault_param(dev) : rcu_dereference_check(param->fault_param, true);
  const int rc = is_missing(fault_param, !counts && !era().flush_locks_dev) ? -ENODEV : 0;
  if (rc == 0) {
    iopf_queue* const queue = fault_param->queue;
    flush_workqueue(queue->wq.peek());
    if (!omit(knob::flush_dev_pending, FLUSH_LEAVES)) answer_of_pasid(fault_param, dev, pasid);
    if (counts) iopf_put_dev_fault_param(fault_param, dev);
  }
  if (era().flush_locks_dev) mutex_unlock(&param->lock);
  return rc;
}

int iopf_queue_discard_partial(iopf_queue* queue) {
  KFUNC();
  if (queue == nullptr) return -EINVAL;
  PROBE(prq_discarded);
  mutex_lock(&queue->lock);
  iommu_fault_param* fault_param = nullptr;
  list_for_each_entry(fault_param, &queue->devices, queue_list) {
    lock_lists(fault_param);
    drop_partial(fault_param, [](iopf_fault*) { return true; });
    unlock_lists(fault_param);
  }
  mutex_unlock(&queue->lock);
  return 0;
}

}  // namespace iorace::kern::iopf
