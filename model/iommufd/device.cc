// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Accesses: how drivers without DMA reach an IO address space. Kernel:
// drivers/iommu/iommufd/device.c @ 6.12.117, from iommufd_access_change_ioas on; pinning is in
// device_access.cc.
#include "model/critical_section.h"
#include "model/iommufd/file.h"
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

// Moves the access to `new_ioas`, or to none. Takes ioas_lock over, drops it around the callback
// and returns with it held.
static int iommufd_access_change_ioas(iommufd_access* access, iommufd_ioas* new_ioas) {
  KFUNC();
  const u32 iopt_access_list_id = access->iopt_access_list_id;
  iommufd_ioas* const cur_ioas = access->ioas;
  lockdep_assert_held(&access->ioas_lock);

  // Another change is in its callback.
  iommufd_ioas* const ioas_unpin = access->ioas_unpin;
  if (cur_ioas != ioas_unpin) {
    PROBE(change_ioas_busy);
    return -EBUSY;
  }
  if (cur_ioas == new_ioas) return 0;

  // No more pins; unpins still go by ioas_unpin.
  if (!omit(knob::change_ioas_ioas, IOAS_KEPT)) access->ioas = nullptr;

  if (new_ioas != nullptr) {
    const int rc = iopt_add_access(&new_ioas->iopt, access);
    if (rc != 0) {
      access->ioas = cur_ioas;
      return rc;
    }
    refcount_inc(&new_ioas->obj.users);
  }

  if (cur_ioas != nullptr) {
    PROBE(change_ioas_callback);
    mutex_unlock(&access->ioas_lock);
    const iommufd_access_ops& ops = iommufd_access_ops_of(access);
    void* const data = access->data;
    CONTRACT(callback_entered, access);
    ops.unmap(data, 0, ULONG_MAX);
    CONTRACT(change_callback_returned, access, &cur_ioas->iopt);
    mutex_lock(&access->ioas_lock);
    iopt_remove_access(&cur_ioas->iopt, access, iopt_access_list_id);
    refcount_dec(&cur_ioas->obj.users);
  }
  access->ioas = new_ioas;
  access->ioas_unpin = new_ioas;
  return 0;
}

static int iommufd_access_change_ioas_id(iommufd_access* access, u32 id) {
  KFUNC();
  iommufd_ctx* const ictx = access->ictx;
  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  const int rc = iommufd_access_change_ioas(access, ioas);
  iommufd_put_object(ictx, &ioas->obj);
  return rc;
}

void iommufd_access_destroy_object(iommufd_object* obj) {
  KFUNC();
  auto* const access = container_of(obj, iommufd_access, obj);
  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  if (ioas != nullptr) WARN_ON(iommufd_access_change_ioas(access, nullptr));
  mutex_unlock(&access->ioas_lock);
  CONTRACT(access_destroyed, access);
  iommufd_ctx* const ictx = access->ictx;
  iommufd_ctx_put(ictx);
}

// The lock is made ready after the object has been published, as upstream does.
iommufd_access* iommufd_access_create(iommufd_ctx* ictx, u32 ops, void* data, u32* id) {
  KFUNC();
  auto* const access = iommufd_object_alloc<iommufd_access>(ictx, iommufd_object_type::access);
  if (IS_ERR(access)) return access;
  access->data = data;
  access->ops = ops;
  const bool needs_pin_pages = iommufd_access_ops_of(access).needs_pin_pages;
  access->iova_alignment = needs_pin_pages ? PAGE_SIZE : 1;
  refcount_inc(&access->obj.users);
  access->ictx = ictx;
  iommufd_ctx_get(ictx);
  iommufd_object_finalize(ictx, &access->obj);
  *id = access->obj.id;
  mutex_init(&access->ioas_lock);
  return access;
}

// Requires: the caller has stopped using the access. No callback runs after the return.
void iommufd_access_destroy(iommufd_access* access) {
  KFUNC();
  iommufd_ctx* const ictx = access->ictx;
  iommufd_object_destroy_user(ictx, &access->obj);
}

void iommufd_access_detach(iommufd_access* access) {
  KFUNC();
  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  if (!WARN_ON(ioas == nullptr)) WARN_ON(iommufd_access_change_ioas(access, nullptr));
  mutex_unlock(&access->ioas_lock);
}

int iommufd_access_attach(iommufd_access* access, u32 ioas_id) {
  KFUNC();
  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  int rc = -EINVAL;
  if (!WARN_ON(ioas != nullptr)) rc = iommufd_access_change_ioas_id(access, ioas_id);
  mutex_unlock(&access->ioas_lock);
  return rc;
}

int iommufd_access_replace(iommufd_access* access, u32 ioas_id) {
  KFUNC();
  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  int rc = -ENOENT;
  if (ioas != nullptr)
    rc = iommufd_access_change_ioas_id(access, ioas_id);
  else
    PROBE(replace_without_ioas);
  mutex_unlock(&access->ioas_lock);
  return rc;
}

// What excludes the destroyer while NOTIFY takes its reference: upstream nothing but the lock of
// the list, which the destroyer does not hold when it looks at the users.
enum notify_site : unsigned { before_lock_obj, after_lock_obj };
static constexpr cs_row notify_rows[] = {
    {lock_kind::none, on(), on()},                             // access_list
    {lock_kind::xa, on(before_lock_obj), on(after_lock_obj)},  // objects
};

// Tells every access of the iopt to let go of the range. When a callback returns, none of its
// access' pins is left there. An access whose destruction has begun is skipped, not waited for.
void iommufd_access_notify_unmap(io_pagetable* iopt, unsigned long iova, unsigned long length) {
  KFUNC();
  unsigned long index = 0;
  iommufd_access* access = nullptr;
  xa_lock(&iopt->access_list);
  xa_for_each(&iopt->access_list, index, access) {
    critical_section cs(notify_rows[chosen(knob::notify_unmap_lock_obj)],
                        {.array = &this_world().ictx->objects});
    cs.at(before_lock_obj);
    const bool locked = iommufd_lock_obj(&access->obj);
    cs.at(after_lock_obj);
    if (!locked) {
      PROBE(notify_skipped_destroyed);
      continue;
    }
    xa_unlock(&iopt->access_list);

    PROBE(notify_called);
    const iommufd_access_ops& ops = iommufd_access_ops_of(access);
    void* const data = access->data;
    CONTRACT(callback_entered, access);
    ops.unmap(data, iova, length);
    CONTRACT(callback_returned, access);

    iommufd_ctx* const ictx = access->ictx;
    iommufd_put_object(ictx, &access->obj);
    xa_lock(&iopt->access_list);
  }
  xa_unlock(&iopt->access_list);
}

}  // namespace iorace::kern
