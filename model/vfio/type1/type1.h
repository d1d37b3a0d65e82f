// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A VFIO container with the type1 driver behind it: mappings of the user's memory, domains that
// translate, devices without one whose driver pins pages. Kernel:
// drivers/vfio/vfio_iommu_type1.c @ 6.12.117; the wait for addresses as in 6.1.
//
// Lock order: group_lock -> dev_set_lock -> pins_lock -> lock -> mmap_lock; lock ->
// device_list_lock -> pins_lock, which is where it is not one (see type1_notify.cc).
#pragma once

#include "model/mm/user_mm.h"
#include "model/vfio/type1/knobs.h"
#include "model/world.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/kthread.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/workqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern::type1 {

// Classes are told apart by the names of their types.
using mm_struct = user_mm_struct;

enum : u32 { IOMMU_READ = 1, IOMMU_WRITE = 2 };
enum : u32 { VFIO_DMA_MAP_FLAG_READ = 1, VFIO_DMA_MAP_FLAG_WRITE = 2, VFIO_DMA_MAP_FLAG_VADDR = 4 };
enum : u32 { VFIO_DMA_UNMAP_FLAG_ALL = 2, VFIO_DMA_UNMAP_FLAG_VADDR = 4 };
enum : u32 { VFIO_TYPE1_IOMMU = 1, VFIO_TYPE1v2_IOMMU = 3 };
enum : u32 { VFIO_EMULATED_IOMMU, VFIO_IOMMU_COHERENT, VFIO_IOMMU_SNOOPING };

inline constexpr unsigned long io_pages = 32;  // that a domain's page table reaches
inline constexpr unsigned long VFIO_PIN_PAGES_MAX_ENTRIES = PAGE_SIZE / sizeof(unsigned long);

// A process as the kernel's bookkeeping sees it. `mm` is another one after an exec.
struct user_task {
  spinlock_t alloc_lock;
  shared<mm_struct*> mm;  // null once it has ended
  refcount_t usage;
};
IORACE_DESCRIBE(user_task, "user", alloc_lock, mm, usage);

// A page that drivers have pinned, `ref_count` times.
struct vfio_pfn {
  interval_tree_node node;  // its iova
  shared<u32> pfn;
  shared<u32> ref_count;
};
IORACE_DESCRIBE(vfio_pfn, "vpfn", node, pfn, ref_count);

// A range of the user's memory that devices may access.
struct vfio_dma {
  interval_tree_node node;
  shared<unsigned long> iova;
  shared<unsigned long> vaddr;
  shared<unsigned long> size;  // what is mapped so far
  shared<u32> prot;
  shared<bool> iommu_mapped;
  shared<bool> vaddr_invalid;
  rb_root_cached pfn_list;
  shared<u32> pins;  // how many there have been, where an unmap asks
  shared<user_task*> task;
  shared<mm_struct*> mm;
  shared<long> locked_vm;  // pages accounted to mm
  shared<unsigned long> file_offset;
};
IORACE_DESCRIBE(vfio_dma, "dma", node, iova, vaddr, size, prot, iommu_mapped, vaddr_invalid,
                pfn_list, pins, task, mm, locked_vm, file_offset);

// One io page table, and what a device may still have cached of it.
struct vfio_domain {
  list_head next;
  list_head group_list;
  shared<bool> enforce_cache_coherency;
  shared<u32> pte[io_pages];    // pfn + 1
  shared<u32> iotlb[io_pages];  // until the next sync
};
IORACE_DESCRIBE(vfio_domain, "vdomain", next, group_list, enforce_cache_coherency, pte, iotlb);

// vaddr_invalid_count, everything about mappings, domains and pins: lock.
// device_list: written under both locks, read under either.
struct vfio_iommu {
  struct mutex lock;
  struct mutex device_list_lock;
  rw_semaphore device_list_rwsem;  // for it, where notifications hold nothing that callbacks want
  list_head domain_list;
  list_head emulated_iommu_groups;
  list_head device_list;
  rb_root_cached dma_list;
  shared<u32> dma_avail;
  shared<u32> vaddr_invalid_count;
  shared<bool> v2;
  wait_queue_head_t vaddr_wait;  // until 6.2
  shared<bool> container_open;   //   all of these
  shared<u32> device_closes;
  refcount_t kref;  // the file, and each group
};
IORACE_DESCRIBE(vfio_iommu, "container", lock, device_list_lock, device_list_rwsem, domain_list,
                emulated_iommu_groups, device_list, dma_list, dma_avail, vaddr_invalid_count, v2,
                vaddr_wait, container_open, device_closes, kref);

