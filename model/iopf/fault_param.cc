// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The pointer to a device's fault data and the lists behind it, and what has kept each of them.
// The rule that the thread came to: one lock, later a reference, keeps the pointer;
// fault_param->lock keeps the lists.
// Kernel: drivers/iommu/io-pgfault.c @ 6.12.117, 6.1, and the commits between them.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

using enum pointer_kept;
using enum pending_is;
using enum removal;

constexpr iopf_era three_locks = {.pointer = by_device_lock,
                                  .lists_locked = false,
                                  .handler_locked = false,
                                  .response_locks_dev = false,
                                  .flush_locks_dev = true,
                                  .pending = copies,
                                  .removed = refuses,
                                  .late_lookup = true,
                                  .answers_itself = false,
                                  .asserts = false,
                                  .disables_early = false,
                                  .answers_if_linked = false,
                                  .dequeues = false};
constexpr iopf_era change(iopf_era era, auto to) {
  to(era);
  return era;
}
constexpr iopf_era asserts = change(three_locks, [](iopf_era& e) {
  e.late_lookup = false;
  e.asserts = true;
});
constexpr iopf_era both_locks = change(three_locks, [](iopf_era& e) {
  e.late_lookup = false;
  e.lists_locked = true;
  e.response_locks_dev = true;
});
constexpr iopf_era refcounted = change(both_locks, [](iopf_era& e) {
  e.pointer = by_reference;
  e.response_locks_dev = e.flush_locks_dev = false;
});
constexpr iopf_era counted = change(refcounted, [](iopf_era& e) {
  e.pointer = by_count;
  e.handler_locked = true;
});
constexpr iopf_era plain_pointer = change(refcounted, [](iopf_era& e) { e.pointer = by_nothing; });
constexpr iopf_era plain_early =
    change(plain_pointer, [](iopf_era& e) { e.disables_early = true; });
constexpr iopf_era answers_copies = change(refcounted, [](iopf_era& e) { e.removed = answers; });
constexpr iopf_era links_groups = change(answers_copies, [](iopf_era& e) {
  e.pending = groups;
  e.answers_if_linked = true;
});
constexpr iopf_era handles = change(links_groups, [](iopf_era& e) { e.answers_itself = true; });
constexpr iopf_era frees_groups = change(handles, [](iopf_era& e) { e.removed = releases; });
constexpr iopf_era upstream = change(frees_groups, [](iopf_era& e) {
  e.answers_if_linked = false;
  e.dequeues = true;
});

constexpr iopf_era era_rows[] = {
    upstream,        // IOPF_DEQUEUES
    three_locks,     // IOPF_THREE_LOCKS
    asserts,         // IOPF_ASSERTS
    both_locks,      // IOPF_BOTH_LOCKS
    refcounted,      // IOPF_REFCOUNTED
    plain_pointer,   // IOPF_PLAIN_POINTER
    plain_early,     // IOPF_PLAIN_POINTER_EARLY
    answers_copies,  // IOPF_ANSWERS_COPIES
    links_groups,    // IOPF_LINKS_GROUPS
    handles,         // IOPF_HANDLES
    frees_groups,    // IOPF_FREES_GROUPS
    counted,         // IOPF_COUNTED
};
static_assert(std::size(era_rows) == IOPF_ERAS);

iommu_fault_param* get_by_reference(dev_iommu_fault* param) {
  rcu_read_lock();
  iommu_fault_param* fault_param = rcu_dereference(param->fault_param);
  if (fault_param != nullptr && !refcount_inc_not_zero(&fault_param->users)) fault_param = nullptr;
  rcu_read_unlock();
  return fault_param;
}

iommu_fault_param* get_by_nothing(dev_iommu_fault* param) {
  rcu_read_lock();
  iommu_fault_param* const fault_param = rcu_dereference(param->fault_param);
  rcu_read_unlock();
  return fault_param;
}

iommu_fault_param* get_by_count(dev_iommu_fault* param) {
  mutex_lock(&param->lock);
  iommu_fault_param* const fault_param = param->fault_param;
  if (fault_param != nullptr) refcount_inc(&fault_param->users);
  mutex_unlock(&param->lock);
  return fault_param;
}

// The pointer is there until the last one puts it, whoever that is.
void put_count(dev_iommu_fault* param, iommu_fault_param* fault_param) {
  mutex_lock(&param->lock);
  const bool is_its = fault_param == param->fault_param;
  if (!WARN_ON(!is_its)) drop_count(param, fault_param);
  mutex_unlock(&param->lock);
}

iommu_fault_param* get_by_device_lock(dev_iommu_fault* param) {
  mutex_lock(&param->lock);
  iommu_fault_param* const fault_param = param->fault_param;
  if (fault_param == nullptr) mutex_unlock(&param->lock);
  return fault_param;
}

}  // namespace

const iopf_era& era() { return era_rows[chosen(knob::iopf_locking)]; }

iommu_fault_param* iopf_get_dev_fault_param(pri_device* dev) {
  KFUNC();
  dev_iommu_fault* const param = dev->dev_iommu;
  switch (era().pointer) {
    case by_device_lock:
      return get_by_device_lock(param);
    case by_count:
      return get_by_count(param);
    case by_reference:
      return get_by_reference(param);
    case by_nothing:
      break;
  }
  return get_by_nothing(param);
}

void drop_count(dev_iommu_fault* param, iommu_fault_param* fault_param) {
  if (!refcount_dec_and_test(&fault_param->users)) return;
  param->fault_param = nullptr;
  kfree(fault_param);
}

void iopf_put_dev_fault_param(iommu_fault_param* fault_param, pri_device* dev) {
  switch (era().pointer) {
    case by_device_lock: {
      dev_iommu_fault* const param = dev->dev_iommu;
      return mutex_unlock(&param->lock);
    }
    case by_count:
      return put_count(dev->dev_iommu, fault_param);
    case by_reference:
      if (refcount_dec_and_test(&fault_param->users)) kfree_rcu(fault_param, rcu);
      return;
    case by_nothing:
      return;
  }
}

bool is_missing(const iommu_fault_param* fault_param, bool is_bug) {
  return is_bug ? WARN_ON(fault_param == nullptr) : fault_param == nullptr;
}

void lock_lists(iommu_fault_param* fault_param) {
  if (era().lists_locked) mutex_lock(&fault_param->lock);
}
void unlock_lists(iommu_fault_param* fault_param) {
  if (era().lists_locked) mutex_unlock(&fault_param->lock);
}

}  // namespace iorace::kern::iopf
