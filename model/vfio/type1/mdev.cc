// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A device without an iommu and the driver that pins pages for it. Kernel:
// drivers/vfio/vfio_main.c, group.c @ 6.12.117; the driver is a typical one: it remembers what it
// has pinned, unpins it when it is told to, pins for the user's calls and in a worker or a thread
// of its own, and ends that when the device is closed. Simplified: the device comes into being when
// it is opened.
#include "model/critical_section.h"
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

unsigned long pages_in(unsigned long iova, unsigned long length) {
  return (ALIGN(iova + length, PAGE_SIZE) - ALIGN_DOWN(iova, PAGE_SIZE)) / PAGE_SIZE;
}

enum pin_site : unsigned { before_pin, after_pin, before_record, after_record };
constexpr cs_row pin_rows[] = {
    {lock_kind::mutex, on(before_pin), on(after_record)},
    {lock_kind::mutex, on(before_record), on(after_record)},
};

int vfio_device_container_pin_pages(mdev_device* device, unsigned long iova, unsigned long npage,
                                    u32 prot) {
  KFUNC();
  if (npage > VFIO_PIN_PAGES_MAX_ENTRIES) return -E2BIG;
  vfio_iommu* const iommu = device->iommu;
  return vfio_iommu_type1_pin_pages(iommu, device, iova, npage, prot);
}

void unpin(mdev_device* device, mdev_pin* pin) {
  list_del(&pin->next);
  vfio_iommu* const iommu = device->iommu;
  const unsigned long iova = pin->iova;
  const unsigned long npage = pin->npage;
  vfio_iommu_type1_unpin_pages(iommu, iova, npage);
  kfree(pin);
}

bool touches(mdev_pin* pin, unsigned long first, unsigned long last) {
  const unsigned long iova = pin->iova;
  return iova <= last && iova + pin->npage * PAGE_SIZE - 1 >= first;
}

void unpin_range(mdev_device* device, unsigned long first, unsigned long last) {
  mdev_pin* pin = nullptr;
  mdev_pin* tmp = nullptr;
  list_for_each_entry_safe(pin, tmp, &device->pins, next) {
    if (!touches(pin, first, last)) continue;
    PROBE(dma_unmap_unpinned);
    unpin(device, pin);
  }
}

void pin_as_asked(mdev_device* device, bool threaded) {
  spin_lock(&device->work_lock);
  const unsigned long iova = device->work_iova;
  const unsigned long length = device->work_length;
  if (threaded) WRITE_ONCE(device->thread_asked, false);
  spin_unlock(&device->work_lock);
  mdev_pin_pages(device, iova, length, IOMMU_READ);
}

void mdev_work(work_struct* work) {
  KFUNC();
  pin_as_asked(container_of(work, mdev_device, work), false);
}

int mdev_thread(void* data) {
  KFUNC();
  auto* const device = static_cast<mdev_device*>(data);
  for (;;) {
    wait_event_idle(device->thread_wait,
                    [=] { return kthread_should_stop() || READ_ONCE(device->thread_asked); });
    if (kthread_should_stop()) return 0;
    pin_as_asked(device, true);
  }
}

int mdev_open_device(mdev_device* device, bool threaded) {
  KFUNC();
  if (inject_fault("mdev_open_device")) return -ENOMEM;
  if (!threaded) return 0;
  init_waitqueue_head(&device->thread_wait);
  kthread* const thread = kthread_run(mdev_thread, device);
  if (thread == nullptr) return -ENOMEM;
  device->thread = thread;
  return 0;
}

void mdev_stop_thread(kthread* thread) {
  KFUNC();
  kthread_stop(thread);
}

void mdev_close_device(mdev_device* device) {
  KFUNC();
  if (kthread* const thread = device->thread)
    mdev_stop_thread(thread);
  else
    flush_work(&device->work);
  mutex_lock(&device->pins_lock);
  unpin_range(device, 0, ULONG_MAX);
  mutex_unlock(&device->pins_lock);
}

enum callback_lock : u8 { pins_only, dev_set_too };
constexpr callback_lock callback_rows[] = {pins_only, dev_set_too};

mdev_device* alloc_device(vfio_group* group) {
  auto* const device = kzalloc<mdev_device>();
  if (device == nullptr) return nullptr;
  mutex_init(&device->dev_set_lock);
  mutex_init(&device->pins_lock);
  spin_lock_init(&device->work_lock);
  INIT_LIST_HEAD(&device->pins);
  INIT_WORK(&device->work, mdev_work);
  device->group = group;
  device->iommu = group->iommu;
  refcount_set(&device->f_count, 1);
  return device;
}

