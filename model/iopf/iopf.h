// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// I/O page faults: page requests become groups, groups go to the handler of the domain that the
// device has attached for their PASID, and are answered once.
// Kernel: drivers/iommu/io-pgfault.c, drivers/iommu/iommu.c, include/linux/iommu.h @ 6.12.117.
//
// Lock order: iommu_sva_lock -> group mutex -> queue->lock -> dev_iommu->lock -> fault_param->lock;
// iopf_lock -> fault_param->lock.
#pragma once

#include "model/iopf/knobs.h"
#include "model/iopf/mmu_notifier.h"
#include "model/iopf/page_request.h"
#include "model/iopf/pri.h"
#include "model/mm/user_mm.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/rcu.h"
#include "scheduler/sync/workqueue.h"

namespace iorace::kern::iopf {

// The handler that a domain has for page faults.
enum iopf_handler : u64 { HANDLER_NONE, HANDLER_SVA, HANDLER_IOMMUFD };

// What who looks for a domain may ask for.
enum iommu_domain_type : u64 { DOMAIN_ANY, DOMAIN_SVA, DOMAIN_NESTED };

// struct iommu_domain as far as page faults go.
struct iopf_domain {
  list_head next;  // of the domains of a process
  shared<u64> type;
  shared<u64> handler;
  shared<user_mm_struct*> mm;  // HANDLER_SVA
  shared<u64> users;           //   bonds of it
  shared<void*> fault_data;    // HANDLER_IOMMUFD
  spinlock_t lock;             // dev_pasids; see svm.h
  list_head dev_pasids;        //   devices that use it
  mmu_notifier notifier;
};
IORACE_DESCRIBE(iopf_domain, "fdom", next, type, handler, mm, users, fault_data, lock, dev_pasids,
                notifier);

// What the finder of a domain gets. Lives from attach to detach; nobody counts its users.
struct iommu_attach_handle {
  shared<iopf_domain*> domain;
};
IORACE_DESCRIBE(iommu_attach_handle, "handle", domain);

struct iopf_queue {
  struct mutex lock;
  list_head devices;
  shared<workqueue_struct*> wq;
};
IORACE_DESCRIBE(iopf_queue, "iopf_queue", lock, devices, wq);

// Of a device while it may request pages. Lists: lock.
struct iommu_fault_param {
  struct mutex lock;
  refcount_t users;
  rcu_head rcu;
  list_head partial;     // requests that wait for the last one of their group
  list_head faults;      // groups that have not been answered; until 6.9 copies of last requests
  list_head queue_list;  // of the queue
  shared<pri_device*> dev;
  shared<iopf_queue*> queue;
};
IORACE_DESCRIBE(iommu_fault_param, "fault_param", lock, users, rcu, partial, faults, queue_list,
                dev, queue);

struct iopf_fault {
  list_head list;
  shared<u64> prm;  // page_request
};
IORACE_DESCRIBE(iopf_fault, "iopf", list, prm);

struct iopf_group {
  iopf_fault last_fault;
  list_head faults;        // of the group, the last one at the end
  list_head pending_node;  // on fault_param->faults
  list_head node;          // of a fault object
  work_struct work;
  shared<iommu_attach_handle*> attach_handle;
  shared<iommu_fault_param*> fault_param;
  shared<pri_device*> dev;  // before references kept the fault_param
  shared<u64> fault_count;
  shared<u32> cookie;
};
IORACE_DESCRIBE(iopf_group, "fgroup", last_fault, faults, pending_node, node, work, attach_handle,
                fault_param, dev, fault_count, cookie);

// What a kernel does about fault_param and its lists: one row per value of iopf.locking.
enum class pointer_kept : u8 {
  by_device_lock,  // held as long as the pointer is used
  by_count,        // which that lock protects
  by_reference,    // taken under RCU
  by_nothing,
};
enum class pending_is : u8 { copies, groups };
enum class removal : u8 {
  refuses,   // while anything is pending, which it asks without the lock of the lists
  answers,   // it
  releases,  // it, once it has been answered
};
struct iopf_era {
  pointer_kept pointer;
  bool lists_locked;    // by fault_param->lock wherever they are touched
  bool handler_locked;  // and while a group is given to its handler
  bool response_locks_dev;
  bool flush_locks_dev;  // across the flush
  pending_is pending;
  removal removed;
  bool late_lookup;        // the worker looks up the domain, not the report
  bool answers_itself;     // a report answers what it cannot give to a handler
  bool asserts;            // nothing is pending when a PASID is detached
  bool disables_early;     // page requests, before a PASID is drained: as attaches did in 2025
  bool answers_if_linked;  // a group that is not pending any more is not answered
  bool dequeues;           // a group that is given to a user is not pending any more
};
const iopf_era& era();

// fault_param.cc
// Returns null if the device has none, else what the era takes to keep it, until it is put.
iommu_fault_param* iopf_get_dev_fault_param(pri_device* dev);
void iopf_put_dev_fault_param(iommu_fault_param* fault_param, pri_device* dev);
// Requires: param->lock. The last one takes the pointer along.
void drop_count(dev_iommu_fault* param, iommu_fault_param* fault_param);
// Whether there is none; says so where the era takes that for a bug.
bool is_missing(const iommu_fault_param* fault_param, bool is_bug);
void lock_lists(iommu_fault_param* fault_param);
void unlock_lists(iommu_fault_param* fault_param);
// Takes those requests off the partial list and frees them. Requires: the lock of the lists.
template <class Which>
void drop_partial(iommu_fault_param* fault_param, Which which) {
  iopf_fault* iopf = nullptr;
  iopf_fault* next = nullptr;
  list_for_each_entry_safe(iopf, next, &fault_param->partial, list) {
    if (!which(iopf)) continue;
    list_del(&iopf->list);
    kfree(iopf);
  }
}

// iopf_report.cc
const dev_iommu_fault* dev_iommu_ops(pri_device* dev);
// Returns 0, or -EINVAL or -ENOMEM. What cannot be handled has been answered, but in eras in which
// the caller does that.
int iommu_report_device_fault(pri_device* dev, const page_request& request);

// iopf_group.cc
// Requests that wait for that last one go: there will be no group.
void free_partial_of(iommu_fault_param* fault_param, const page_request& last);
// Null if there is no memory; a group that stands for it (see iopf_report.cc) if the era aborts it.
iopf_group* iopf_group_alloc(iommu_fault_param* fault_param, pri_device* dev,
                             const page_request& last, bool* aborted);
void __iopf_free_group(iopf_group* group);
void iopf_free_group(iopf_group* group);
void iopf_group_response(iopf_group* group, response_code code);
void iopf_group_dequeue(iopf_group* group);

// iopf_queue.cc
iopf_queue* iopf_queue_alloc();
void iopf_queue_free(iopf_queue* queue);
int iopf_queue_add_device(iopf_queue* queue, pri_device* dev);
int iopf_queue_remove_device(iopf_queue* queue, pri_device* dev);
int iopf_queue_flush_dev(pri_device* dev, unsigned pasid);
int iopf_queue_discard_partial(iopf_queue* queue);

// iopf_attach.cc
void pri_group_add_device(pri_group* group, pri_device* dev);
void pri_group_remove_device(pri_device* dev);
// Returns -ENOENT if nothing is attached, -EBUSY if it is of another type.
iommu_attach_handle* iommu_attach_handle_get(pri_device* dev, unsigned pasid,
                                             iommu_domain_type type);
int iommu_attach_pasid_handle(iopf_domain* domain, pri_device* dev, unsigned pasid,
                              iommu_attach_handle* handle);
void iommu_detach_pasid_handle(iopf_domain* domain, pri_device* dev, unsigned pasid);

// sva_fault.cc
int iommu_sva_iopf_handler(iopf_group* group);

}  // namespace iorace::kern::iopf
