// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Fault objects of iommufd: groups of page requests that a user answers. A group is on `deliver`
// until it has been read, in `response` until it has been answered.
// Kernel: drivers/iommu/iommufd/{fault,device,hw_pagetable}.c, iommufd_private.h @ 6.12.117.
//
// Lock order: driver's mutex -> iopf_rwsem -> igroup->lock -> group mutex;
// igroup->lock -> fault->mutex -> fault->lock, fault_param->lock.
#pragma once

#include "model/iommufd/file.h"
#include "model/iommufd/iommufd_private.h"
#include "model/iopf/iopf.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace::kern::iopf {

// One of obj.users belongs to the open file, one to each hardware page table.
struct iommufd_fault {
  iommufd_object obj;
  shared<iommufd_ctx*> ictx;
  shared<file*> filep;
  spinlock_t lock;  // deliver
  list_head deliver;
  struct mutex mutex;  // response
  xarray response;     // cookie -> group
  wait_queue_head_t wait_queue;
  shared<u32> next_cookie;  // knob fault_write.match
};
IORACE_DESCRIBE(iommufd_fault, "fault", obj, ictx, filep, lock, deliver, mutex, response,
                wait_queue, next_cookie);

// Simplified: a domain that is nested in nothing; see fault_hwpt.cc.
struct iommufd_hw_pagetable {
  iommufd_object obj;
  shared<iopf_domain*> domain;
  shared<iommufd_fault*> fault;  // null: its page requests are nobody's
};
IORACE_DESCRIBE(iommufd_hw_pagetable, "fhwpt", obj, domain, fault);

// What the devices of a group are attached to, all of them to the same.
struct iommufd_fault_group {
  struct mutex lock;  // hwpt, device_list
  shared<iommufd_hw_pagetable*> hwpt;
  list_head device_list;  // those that are attached
};
IORACE_DESCRIBE(iommufd_fault_group, "fault_igroup", lock, hwpt, device_list);

// A device. Simplified: no object of iommufd; bound as long as it is there.
struct iommufd_device {
  shared<pri_device*> dev;
  shared<iommufd_fault_group*> igroup;
  list_head group_item;
  struct mutex iopf_lock;  // iopf_enabled
  shared<u64> iopf_enabled;
  rw_semaphore iopf_rwsem;  // of a mock device
  shared<u64> attached;     // as its driver knows: pri_device.driver
};
IORACE_DESCRIBE(iommufd_device, "idev", dev, igroup, group_item, iopf_lock, iopf_enabled,
                iopf_rwsem, attached);

struct iommufd_attach_handle {
  iommu_attach_handle handle;
  shared<iommufd_device*> idev;
};
IORACE_DESCRIBE(iommufd_attach_handle, "fault_handle", handle, idev);
inline iommufd_attach_handle* to_iommufd_handle(iommu_attach_handle* handle) {
  return container_of(handle, iommufd_attach_handle, handle);
}

// What a user reads, in his own memory; and writes. Sizes are the kernel's.
struct fault_message {
  u64 prm;  // page_request
  u64 dev_id;
  u32 cookie;
};
struct fault_answer {
  u32 cookie;
  u32 code;
  u64 meant;  // ghost: the last request of the group that the user has read; 0: none that he knows
};
inline constexpr u64 fault_message_size = 40;
inline constexpr u64 fault_answer_size = 8;
inline constexpr unsigned fault_messages_max = 8;  // of one read
enum fault_poll_events : u64 { FAULT_POLLOUT = 1, FAULT_POLLIN = 2 };

// fault.cc
void iommufd_fault_init(iommufd_fault* fault, iommufd_ctx* ictx);
int iommufd_fault_iopf_handler(iopf_group* group);
// No group with that handle is left, where a user could find it or anywhere else.
void iommufd_auto_response_faults(iommufd_hw_pagetable* hwpt, iommufd_attach_handle* handle);
// Requires: fault->mutex. Null: there is none.
iopf_group* iommufd_fault_deliver_fetch(iommufd_fault* fault);
void iommufd_fault_deliver_restore(iommufd_fault* fault, iopf_group* group);
bool iommufd_fault_is_readable(iommufd_fault* fault);

// fault_await.cc
// Sleeps until the user has answered all that there is, or is killed. Blocks: with a knob only.
void iommufd_fault_await_answers(iommufd_hw_pagetable* hwpt);
void iommufd_fault_was_answered(iommufd_fault* fault);

// fault_alloc.cc
int iommufd_fault_alloc(iommufd_ctx* ictx, u32* out_fault_id, int* out_fault_fd);

// fault_fd.cc
// Return an error or how many bytes are done. `buf` has room for fault_messages_max.
long iommufd_fault_fops_read(iommufd_fault* fault, fault_message* buf, u64 count);
long iommufd_fault_fops_write(iommufd_fault* fault, const fault_answer* answers, u64 count);
u64 iommufd_fault_fops_poll(iommufd_fault* fault);

// fault_user.cc
int fault_user_read(int fd, u64 count, u64* done);
int fault_user_write(int fd, const fault_answer& answer, u64 count, u64* done);
int fault_user_poll(int fd, u64* events);
// Reads what there is, and answers all of it.
int fault_user_serve(int fd, u32 code, u64* done);
int fault_user_close(int fd);

// fault_hwpt.cc
int iommufd_fault_hwpt_alloc(iommufd_ctx* ictx, bool with_fault, u32 fault_id, u32* out_hwpt_id);

// fault_attach.cc
int iommufd_hw_pagetable_attach(iommufd_hw_pagetable* hwpt, iommufd_device* idev);
iommufd_hw_pagetable* iommufd_hw_pagetable_detach(iommufd_device* idev);
// On success the old one is the caller's to put, if there is one.
int iommufd_device_do_replace(iommufd_device* idev, iommufd_hw_pagetable* hwpt,
                              iommufd_hw_pagetable** old_hwpt);

// fault_driver.cc
iommufd_fault_group* iommufd_fault_group_make();
iommufd_device* iommufd_device_make(pri_device* dev);
int fault_driver_attach(iommufd_ctx* ictx, pri_device* dev, u32 hwpt_id);
int fault_driver_replace(iommufd_ctx* ictx, pri_device* dev, u32 hwpt_id);
int fault_driver_detach(pri_device* dev);

// rid_attach.cc
int iommu_attach_group_handle(iopf_domain* domain, pri_group* group, iommu_attach_handle* handle);
void iommu_detach_group_handle(pri_group* group);
int iommu_replace_group_handle(pri_group* group, iopf_domain* domain, iommu_attach_handle* handle);

// mock_driver.cc
int iommufd_test_trigger_iopf(pri_device* dev, const page_request& request);

}  // namespace iorace::kern::iopf