// A group that is in a container from its beginning to its end.
struct vfio_group {
  struct mutex group_lock;
  shared<vfio_iommu*> iommu;
  shared<u32> type;
  shared<u32> container_users;  // devices that are open
  list_head next;               // of a domain or of emulated_iommu_groups
  refcount_t users;             // of the struct
};
IORACE_DESCRIBE(vfio_group, "member", group_lock, iommu, type, container_users, next, users);

struct mdev_pin {
  list_head next;
  shared<unsigned long> iova;
  shared<unsigned long> npage;
};
IORACE_DESCRIBE(mdev_pin, "mpin", next, iova, npage);

// An open device of a group without an iommu, and its driver's part.
struct mdev_device {
  struct mutex dev_set_lock;
  list_head iommu_entry;
  shared<vfio_group*> group;
  shared<vfio_iommu*> iommu;
  refcount_t f_count;    // of its file
  shared<bool> closing;  // what type1 knows of its close, where it knows:
  shared<u32> closes;    //   both under iommu->lock
  struct mutex pins_lock;
  list_head pins;
  spinlock_t work_lock;
  shared<unsigned long> work_iova;
  shared<unsigned long> work_length;
  work_struct work;
  shared<kthread*> thread;  // that does it instead, or null
  shared<bool> thread_asked;
  wait_queue_head_t thread_wait;
};
IORACE_DESCRIBE(mdev_device, "mdev", dev_set_lock, iommu_entry, group, iommu, f_count, closing,
                closes, pins_lock, pins, work_lock, work_iova, work_length, work, thread,
                thread_asked, thread_wait);

// Descriptors of the user's files and numbers of processes.
struct type1_files {
  xarray containers;
  xarray groups;
  xarray mdevs;
  xarray users;
};
IORACE_DESCRIBE(type1_files, "vfio_files", containers, groups, mdevs, users);

// Which statements about vaddrs a kernel has: one row per value of type1_vaddr.
struct vaddr_era {
  bool flag;               // VFIO_DMA_UNMAP_FLAG_VADDR is known
  bool excludes;           // it is refused beside devices that pin, and they are refused beside it
  bool waits;              // who pins waits for the address
  bool tells;              //   and is told that it has waited
  bool prepares;           //   and is on the queue before the lock is dropped
  bool wakes_its_waiters;  // a close of a device: those that wait for it now
  bool wakes_all_waiters;  //   all that wait now
  bool remembers_closing;  //   those that wait for it or will
  bool file;               // translation goes through the file that is mapped
  bool change_mm;          // all mappings move to another process at once
  bool moves_pins;  // what is pinned is kept count of when nobody is there to be charged: a mapping
                    // that drivers have pinned may go to another process then
};
const vaddr_era& era();

// type1.cc
vfio_iommu* vfio_iommu_type1_open(u32 arg);
void vfio_iommu_type1_release(vfio_iommu* iommu);
vfio_dma* vfio_find_dma(vfio_iommu* iommu, unsigned long start, unsigned long size);
vfio_pfn* vfio_find_vpfn(vfio_dma* dma, unsigned long iova);
void vfio_remove_dma(vfio_iommu* iommu, vfio_dma* dma);
void vfio_iommu_unmap_unpin_all(vfio_iommu* iommu);
void vfio_iommu_unmap_unpin_reaccount(vfio_iommu* iommu);
// Every way out of a section of iommu->lock.
void unlock_iommu(vfio_iommu* iommu);

// type1_account.cc: what pinned pages count for.
void put_pfn(unsigned long pfn);
int vfio_lock_acct(vfio_dma* dma, long npage, bool async);
int vfio_change_dma_owner(vfio_dma* dma, user_task* task, mm_struct* mm);
// The process that the pages are taken from. Returns with a reference, or null.
mm_struct* get_dma_mm(vfio_dma* dma);
// Both count from the beginning of the mapping.
int vaddr_get_pfn(vfio_dma* dma, mm_struct* mm, unsigned long offset, u32* pfn);
long vfio_pin_pages_remote(vfio_dma* dma, mm_struct* mm, unsigned long offset, unsigned long npage,
                           u32* pfn_base);
void vfio_unpin_pages_remote(vfio_dma* dma, unsigned long iova, unsigned long pfn,
                             unsigned long npage, bool do_accounting, long* unlocked);

// type1_domain.cc
int iommu_map(vfio_domain* d, unsigned long iova, unsigned long pfn, unsigned long npage);
void iommu_unmap(vfio_domain* d, unsigned long iova, unsigned long npage);
long iommu_iova_to_pfn(vfio_domain* d, unsigned long iova);
int vfio_iommu_map(vfio_iommu* iommu, unsigned long iova, unsigned long pfn, unsigned long npage);
long vfio_unmap_unpin(vfio_iommu* iommu, vfio_dma* dma, bool do_accounting);
int vfio_iommu_replay(vfio_iommu* iommu, vfio_domain* domain, mm_struct* mm);

