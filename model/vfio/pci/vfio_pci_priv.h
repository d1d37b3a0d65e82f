// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A vfio-pci device and what its files share. Kernel: include/linux/vfio_pci_core.h,
// drivers/vfio/pci/vfio_pci_priv.h @ 6.12.117; vma_lock and vma_list as in 6.1.
//
// Lock order: dev_set->lock -> memory_lock -> i_mmap_rwsem; mmap_lock -> memory_lock. With the
// list: mmap_lock -> vma_lock -> memory_lock.
#pragma once

#include "model/mm/address_space.h"
#include "model/mm/pagetable.h"
#include "model/vfio/pci/knobs.h"
#include "model/vfio/pci/runtime_pm.h"
#include "model/vfio/pci/vfio_pci_intx.h"
#include "model/world.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/workqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

struct file;

enum : u32 { PCI_COMMAND_MEMORY = 2, PCI_COMMAND_INTX_DISABLE = 0x400 };
enum : u32 { PCI_D0, PCI_D1, PCI_D2, PCI_D3hot };

inline constexpr unsigned long bar_pages = 4;  // of the one BAR
inline constexpr unsigned VFIO_PCI_OFFSET_SHIFT = 40;
inline constexpr unsigned VFIO_PCI_ROM_REGION_INDEX = 6;
inline constexpr unsigned VFIO_PCI_NUM_REGIONS = 9;

// The flags of a device that change while it runs, and where each of them is kept.
enum vdev_flag : u8 { virq_disabled, pm_runtime_engaged, vdev_flags };

// An area that has been mapped since the last zap.
struct vfio_pci_mmap_vma {
  shared<vm_area_struct*> vma;
  list_head vma_next;
};
IORACE_DESCRIBE(vfio_pci_mmap_vma, "mmap_vma", vma, vma_next);

struct virqfd;
// What a user signals. The waker holds the lock of its queue, and so do those it wakes.
struct eventfd_ctx {
  spinlock_t wqh_lock;
  shared<virqfd*> wait;
};
IORACE_DESCRIBE(eventfd_ctx, "eventfd", wqh_lock, wait);

// The configuration that a device had when it was opened.
struct pci_saved_state {
  shared<u32> command;
};
IORACE_DESCRIBE(pci_saved_state, "saved_state", command);

struct vfio_pci_core_device {
  struct mutex vma_lock;     // vma_list, and whether it is up to date
  list_head vma_list;        //   (both until 6.9)
  rw_semaphore memory_lock;  // whether the BARs may be accessed
  shared<u32> command;       // vconfig[PCI_COMMAND], as the user sees it
  shared<u32> phys_command;  // the device's own
  shared<u32> current_state;
  shared<bool> no_command_memory;
  shared<bool> reset_works;
  shared<u32> open_count;    // (with files that can be closed), and
  shared<bool> needs_reset;  //   whether it was left as its user had it: under the set's lock
  shared<pci_saved_state*> saved_state;
  shared<u32> flags[vdev_flags];
  shared<u32> number;
  address_space mapping;  // of the device's inode
  struct mutex igate;     // irq_type and ctx
  spinlock_t irqlock;
  shared<u32> irq_type;
  shared<vfio_pci_irq_ctx*> ctx;  // of INTx
  shared<bool> pm_intx_masked;    // by the suspend that the device is in
  struct mutex device_lock;
  struct mutex ioeventfds_lock;
  eventfd_ctx eventfd;
  shared<eventfd_ctx*> pm_wake_eventfd_ctx;  // under memory_lock
  dev_pm_info power;
  list_head dev_set_list;
};
IORACE_DESCRIBE(vfio_pci_core_device, "vdev", vma_lock, vma_list, memory_lock, command,
                phys_command, current_state, no_command_memory, reset_works, open_count,
                needs_reset, saved_state, flags, number, mapping, igate, irqlock, irq_type, ctx,
                pm_intx_masked, device_lock, ioeventfds_lock, eventfd, pm_wake_eventfd_ctx, power,
                dev_set_list);

// All devices of the bus, and the descriptors of their files: with the limit device_close the files
// themselves, which calls and areas count as users of, else the devices.
struct vfio_device_set {
  struct mutex lock;
  list_head device_list;
  xarray files;
};
IORACE_DESCRIBE(vfio_device_set, "dev_set", lock, device_list, files);

struct virqfd {
  shared<vfio_pci_core_device*> opaque;
  shared<unsigned long> pos;
  work_struct inject;
};
IORACE_DESCRIBE(virqfd, "virqfd", opaque, pos, inject);

// The chapter's part of the world.
inline constexpr unsigned vdevs_max = 4;
inline constexpr unsigned processes_max = 16;
struct process_row {
  u32 id;
  vm_process* mm;
};
struct vfio_pci_world {
  vfio_device_set* dev_set;
  workqueue_struct* system_wq;
  workqueue_struct* pm_wq;
  vfio_pci_core_device* vdev[vdevs_max];  // ghost: by number, from 1 on
  process_row process[processes_max];
  u32 processes;
  pmd_leaf* huge[vdevs_max * bar_pages / PTRS_PER_PTE];
  pud_leaf* giant[vdevs_max * bar_pages * PAGE_SIZE / PUD_SIZE];
  pud_leaf* pmd_page;
  u32 forks[tasks_max];
  bool promised[tasks_max];  // ghost: nothing was in the way when the task's fault looked
  bool masked[vdevs_max];    // ghost: its user has masked INTx
};

