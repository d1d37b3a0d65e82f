// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The objects of iommufd and the functions that its files share.
// Kernel: drivers/iommu/iommufd/iommufd_private.h @ 6.12.117.
//
// Lock order: ioas_lock -> domains_rwsem -> iova_rwsem -> iopt_pages.mutex. A driver's own lock is
// outside all of them.
#pragma once

#include "model/kernel.h"
#include "model/world.h"
#include "scheduler/sync/interval_tree.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/lockdep.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/refcount.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/waitqueue.h"
#include "scheduler/sync/xarray.h"

namespace iorace::kern {

struct iommu_domain;
struct iommufd_access;
struct iommufd_core_device;
struct iommufd_ioas;

struct iommufd_ctx {
  shared<struct file*> file;  // the open /dev/iommu; its last put ends the context
  xarray objects;             // id -> object; reserved while the object is being built
  xarray groups;              // number of a group of the core -> iommufd_group
  wait_queue_head_t destroy_wait;
};
IORACE_DESCRIBE(iommufd_ctx, "ctx", file, objects, groups, destroy_wait);

struct io_pagetable {
  rw_semaphore domains_rwsem;  // `domains`; held for reading while an area is half made
  xarray domains;              // dense: 0 .. next_domain_id - 1
  xarray access_list;
  shared<u32> next_domain_id;
  rw_semaphore iova_rwsem;  // the three trees, iopt_area.pages and .prevent_access
  rb_root_cached area_itree;
  rb_root_cached allowed_itree;   // IOVA that cannot become reserved
  rb_root_cached reserved_itree;  // IOVA that cannot be allocated
  shared<bool> disable_large_pages;
  shared<unsigned long> iova_alignment;
};
IORACE_DESCRIBE(io_pagetable, "iopt", domains_rwsem, domains, access_list, next_domain_id,
                iova_rwsem, area_itree, allowed_itree, reserved_itree, disable_large_pages,
                iova_alignment);

enum class iommufd_object_type : u8 {
  none,
  any = none,
  hwpt_paging,
  ioas,
  access,
  hwpt_nested,
  fault,
  device,
};

// 1. One of `users` belongs to the xarray; the object is destroyed by whoever takes 1 to 0.
// 2. Whoever holds a short term reference also holds a user reference, and drops the latter first.
// 3. `shortterm_users` starts at 1 and reaches 0 only in the destroyer.
struct iommufd_object {
  refcount_t shortterm_users;
  refcount_t users;
  rw_semaphore destroy_rwsem;  // only under iommufd_object.lifetime=destroy_rwsem
  shared<iommufd_object_type> type;
  shared<u32> id;
};
IORACE_DESCRIBE(iommufd_object, "object", shortterm_users, users, destroy_rwsem, type, id);

struct iommufd_ioas {
  iommufd_object obj;
  io_pagetable iopt;
  struct mutex mutex;  // hwpt_list
  list_head hwpt_list;
};
IORACE_DESCRIBE(iommufd_ioas, "ioas", obj, iopt, mutex, hwpt_list);

struct iommufd_hwpt_paging {
  iommufd_object obj;
  shared<iommu_domain*> domain;
  shared<iommufd_ioas*> ioas;
  list_head hwpt_item;
  shared<bool> auto_domain;  // made for a device that was attached to the IO address space
};
IORACE_DESCRIBE(iommufd_hwpt_paging, "hwpt", obj, domain, ioas, hwpt_item, auto_domain);

// What a driver brings along. Kept in a table, because an access holds its number.
struct iommufd_access_ops {
  bool needs_pin_pages;
  void (*unmap)(void* data, unsigned long iova, unsigned long length);
};

struct iommufd_access {
  iommufd_object obj;
  shared<iommufd_ctx*> ictx;
  shared<iommufd_ioas*> ioas;        // null while it is being changed: blocks new pins
  shared<iommufd_ioas*> ioas_unpin;  // follows ioas later, so that unpins still find their way
  struct mutex ioas_lock;
  shared<u32> ops;  // index into iommufd_access_ops_table
  shared<void*> data;
  shared<unsigned long> iova_alignment;
  shared<u32> iopt_access_list_id;
};
IORACE_DESCRIBE(iommufd_access, "access", obj, ictx, ioas, ioas_unpin, ioas_lock, ops, data,
                iova_alignment, iopt_access_list_id);

// main.cc
template <class T>
T* iommufd_object_alloc(iommufd_ctx* ictx, iommufd_object_type type);
int iommufd_object_init(iommufd_ctx* ictx, iommufd_object* obj, iommufd_object_type type);
void iommufd_object_finalize(iommufd_ctx* ictx, iommufd_object* obj);
void iommufd_object_abort(iommufd_ctx* ictx, iommufd_object* obj);
void iommufd_object_abort_and_destroy(iommufd_ctx* ictx, iommufd_object* obj);
bool iommufd_lock_obj(iommufd_object* obj);
void iommufd_put_object(iommufd_ctx* ictx, iommufd_object* obj);
iommufd_object* iommufd_get_object(iommufd_ctx* ictx, u32 id, iommufd_object_type type);
iommufd_ioas* iommufd_get_ioas(iommufd_ctx* ictx, u32 id);
void iommufd_object_destroy_user(iommufd_ctx* ictx, iommufd_object* obj);
// Drops a user reference, and destroys the object if nobody else has one.
void iommufd_object_put_and_try_destroy(iommufd_ctx* ictx, iommufd_object* obj);
int iommufd_destroy(iommufd_ctx* ictx, u32 id);
iommufd_ctx* iommufd_fops_open(file* filp);
void iommufd_fops_release(iommufd_ctx* ictx);
void iommufd_ctx_get(iommufd_ctx* ictx);
void iommufd_ctx_put(iommufd_ctx* ictx);
int iommufd_ucmd_respond(const char* what);
// A failure that the kernel's own fault injection can cause at this place.
inline bool iommufd_should_fail(const char* site) { return inject_fault(site); }

template <class T>
T* iommufd_object_alloc(iommufd_ctx* ictx, iommufd_object_type type) {
  KFUNC();
  T* object = kzalloc<T>();
  if (object == nullptr) return ERR_PTR(-ENOMEM);
  const int rc = iommufd_object_init(ictx, &object->obj, type);
  if (rc == 0) return object;
  kfree(object);
  return ERR_PTR(rc);
}

// ioas.cc
int iommufd_ioas_alloc_ioctl(iommufd_ctx* ictx, u32* out_ioas_id);
void iommufd_ioas_destroy(iommufd_object* obj);

// hw_pagetable.cc
// Without a device: a mock's. Requires: ioas->mutex, until the result is finalized or undone.
iommufd_hwpt_paging* iommufd_hwpt_paging_alloc(iommufd_ctx* ictx, iommufd_ioas* ioas,
                                               iommufd_core_device* idev, u32 flags,
                                               bool immediate_attach);
int iommufd_hwpt_alloc(iommufd_ctx* ictx, u32 pt_id, u32 flags, u32* out_hwpt_id);
void iommufd_hwpt_paging_destroy(iommufd_object* obj);
void iommufd_hwpt_paging_abort(iommufd_object* obj);

// Of the chapter of page requests: model/iopf/fault_hwpt.cc, fault.cc, fault_alloc.cc, fault_fd.cc
void iommufd_hwpt_nested_destroy(iommufd_object* obj);
void iommufd_fault_destroy(iommufd_object* obj);
// Ends the file of an object that was not finalized, if it has one yet.
void iommufd_fault_put_file(iommufd_object* obj);
void iommufd_fault_fops_release(void* private_data);

// idev.cc
void iommufd_device_destroy(iommufd_object* obj);

// device.cc
const iommufd_access_ops& iommufd_access_ops_of(iommufd_access* access);
iommufd_access* iommufd_access_create(iommufd_ctx* ictx, u32 ops, void* data, u32* id);
void iommufd_access_destroy(iommufd_access* access);
void iommufd_access_destroy_object(iommufd_object* obj);
int iommufd_access_attach(iommufd_access* access, u32 ioas_id);
int iommufd_access_replace(iommufd_access* access, u32 ioas_id);
void iommufd_access_detach(iommufd_access* access);
void iommufd_access_notify_unmap(io_pagetable* iopt, unsigned long iova, unsigned long length);

}  // namespace iorace::kern