// Requires: group_lock.
int open_locked(vfio_group* group, bool threaded, mdev_device** made) {
  vfio_iommu* const iommu = group->iommu;
  if (iommu == nullptr) return -EINVAL;
  mdev_device* const device = alloc_device(group);
  if (device == nullptr) return -ENOMEM;
  mutex_lock(&device->dev_set_lock);
  group->container_users++;
  vfio_iommu_type1_register_device(iommu, device);
  const int ret = mdev_open_device(device, threaded);
  if (ret != 0) {
    if (!omit(knob::device_open_unwind, OPEN_LEAVES_REGISTERED))
      vfio_iommu_type1_unregister_device(iommu, device);
    group->container_users--;
  }
  mutex_unlock(&device->dev_set_lock);
  if (ret != 0) {
    kfree(device);
    return ret;
  }
  refcount_inc(&group->users);
  *made = device;
  return 0;
}

}  // namespace

int vfio_device_open(vfio_group* group, bool threaded, mdev_device** made) {
  KFUNC();
  mutex_lock(&group->group_lock);
  const int ret = group->type == VFIO_EMULATED_IOMMU ? open_locked(group, threaded, made) : -ENODEV;
  mutex_unlock(&group->group_lock);
  return ret;
}

// The last reference on the file is gone.
void vfio_device_release(mdev_device* device) {
  KFUNC();
  vfio_group* const group = device->group;
  vfio_iommu* const iommu = device->iommu;
  vfio_device_closes(iommu, device);
  mutex_lock(&group->group_lock);
  mutex_lock(&device->dev_set_lock);
  mdev_close_device(device);
  vfio_iommu_type1_unregister_device(iommu, device);
  group->container_users--;
  mutex_unlock(&device->dev_set_lock);
  mutex_unlock(&group->group_lock);
  put_group(group);
  kfree(device);
}

void mdev_dma_unmap(mdev_device* device, unsigned long iova, unsigned long length) {
  KFUNC();
  const bool both = callback_rows[chosen(knob::mdev_dma_unmap_lock)] == dev_set_too;
  if (both) mutex_lock(&device->dev_set_lock);
  mutex_lock(&device->pins_lock);
  unpin_range(device, iova, iova + length - 1);
  mutex_unlock(&device->pins_lock);
  if (both) mutex_unlock(&device->dev_set_lock);
}

int mdev_pin_pages(mdev_device* device, unsigned long iova, unsigned long length, u32 prot) {
  KFUNC();
  if (length == 0 || iova + length - 1 < iova) return -EINVAL;
  auto* const pin = kzalloc<mdev_pin>();
  if (pin == nullptr) return -ENOMEM;
  const unsigned long start = ALIGN_DOWN(iova, PAGE_SIZE);
  const unsigned long npage = pages_in(iova, length);
  pin->iova = start;
  pin->npage = npage;
  critical_section cs(pin_rows[chosen(knob::mdev_pin_record)], {.sleeping = &device->pins_lock});
  cs.at(before_pin);
  const int ret = vfio_device_container_pin_pages(device, start, npage, prot);
  cs.at(after_pin);
  cs.at(before_record);
  if (ret == 0) list_add_tail(&pin->next, &device->pins);
  cs.at(after_record);
  if (ret != 0) kfree(pin);
  return ret;
}

// `mm` is null for a thread of the kernel.
int mdev_rw(mdev_device* device, mm_struct* mm, unsigned long iova, unsigned long length,
            bool write) {
  KFUNC();
  if (length == 0 || iova + length - 1 < iova) return -EINVAL;
  vfio_iommu* const iommu = device->iommu;
  return vfio_iommu_type1_dma_rw(iommu, device, mm, iova, length, write);
}

int mdev_unpin_pages(mdev_device* device, unsigned long iova, unsigned long length) {
  KFUNC();
  if (length == 0 || iova + length - 1 < iova) return -EINVAL;
  mutex_lock(&device->pins_lock);
  unpin_range(device, iova, iova + length - 1);
  mutex_unlock(&device->pins_lock);
  return 0;
}

// Requires: work_lock. Returns false if it has been asked before.
static bool ask(mdev_device* device) {
  if (device->thread == nullptr)
    return queue_work(this_world().vfio_type1->system_wq, &device->work);
  if (READ_ONCE(device->thread_asked)) return false;
  WRITE_ONCE(device->thread_asked, true);
  wake_up(&device->thread_wait);
  return true;
}

int mdev_queue_pin(mdev_device* device, unsigned long iova, unsigned long length) {
  KFUNC();
  spin_lock(&device->work_lock);
  device->work_iova = iova;
  device->work_length = length;
  const bool queued = ask(device);
  spin_unlock(&device->work_lock);
  return queued ? 0 : -EBUSY;
}

}  // namespace iorace::kern::type1
