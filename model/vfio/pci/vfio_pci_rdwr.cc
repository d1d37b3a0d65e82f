// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Access to a BAR through the kernel: reads and writes of the file, and writes that an eventfd sets
// off. Kernel: drivers/vfio/pci/vfio_pci_rdwr.c, drivers/vfio/virqfd.c, fs/eventfd.c @ 6.12.117.
// Simplified: one access of four bytes; one eventfd and one write per device, set up and taken away
// without the queue for clean-up.
#include "model/critical_section.h"
#include "model/vfio/pci/contracts.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

// The device answers as its own register says, whatever the user sees.
static void access_device(vfio_pci_core_device* vdev) {
  const u32 cmd = READ_ONCE(vdev->phys_command);
  CONTRACT(mmio_done, vdev, (cmd & PCI_COMMAND_MEMORY) != 0);
}

// Reads and writes are alike.
static int vfio_pci_core_iowrite(vfio_pci_core_device* vdev, bool test_mem) {
  KFUNC();
  if (omit(knob::vfio_pci_iowrite_check, IO_UNCHECKED)) test_mem = false;
  if (test_mem) {
    down_read(&vdev->memory_lock);
    if (!__vfio_pci_memory_enabled(vdev)) {
      PROBE(mmio_refused);
      up_read(&vdev->memory_lock);
      return -EIO;
    }
  }
  access_device(vdev);
  if (test_mem) up_read(&vdev->memory_lock);
  return 0;
}

int vfio_pci_bar_rw(vfio_pci_core_device* vdev, unsigned long offset, bool iswrite) {
  KFUNC();
  if (offset >= bar_pages * PAGE_SIZE) return -EINVAL;
  if (iswrite && !copy_from_user("bar_write")) return -EFAULT;
  const int ret = vfio_pci_core_iowrite(vdev, true);
  if (ret != 0) return ret;
  if (!iswrite && !copy_to_user("bar_read")) return -EFAULT;
  return 0;
}

// How the handler, whose waker holds a spinlock, gets the semaphore.
enum handler_site : unsigned { handler_begin, handler_end };
enum class handler_lock : u8 { trylock, read };
using handler_row = section_row<handler_lock>;
struct handler_locks {
  rw_semaphore* memory_lock;
  int enter(handler_lock kind) const {
    if (kind == handler_lock::trylock) return down_read_trylock(memory_lock) ? 0 : -EAGAIN;
    down_read(memory_lock);
    return 0;
  }
  void leave(handler_lock) const { up_read(memory_lock); }
};
static constexpr handler_row handler_rows[] = {
    {handler_lock::trylock, on(handler_begin), on(handler_end)},  // trylock
    {handler_lock::read, on(handler_begin), on(handler_end)},     // sleeps
};

// Nothing keeps a device awake that is written to because of an eventfd. Where something does, the
// thread wakes it up, and the handler writes if it is awake.
static bool stays_awake(vfio_pci_core_device* vdev) {
  return omit(knob::vfio_pci_ioeventfd_power, IOEVENTFD_ASLEEP) || pm_runtime_get_if_active(vdev);
}
static bool wakes_up(vfio_pci_core_device* vdev) {
  if (omit(knob::vfio_pci_ioeventfd_power, IOEVENTFD_ASLEEP)) return true;
  return pm_runtime_resume_and_get(vdev) == 0;
}
static void may_sleep_again(vfio_pci_core_device* vdev) {
  if (!omit(knob::vfio_pci_ioeventfd_power, IOEVENTFD_ASLEEP)) pm_runtime_put(vdev);
}

// Returns 1 if the write is left to the thread.
static int handle_awake(vfio_pci_core_device* vdev) {
  section<handler_lock, handler_locks> cs(handler_rows[chosen(knob::vfio_pci_ioeventfd_lock)],
                                          {&vdev->memory_lock});
  if (cs.at(handler_begin) != 0) {
    PROBE(ioeventfd_deferred);
    return 1;
  }
  if (__vfio_pci_memory_enabled(vdev)) vfio_pci_core_iowrite(vdev, false);
  cs.at(handler_end);
  return 0;
}

static int vfio_pci_ioeventfd_handler(vfio_pci_core_device* vdev) {
  KFUNC();
  if (!stays_awake(vdev)) return 1;
  const int ret = handle_awake(vdev);
  may_sleep_again(vdev);
  return ret;
}

static void vfio_pci_ioeventfd_thread(work_struct* work) {
  KFUNC();
  virqfd* const irqfd = container_of(work, virqfd, inject);
  vfio_pci_core_device* const vdev = irqfd->opaque;
  if (!wakes_up(vdev)) return;
  vfio_pci_core_iowrite(vdev, true);
  may_sleep_again(vdev);
}

// Requires: the lock of the eventfd's queue.
static void virqfd_wakeup(virqfd* irqfd) {
  KFUNC();
  vfio_pci_core_device* const vdev = irqfd->opaque;
  if (vfio_pci_ioeventfd_handler(vdev) != 0)
    queue_work(this_world().vfio_pci->system_wq, &irqfd->inject);
}

int eventfd_signal(eventfd_ctx* ctx) {
  KFUNC();
  spin_lock(&ctx->wqh_lock);
  virqfd* const irqfd = ctx->wait;
  if (irqfd != nullptr) virqfd_wakeup(irqfd);
  spin_unlock(&ctx->wqh_lock);
  return 0;
}

static int vfio_virqfd_enable(vfio_pci_core_device* vdev, unsigned long pos) {
  KFUNC();
  auto* const irqfd = kzalloc<virqfd>();
  if (irqfd == nullptr) return -ENOMEM;
  irqfd->opaque = vdev;
  irqfd->pos = pos;
  INIT_WORK(&irqfd->inject, vfio_pci_ioeventfd_thread);
  spin_lock(&vdev->eventfd.wqh_lock);
  vdev->eventfd.wait = irqfd;
  spin_unlock(&vdev->eventfd.wqh_lock);
  return 0;
}

void virqfd_shutdown(virqfd* irqfd, eventfd_ctx* ctx) {
  KFUNC();
  spin_lock(&ctx->wqh_lock);
  ctx->wait = nullptr;
  spin_unlock(&ctx->wqh_lock);
  flush_work(&irqfd->inject);
  kfree(irqfd);
}

static int change_ioeventfd(vfio_pci_core_device* vdev, unsigned long pos, bool enable) {
  virqfd* const irqfd = vdev->eventfd.wait;
  if (irqfd != nullptr && irqfd->pos == pos) {
    if (enable) return -EEXIST;
    virqfd_shutdown(irqfd, &vdev->eventfd);
    return 0;
  }
  if (!enable) return -ENODEV;
  if (irqfd != nullptr) return -ENOSPC;
  return vfio_virqfd_enable(vdev, pos);
}

int vfio_pci_ioeventfd(vfio_pci_core_device* vdev, unsigned long offset, bool enable) {
  KFUNC();
  constexpr unsigned long count = 4;
  if (offset > bar_pages * PAGE_SIZE - count) return -EINVAL;
  mutex_lock(&vdev->ioeventfds_lock);
  const int ret = change_ioeventfd(vdev, offset, enable);
  mutex_unlock(&vdev->ioeventfds_lock);
  return ret;
}

}  // namespace iorace::kern
