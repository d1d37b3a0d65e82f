// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The page request interface: devices that send requests, the queue in which an IOMMU hands them to
// the kernel, responses on their way back. Facts: PCIe base specification 10.4, VT-d specification
// chapter 7; kernel: drivers/iommu/intel/{prq,iommu}.c @ 6.12.117.
#pragma once

#include "model/hw/hw_world.h"
#include "model/iopf/knobs.h"
#include "model/iopf/page_request.h"
#include "scheduler/sync/completion.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/workqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {
struct inv_desc;
}

namespace iorace::kern::iopf {

inline constexpr unsigned prq_max = 64;  // slots, of which one is always free

struct pri_device;
struct pri_wide_state;
struct iommufd_device;
struct iommufd_fault_group;
struct iopf_queue;
struct iopf_domain;
struct iommu_fault_param;

// VT-d, whose driver rejects requests without a PASID, or one whose driver reports them.
enum pri_kind : u64 { PRI_VTD, PRI_GENERIC, pri_kinds };

// What an IOMMU and its driver have for page requests.
struct pri_iommu {
  // Hardware.
  spinlock_t receive;  // one request at a time
  shared<u64> ring[prq_max];
  shared<u64> head, tail;               // written by software, by hardware; equal: it is empty
  shared<u64> pending, overflowed;      // PPR, PRO: requests are thrown away while it is set
  shared<pri_device*> wired[rids_max];  // to whom responses go
  // The driver.
  shared<u64> kind;
  shared<hw_iommu*> hw;  // for its invalidation queue
  struct mutex iopf_lock;
  shared<pri_device*> devices[rids_max];  // by requester id
  completion prq_complete;
  work_struct thread;  // of the interrupt
  shared<workqueue_struct*> irq;
  shared<struct iopf_queue*> iopf_queue;
  struct mutex pasid_mutex;  // knob page_response.lock
  struct mutex drains;       // knob prq_drain.lock
};
IORACE_DESCRIBE(pri_iommu, "prq", receive, ring, head, tail, pending, overflowed, wired, kind, hw,
                iopf_lock, devices, prq_complete, thread, irq, iopf_queue, pasid_mutex, drains);

struct dev_iommu_fault {
  struct mutex lock;
  shared<iommu_fault_param*> fault_param;
  shared<u64> user_pasid_table;  // of the driver's ops: the selftest's has it
  shared<pri_device*> priv;      // the driver's: struct device_domain_info
};
IORACE_DESCRIBE(dev_iommu_fault, "dev_fault", lock, fault_param, user_pasid_table, priv);

// The device numbers its groups by PASID; may have responses without a PASID.
// Its IOMMU's driver is the selftest's, which has no hardware to drain. It is a virtual function.
// Its IOMMU's driver cancels works of groups before it lets go of page requests.
// It asks for PASIDs that its driver has not bound, too: it has a group of its own.
// It has one PASID besides none. It has no page request interface.
enum pri_flags : u64 {
  PRI_PRG_PER_PASID = 1,
  PRI_NO_PASID_IN_RESPONSE = 2,
  PRI_MOCK = 4,
  PRI_VIRTFN = 8,
  PRI_CANCELS_WORKS = 16,
  PRI_ANY_PASID = 32,
  PRI_FEW_PASIDS = 64,
  PRI_NO_PRI = 128,
};

// struct iommu_group: devices that nobody can tell apart, and what is attached to them, by PASID.
// Lives as long as the execution.
struct pri_group {
  struct mutex mutex;  // devices, what is attached
  list_head devices;
  xarray pasid_array;
  shared<iommufd_fault_group*> igroup;  // as iommufd knows it
  shared<u64> several;                  // devices
};
IORACE_DESCRIBE(pri_group, "pgroup", mutex, devices, pasid_array, igroup, several);

// A device. Lives as long as the execution.
struct pri_device {
  shared<pri_group*> group;
  list_head group_item;
  shared<dev_iommu_fault*> dev_iommu;  // struct dev_iommu; null once the device is released
  shared<pri_iommu*> iommu;
  shared<u64> rid, flags;
  shared<u64> pri_enabled;         // what the driver knows
  struct mutex features;           // of users
  shared<u64> users;               //   that want page requests
  struct mutex driver;             // of the driver of the device:
  shared<u64> bonds[iopf_pasids];  //   by PASID
  shared<iommufd_device*> idev;    // as iommufd knows it
  // Hardware. Who sends holds `sending` for reading, until the request is in the queue or has been
  // answered: that is what a drain waits for.
  rw_semaphore sending;
  shared<u64> pri;                   // enabled in the device
  shared<u64> accepted;              //   in the IOMMU, which refuses requests otherwise
  shared<u64> entries[iopf_pasids];  // of its PASID table; see svm.cc
  shared<u64> stopped[iopf_pasids];  // not used: its driver has not bound it, or stops it
  shared<u64> rid_blocked;           // requests without a PASID are refused
  shared<u64> outstanding[iopf_pasids][iopf_prgs];
  // Of a device that has one numbering for all PASIDs, by index: 1 + the PASID of a group whose
  // last request has not been sent, else 0. The IOMMU's `receive`, or `sending` for writing.
  shared<u64> begun[iopf_prgs];
  // All of these by wider PASIDs and indices: see pri_state.h.
  spinlock_t wide_lock;
  shared<pri_wide_state*> wide;
  wait_queue_head_t answered;  // knob rid_drain.waits_for
};
IORACE_DESCRIBE(pri_device, "pdev", group, group_item, dev_iommu, iommu, rid, flags, pri_enabled,
                features, users, driver, bonds, idev, sending, pri, accepted, entries, stopped,
                rid_blocked, outstanding, begun, wide_lock, wide, answered);

// Requires: the mutex of the group.
#define for_each_group_device(group, device) \
  list_for_each_entry(device, &(group)->devices, group_item)

// The slot after that one.
u64 next_slot(u64 slot);

// prq.cc
// Null if there is no memory.
pri_iommu* pri_iommu_make(u64 kind);
void prq_finish(pri_iommu* iommu);
void prq_event_thread(work_struct* work);
// Blocks: until no request of the PASID is in hardware or software.
void intel_iommu_drain_pasid_prq(pri_device* dev, unsigned pasid);
// Blocks: until what the device has sent is in the queue.
void submit_drain(pri_device* dev, unsigned pasid);
// To the IOMMU of the device; blocks until it has been executed.
void submit_alone(pri_device* dev, const inv_desc& command);

// pri_driver.cc
// One that has a group of its own, or (not null) joins that one.
// Returns 0 and the device, or -EEXIST (the requester id is taken) or -ENOMEM.
int pri_device_make(pri_iommu* iommu, pri_group* group, unsigned rid, u64 flags, pri_device** made);
int pri_device_release(pri_device* dev);
// That the device has, with none.
u64 max_pasids_of(const pri_device* dev);
void intel_iommu_page_response(pri_device* dev, const page_request& last, response_code code);
void handle_bad_prq_event(pri_iommu* iommu, const page_request& request);
void intel_iommu_remove_dev_pasid(pri_device* dev, unsigned pasid, iopf_domain* domain);

// pri_enable.cc
bool pri_is_enabled(pri_device* dev);
// By how many users there are. Enabled at the first, disabled at the last.
int iopf_enable(pri_device* dev);
int iopf_disable(pri_device* dev);

// rid_driver.cc
// The requester id gets another domain; or none, and what it requests is refused. Block: until
// nothing that it has requested is in hardware or on its way to a handler.
void rid_set_domain(pri_device* dev);
void rid_block(pri_device* dev);
void rid_drain(pri_device* dev);

// mock_driver.cc
bool is_mock_dev(const pri_device* dev);
int mock_dev_enable_feat(pri_device* dev);
int mock_dev_disable_feat(pri_device* dev);
void mock_domain_page_response(pri_device* dev, const page_request& last);

// pri_hw.cc
// Sends a request. Returns 0, or why there is none: -EACCES (not enabled, or stopped), -EBUSY (the
// index is in use), -EINVAL (refused), -EAGAIN (thrown away as often as the device tries).
int page_request_send(pri_device* dev, page_request request);
void pri_stop_pasid(pri_device* dev, unsigned pasid);
void pri_use_pasid(pri_device* dev, unsigned pasid);
// What an invalidation queue executes.
void device_gets_response(const inv_desc& d);
void device_is_drained(const inv_desc& d);

}  // namespace iorace::kern::iopf
