// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Fault objects: how groups get there, and how they leave without their user.
// Kernel: drivers/iommu/iommufd/fault.c, iommufd_private.h @ 6.12.117.
#include "model/iopf/fault.h"

#include "model/iopf/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace iopf {

// On the stack of an auto response.
struct free_list {
  list_head head;
};
IORACE_DESCRIBE(free_list, "free_list", head);

namespace {

// What keeps the deliver list. The mutex, which readers hold while they copy to their users, has
// been taken by all but those who come from the device or ask what there is.
struct deliver_row {
  bool by_spinlock;
};
constexpr deliver_row deliver_rows[] = {
    {true},   // DELIVER_SPINLOCK
    {false},  // DELIVER_MUTEX
};
bool by_spinlock() { return deliver_rows[chosen(knob::fault_deliver_lock)].by_spinlock; }

void lock_deliver(iommufd_fault* fault) {
  if (by_spinlock()) return spin_lock(&fault->lock);
  mutex_lock(&fault->mutex);
}
// The same for who must not wait for a user, and has not to say so where he need not wait at all.
void lock_deliver_from_interrupt(iommufd_fault* fault) {
  if (by_spinlock()) return spin_lock(&fault->lock);
  if (mutex_trylock(&fault->mutex)) return;
  CONTRACT(deliver_wanted, fault);
  mutex_lock(&fault->mutex);
  CONTRACT(deliver_taken, fault);
}
void unlock_deliver(iommufd_fault* fault) {
  if (by_spinlock()) return spin_unlock(&fault->lock);
  mutex_unlock(&fault->mutex);
}
// Require: fault->mutex.
void lock_deliver_too(iommufd_fault* fault) {
  if (by_spinlock()) spin_lock(&fault->lock);
}
void unlock_deliver_too(iommufd_fault* fault) {
  if (by_spinlock()) spin_unlock(&fault->lock);
}

struct error_row {
  bool stops;
};
constexpr error_row error_rows[] = {
    {false},  // ERROR_GOES_ON
    {true},   // ERROR_STOPS
};

// Returns false if that goes wrong and the others are to be left.
bool answer(iopf_group* group) {
  iopf_group_response(group, RESPONSE_INVALID);
  iopf_free_group(group);
  PROBE(fault_auto_answered);
  return !error_rows[chosen(knob::auto_response_error)].stops || !inject_fault("page_response");
}

bool answer_list(list_head* groups) {
  iopf_group* group = nullptr;
  iopf_group* next = nullptr;
  list_for_each_entry_safe(group, next, groups, node) {
    list_del(&group->node);
    if (!answer(group)) return false;
  }
  return true;
}

// Handle null: of all.
void answer_responses(iommufd_fault* fault, const iommu_attach_handle* handle) {
  unsigned long index = 0;
  iopf_group* group = nullptr;
  xa_for_each(&fault->response, index, group) {
    if (handle != nullptr && group->attach_handle != handle) continue;
    xa_erase(&fault->response, index);
    if (!answer(group)) return;
  }
}

}  // namespace

void iommufd_fault_init(iommufd_fault* fault, iommufd_ctx* ictx) {
  fault->ictx = ictx;
  INIT_LIST_HEAD(&fault->deliver);
  xa_init_flags(&fault->response, XA_FLAGS_ALLOC1);
  mutex_init(&fault->mutex);
  spin_lock_init(&fault->lock);
  init_waitqueue_head(&fault->wait_queue);
}

int iommufd_fault_iopf_handler(iopf_group* group) {
  KFUNC();
  iommu_attach_handle* const handle = group->attach_handle;
  iopf_domain* const domain = handle->domain;
  auto* const hwpt = static_cast<iommufd_hw_pagetable*>(domain->fault_data.load(op_kind::read));
  iommufd_fault* const fault = hwpt->fault;
  if (era().dequeues) iopf_group_dequeue(group);
  PROBE(fault_delivered);
  lock_deliver_from_interrupt(fault);
  CONTRACT(handle_left);
  list_add_tail(&group->node, &fault->deliver);
  unlock_deliver(fault);
  wake_up_interruptible(&fault->wait_queue);
  return 0;
}

void iommufd_auto_response_faults(iommufd_hw_pagetable* hwpt, iommufd_attach_handle* handle) {
  KFUNC();
  iommufd_fault* const fault = hwpt->fault;
  if (fault == nullptr) return;
  list_head* const taken = &make<free_list>()->head;
  INIT_LIST_HEAD(taken);
  mutex_lock(&fault->mutex);
  lock_deliver_too(fault);
  iopf_group* group = nullptr;
  iopf_group* next = nullptr;
  list_for_each_entry_safe(group, next, &fault->deliver, node) {
    if (group->attach_handle == &handle->handle) list_move(&group->node, taken);
  }
  unlock_deliver_too(fault);
  if (answer_list(taken)) answer_responses(fault, &handle->handle);
  mutex_unlock(&fault->mutex);
}

iopf_group* iommufd_fault_deliver_fetch(iommufd_fault* fault) {
  KFUNC();
  iopf_group* group = nullptr;
  lock_deliver_too(fault);
  if (!list_empty(&fault->deliver)) {
    group = list_first_entry(&fault->deliver, iopf_group, node);
    list_del(&group->node);
  }
  unlock_deliver_too(fault);
  return group;
}

void iommufd_fault_deliver_restore(iommufd_fault* fault, iopf_group* group) {
  KFUNC();
  PROBE(fault_restored);
  lock_deliver_too(fault);
  list_add(&group->node, &fault->deliver);
  unlock_deliver_too(fault);
}

bool iommufd_fault_is_readable(iommufd_fault* fault) {
  lock_deliver(fault);
  const bool readable = !list_empty(&fault->deliver);
  unlock_deliver(fault);
  return readable;
}

}  // namespace iopf

// Requires: nobody uses the object any more.
void iommufd_fault_destroy(iommufd_object* obj) {
  KFUNC();
  auto* const fault = container_of(obj, iopf::iommufd_fault, obj);
  if (iopf::answer_list(&fault->deliver)) iopf::answer_responses(fault, nullptr);
  xa_destroy(&fault->response);
  mutex_destroy(&fault->mutex);
}

}  // namespace iorace::kern