// core.cc
// Returns the device's number, or -ENOMEM, or -EMFILE for too many.
long vfio_pci_probe(world& w, bool virtfn, bool reset_works);
void __pci_reset_function_locked(vfio_pci_core_device* vdev);
void reset_and_restore(vfio_pci_core_device* vdev);
int pci_try_reset_function(vfio_pci_core_device* vdev);
bool vdev_flag_of(vfio_pci_core_device* vdev, vdev_flag flag);
void set_vdev_flag(vfio_pci_core_device* vdev, vdev_flag flag, bool on);
bool __vfio_pci_memory_enabled(vfio_pci_core_device* vdev);
// Whether a fault finds memory to map: it is enabled and, since 6.1, not in low power. Requires:
// memory_lock.
bool fault_may_access(vfio_pci_core_device* vdev, const vm_area_struct* vma);
void vfio_pci_set_power_state(vfio_pci_core_device* vdev, u32 state);
int vfio_pci_ioctl_reset(vfio_pci_core_device* vdev);
int vfio_pci_set_irqs(vfio_pci_core_device* vdev);

// file.cc
bool files_can_close();
vfio_device_set* the_set();  // of all devices
// The device of a descriptor, or null; with a reference on its file, where files can be closed.
vfio_pci_core_device* vdev_fget(u32 fd, file** filp);
void vdev_fput(file* filp);
// Returns 0, -ENODEV, -EINVAL if it is open, what the driver says, or -ENOSYS where files cannot be
// closed.
int vdev_reopen(u32 number);
// Returns 0, -EBADF, or -ENOSYS where files cannot be closed.
int vdev_close(u32 fd);
// The last reference is gone.
void vfio_device_fops_release(vfio_pci_core_device* vdev);

// enable.cc
// The first open and the last close. Requires: the set's lock.
int vfio_pci_core_enable(vfio_pci_core_device* vdev);
void vfio_pci_core_disable(vfio_pci_core_device* vdev);
void disable_ioeventfds(vfio_pci_core_device* vdev);

// power.cc
// `efdctx` is signalled when the device wakes up, or null.
int vfio_pci_runtime_pm_entry(vfio_pci_core_device* vdev, eventfd_ctx* efdctx);
int vfio_pci_core_pm_entry_with_wakeup(vfio_pci_core_device* vdev);
int vfio_pci_runtime_pm_exit(vfio_pci_core_device* vdev);
void vfio_pci_core_runtime_suspend(vfio_pci_core_device* vdev);
void vfio_pci_core_runtime_resume(vfio_pci_core_device* vdev);
// Around each ioctl. The first returns 0 or -EIO.
int vfio_device_pm_runtime_get(vfio_pci_core_device* vdev);
void vfio_device_pm_runtime_put(vfio_pci_core_device* vdev);
int pci_read_config(vfio_pci_core_device* vdev);

// config.cc
int vfio_basic_config_write(vfio_pci_core_device* vdev, u32 new_cmd);
int vfio_pm_config_write(vfio_pci_core_device* vdev, u32 state);
int vfio_flr_config_write(vfio_pci_core_device* vdev, bool advanced_features);

// zap.cc
void vfio_pci_zap_bars(vfio_pci_core_device* vdev);
int vfio_pci_zap_and_vma_lock(vfio_pci_core_device* vdev, bool try_lock);
void vfio_pci_zap_and_down_write_memory_lock(vfio_pci_core_device* vdev);
void up_write_memory_lock(vfio_pci_core_device* vdev);
// True in the eras whose devices keep a list of their areas.
bool vfio_pci_tracks_vmas();

// hot_reset.cc
int vfio_pci_dev_set_hot_reset(vfio_device_set* dev_set, bool owned);
// Resets the bus if no other device is open. Requires: the set's lock.
void vfio_pci_dev_set_try_reset(vfio_device_set* dev_set);

// mmap.cc
unsigned long vma_to_pfn(vm_area_struct* vma);
int vfio_pci_core_mmap(vm_area_struct* vma, void* device, u32 flags);
inline constexpr u32 VM_SHARED = 8;
// fault.cc
vm_fault_t vfio_pci_mmap_huge_fault(vm_fault* vmf, unsigned order);
vm_fault_t vfio_pci_mmap_page_fault(vm_fault* vmf);
vm_fault_t vfio_pci_mmap_prefill_fault(vm_fault* vmf);
// fault_tracked.cc
void vfio_pci_mmap_open(vm_area_struct* vma);
void vfio_pci_mmap_close(vm_area_struct* vma);
vm_fault_t vfio_pci_mmap_remap_fault(vm_fault* vmf);
vm_fault_t vfio_pci_mmap_insert_fault(vm_fault* vmf);
vm_fault_t vfio_pci_mmap_fault(vm_fault* vmf);

// rdwr.cc
int vfio_pci_bar_rw(vfio_pci_core_device* vdev, unsigned long offset, bool iswrite);
int vfio_pci_ioeventfd(vfio_pci_core_device* vdev, unsigned long offset, bool enable);
void virqfd_shutdown(virqfd* irqfd, eventfd_ctx* ctx);
int eventfd_signal(eventfd_ctx* ctx);

// Whoever knows the device without its file. Null if there is none of that number.
vfio_pci_core_device* vdev_of_bus(u32 number);

}  // namespace iorace::kern