// type1_map.cc
struct dma_map_request {
  unsigned long iova, vaddr, size;
  u32 flags;
};
int vfio_dma_do_map(vfio_iommu* iommu, user_task* task, mm_struct* mm, const dma_map_request& map);
int vfio_iommu_change_mm(vfio_iommu* iommu, user_task* task, mm_struct* mm);

// type1_unmap.cc
int vfio_dma_do_unmap(vfio_iommu* iommu, unsigned long iova, unsigned long size, u32 flags,
                      unsigned long* unmapped);

// Whether an unmap asks if a mapping has been pinned anew since it notified of it.
bool unmap_counts_pins();

// type1_notify.cc
void vfio_iommu_type1_register_device(vfio_iommu* iommu, mdev_device* device);
void vfio_iommu_type1_unregister_device(vfio_iommu* iommu, mdev_device* device);
void vfio_notify_dma_unmap(vfio_iommu* iommu, vfio_dma* dma);
// Around an unmap that may notify, outside of iommu->lock.
void unmap_begins(vfio_iommu* iommu);
void unmap_ends(vfio_iommu* iommu);

// type1_pin.cc
int vfio_iommu_type1_pin_pages(vfio_iommu* iommu, mdev_device* device, unsigned long user_iova,
                               unsigned long npage, u32 prot);
void vfio_iommu_type1_unpin_pages(vfio_iommu* iommu, unsigned long user_iova, unsigned long npage);
int vfio_iommu_type1_dma_rw(vfio_iommu* iommu, mdev_device* device, mm_struct* mm,
                            unsigned long user_iova, unsigned long count, bool write);

// type1_wait.cc
inline constexpr int WAITED = 1;
int vfio_find_dma_valid(vfio_iommu* iommu, mdev_device* device, unsigned long start,
                        vfio_dma** dma_p);
int vfio_wait_all_valid(vfio_iommu* iommu);
// A close of the device begins, which may have to be told to those that wait.
void vfio_device_closes(vfio_iommu* iommu, mdev_device* device);
void vfio_container_closes(vfio_iommu* iommu);

// type1_group.cc
// Makes the group, as its part here is made by the attach.
int vfio_iommu_type1_attach_group(vfio_iommu* iommu, u32 type, mm_struct* mm, vfio_group** made);
void vfio_iommu_type1_detach_group(vfio_iommu* iommu, vfio_group* group);

// mdev.cc
// With a thread of its own, if `threaded`, or a work item.
int vfio_device_open(vfio_group* group, bool threaded, mdev_device** made);
void vfio_device_release(mdev_device* device);
void mdev_dma_unmap(mdev_device* device, unsigned long iova, unsigned long length);
int mdev_pin_pages(mdev_device* device, unsigned long iova, unsigned long length, u32 prot);
int mdev_unpin_pages(mdev_device* device, unsigned long iova, unsigned long length);
int mdev_rw(mdev_device* device, mm_struct* mm, unsigned long iova, unsigned long length,
            bool write);
int mdev_queue_pin(mdev_device* device, unsigned long iova, unsigned long length);

// files.cc: what the user has open, by descriptor. Each get returns a reference, or null.
vfio_iommu* get_container(u32 fd);
void put_container(vfio_iommu* iommu);
vfio_group* get_group(u32 fd);
void put_group(vfio_group* group);
mdev_device* get_mdev(u32 fd);
void put_mdev(mdev_device* device);
int container_open(u32 type, u32* fd);
int container_close(u32 fd);
int group_attach(u32 container, u32 type, mm_struct* mm, u32* fd);
int group_detach(u32 fd);
int mdev_open(u32 group, bool threaded, u32* fd);
int mdev_close(u32 fd);

// users.cc
user_task* get_user(u32 number);
void put_user(user_task* task);
// Returns a reference, or null.
mm_struct* get_task_mm(user_task* task);
user_task* make_user(mm_struct* mm);
void exit_user(user_task* task);
int user_fork(u32 number, u32* child);
int user_exec(u32 number, unsigned long memory);
int user_exit(u32 number);

}  // namespace iorace::kern::type1

namespace iorace::kern {

// The chapter's part of the world.
struct type1_ghosts;
struct vfio_type1_world {
  type1::type1_files* files;
  type1::user_task* init;  // the first process, number 1
  workqueue_struct* system_wq;
  type1_ghosts* ghost;
};

}  // namespace iorace::kern
