// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Groups of page requests: made when the last request comes, answered once, freed by whoever has
// them. Kernel: drivers/iommu/io-pgfault.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// Which partial requests are of a group.
struct partial_row {
  bool pasid;
};
constexpr partial_row partial_rows[] = {
    {false},  // MATCH_GRPID
    {true},   // MATCH_GRPID_AND_PASID
};
bool is_of_group(const page_request& partial, const page_request& last) {
  return partial.grpid == last.grpid &&
         (!partial_rows[chosen(knob::iopf_group_alloc_match)].pasid || partial.pasid == last.pasid);
}

// What a response looks for.
int add_copy(iommu_fault_param* fault_param, const page_request& last) {
  auto* const copy = kzalloc<iopf_fault>();
  if (copy == nullptr) return -ENOMEM;
  copy->prm = to_word(last);
  mutex_lock(&fault_param->lock);
  list_add_tail(&copy->list, &fault_param->faults);
  mutex_unlock(&fault_param->lock);
  return 0;
}

// Requires: fault_param->lock. False: the group is not pending any more.
bool take_copy(iommu_fault_param* fault_param, const page_request& last) {
  iopf_fault* copy = nullptr;
  list_for_each_entry(copy, &fault_param->faults, list) {
    const page_request pending = to_request(copy->prm);
    if (pending.grpid != last.grpid || pending.pasid != last.pasid) continue;
    list_del(&copy->list);
    kfree(copy);
    return true;
  }
  PROBE(response_not_matched);
  return false;
}

void drop_copy(iommu_fault_param* fault_param, const page_request& last) {
  mutex_lock(&fault_param->lock);
  take_copy(fault_param, last);
  mutex_unlock(&fault_param->lock);
}

// Requires: fault_param->lock. Whether the group is to be answered.
bool take_pending(iommu_fault_param* fault_param, iopf_group* group, const page_request& last) {
  if (era().pending == pending_is::copies) return take_copy(fault_param, last);
  return !era().answers_if_linked || !list_empty(&group->pending_node);
}

// The fault_param that a response goes through, locked; null if there is none any more, which only
// kernels without references can find.
iommu_fault_param* lock_for_response(iopf_group* group) {
  iommu_fault_param* fault_param = nullptr;
  if (era().pointer == pointer_kept::by_device_lock) {
    pri_device* const dev = group->dev;
    dev_iommu_fault* const param = dev->dev_iommu;
    if (era().response_locks_dev) mutex_lock(&param->lock);
    fault_param = param->fault_param;
    if (fault_param == nullptr) {
      if (era().response_locks_dev) mutex_unlock(&param->lock);
      return nullptr;
    }
  } else if (era().pointer == pointer_kept::by_count) {
    fault_param = iopf_get_dev_fault_param(group->dev);
    if (fault_param == nullptr) return nullptr;
  } else {
    fault_param = group->fault_param;
  }
  mutex_lock(&fault_param->lock);
  return fault_param;
}
void unlock_after_response(iopf_group* group, iommu_fault_param* fault_param) {
  mutex_unlock(&fault_param->lock);
  if (era().pointer == pointer_kept::by_count)
    return iopf_put_dev_fault_param(fault_param, group->dev);
  if (!era().response_locks_dev) return;
  pri_device* const dev = group->dev;
  dev_iommu_fault* const param = dev->dev_iommu;
  mutex_unlock(&param->lock);
}

void init_group(iopf_group* group, iommu_fault_param* fault_param, pri_device* dev,
                const page_request& last) {
  group->fault_param = fault_param;
  group->dev = dev;
  group->last_fault.prm = to_word(last);
  INIT_LIST_HEAD(&group->faults);
  INIT_LIST_HEAD(&group->pending_node);
  list_add(&group->last_fault.list, &group->faults);
}

u64 list_count_nodes(list_head* head) {
  u64 n = 0;
  for (list_head* at = list_next(head); at != head; at = list_next(at)) ++n;
  return n;
}

// The struct on the stack of a report, which outlives it as little as that does: it is nobody's to
// free.
iopf_group* group_on_stack() { return make<iopf_group>(); }

}  // namespace

void free_partial_of(iommu_fault_param* fault_param, const page_request& last) {
  KFUNC();
  lock_lists(fault_param);
  drop_partial(fault_param,
               [&](iopf_fault* iopf) { return is_of_group(to_request(iopf->prm), last); });
  unlock_lists(fault_param);
}

iopf_group* iopf_group_alloc(iommu_fault_param* fault_param, pri_device* dev,
                             const page_request& last, bool* aborted) {
  KFUNC();
  if (era().pending == pending_is::copies && add_copy(fault_param, last) != 0) return nullptr;
  auto* group = kzalloc<iopf_group>();
  if (group == nullptr && !era().answers_itself) {
    free_partial_of(fault_param, last);
    if (era().pending == pending_is::copies) drop_copy(fault_param, last);
    return nullptr;
  }
  *aborted = group == nullptr;
  if (*aborted) group = group_on_stack();
  init_group(group, fault_param, dev, last);
  lock_lists(fault_param);
  if (!*aborted || !omit(knob::iopf_group_alloc_failure, NO_GROUP_LEAVES)) {
    iopf_fault* iopf = nullptr;
    iopf_fault* next = nullptr;
    list_for_each_entry_safe(iopf, next, &fault_param->partial, list) {
      if (!is_of_group(to_request(iopf->prm), last)) continue;
      PROBE(partial_joined);
      list_move(&iopf->list, &group->faults);
    }
  }
  if (era().pending == pending_is::groups) list_add(&group->pending_node, &fault_param->faults);
  CONTRACT(group_made, group, fault_param);
  unlock_lists(fault_param);
  group->fault_count = list_count_nodes(&group->faults);
  return group;
}

void __iopf_free_group(iopf_group* group) {
  KFUNC();
  iopf_fault* iopf = nullptr;
  iopf_fault* next = nullptr;
  list_for_each_entry_safe(iopf, next, &group->faults, list) {
    if (!is_last(to_request(iopf->prm))) kfree(iopf);
  }
  if (era().pointer != pointer_kept::by_reference) return;
  iommu_fault_param* const fault_param = group->fault_param;
  iopf_put_dev_fault_param(fault_param, nullptr);
}

void iopf_free_group(iopf_group* group) {
  KFUNC();
  __iopf_free_group(group);
  kfree(group);
}

void iopf_group_response(iopf_group* group, response_code code) {
  KFUNC();
  const page_request last = to_request(group->last_fault.prm);
  iommu_fault_param* const fault_param = lock_for_response(group);
  if (fault_param == nullptr) return;
  if (take_pending(fault_param, group, last)) {
    pri_device* const dev = fault_param->dev;
    intel_iommu_page_response(dev, last, code);
  }
  if (era().pending == pending_is::groups) list_del_init(&group->pending_node);
  unlock_after_response(group, fault_param);
}

void iopf_group_dequeue(iopf_group* group) {
  KFUNC();
  iommu_fault_param* const fault_param = group->fault_param;
  mutex_lock(&fault_param->lock);
  list_del_init(&group->pending_node);
  mutex_unlock(&fault_param->lock);
}

}  // namespace iorace::kern::iopf
