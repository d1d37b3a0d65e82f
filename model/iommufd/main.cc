// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Lifetime of iommufd objects: reserved, published, used, removed. Kernel:
// drivers/iommu/iommufd/main.c and the inline functions of iommufd_private.h @ 6.12.117.
#include "model/iommufd/contracts.h"
#include "model/iommufd/file.h"
#include "model/iommufd/iommufd_private.h"
#include "model/iommufd/object_lifetime.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

enum : unsigned { REMOVE_WAIT_SHORTTERM = 1 };

// The second half of _iommufd_object_alloc(). The id is taken, but loads of it find nothing until
// iommufd_object_finalize().
int iommufd_object_init(iommufd_ctx* ictx, iommufd_object* obj, iommufd_object_type type) {
  KFUNC();
  u32 id = 0;
  obj->type = type;
  refcount_set(&obj->shortterm_users, 1);
  refcount_set(&obj->users, 1);
  init_rwsem(&obj->destroy_rwsem);
  const int rc = xa_alloc(&ictx->objects, &id, XA_ZERO_ENTRY, xa_limit_31b);
  if (rc != 0) return rc;
  obj->id = id;
  return 0;
}

// From here on other tasks may hold the object: no error path may free it any more.
void iommufd_object_finalize(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  const u32 id = obj->id;
  void* const old = xa_store(&ictx->objects, id, obj);
  WARN_ON(old);
}

// Requires: not finalized.
void iommufd_object_abort(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  const u32 id = obj->id;
  void* const old = xa_erase(&ictx->objects, id);
  WARN_ON(old);
  kfree(obj);
}

static void iommufd_object_destroy_op(iommufd_object* obj) {
  const iommufd_object_type type = obj->type;
  switch (type) {
    case iommufd_object_type::ioas:
      iommufd_ioas_destroy(obj);
      break;
    case iommufd_object_type::hwpt_paging:
      iommufd_hwpt_paging_destroy(obj);
      break;
    case iommufd_object_type::access:
      iommufd_access_destroy_object(obj);
      break;
    case iommufd_object_type::hwpt_nested:
      iommufd_hwpt_nested_destroy(obj);
      break;
    case iommufd_object_type::fault:
      iommufd_fault_destroy(obj);
      break;
    case iommufd_object_type::device:
      iommufd_device_destroy(obj);
      break;
    case iommufd_object_type::none:
      break;
  }
}

// Undoes a complete object that was not finalized. The file that it may have goes first: its
// release drops a user of the object.
void iommufd_object_abort_and_destroy(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  const iommufd_object_type type = obj->type;
  if (type == iommufd_object_type::fault) iommufd_fault_put_file(obj);
  if (type == iommufd_object_type::hwpt_paging)
    iommufd_hwpt_paging_abort(obj);
  else
    iommufd_object_destroy_op(obj);
  iommufd_object_abort(ictx, obj);
}

// Requires: a user reference, or the lock of the xarray that the destroyer takes.
// Blocks: never sleeps.
bool iommufd_lock_obj(iommufd_object* obj) {
  KFUNC();
  user_section cs(user_rows[chosen(knob::iommufd_object_lifetime)], {nullptr, obj});
  if (cs.at(before_users) != 0) return false;
  if (!refcount_inc_not_zero(&obj->users)) {
    cs.at(no_users);
    return false;
  }
  if (cs.at(after_users) == 0) return true;
  refcount_dec(&obj->users);
  return false;
}

// Drops what iommufd_lock_obj() has taken besides the user reference.
static void iommufd_put_shortterm(iommufd_ctx* ictx, iommufd_object* obj) {
  user_section cs(user_rows[chosen(knob::iommufd_object_lifetime)], {ictx, obj}, true);
  cs.at(users_dropped);
}

// The user reference goes first: a destroyer that sees no short term user left must not be put off
// by our user reference.
void iommufd_put_object(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  refcount_dec(&obj->users);
  iommufd_put_shortterm(ictx, obj);
}

iommufd_object* iommufd_get_object(iommufd_ctx* ictx, u32 id, iommufd_object_type type) {
  KFUNC();
  if (iommufd_should_fail("iommufd_get_object")) return ERR_PTR(-ENOENT);
  xa_lock(&ictx->objects);
  auto* obj = static_cast<iommufd_object*>(xa_load(&ictx->objects, id));
  bool found = obj != nullptr;
  if (found && type != iommufd_object_type::any) found = obj->type == type;
  if (!found || !iommufd_lock_obj(obj)) obj = ERR_PTR(-ENOENT);
  xa_unlock(&ictx->objects);
  return obj;
}

iommufd_ioas* iommufd_get_ioas(iommufd_ctx* ictx, u32 id) {
  iommufd_object* const obj = iommufd_get_object(ictx, id, iommufd_object_type::ioas);
  if (IS_ERR(obj)) return ERR_CAST(obj);
  return container_of(obj, iommufd_ioas, obj);
}

// The last steps of a removal: the id is free, nobody can find the object any more.
// Requires: xa_lock held, users is 0; drops xa_lock.
static int iommufd_object_removed(iommufd_ctx* ictx, iommufd_object* obj, bool zerod_shortterm,
                                  destroyer_section* cs) {
  xa_unlock(&ictx->objects);
  cs->at(unlocked);
  if (!zerod_shortterm) {
    const int ret = cs->at(removed);
    if (WARN_ON(ret)) return ret;
  }
  iommufd_object_destroy_op(obj);
  kfree(obj);
  return 0;
}

// Removes the object called `id` if the xarray holds its only reference. With `to_destroy` the
// caller owns one reference more, which is dropped here whatever happens.
static int iommufd_object_remove(iommufd_ctx* ictx, iommufd_object* to_destroy, u32 id,
                                 unsigned flags) {
  KFUNC();
  const bool zerod_shortterm = (flags & REMOVE_WAIT_SHORTTERM) != 0;
  iommufd_object* obj = to_destroy;
  destroyer_section cs(destroyer_rows[chosen(knob::iommufd_object_lifetime)], {ictx, obj});
  int ret = 0;
  if (zerod_shortterm) {
    ret = cs.at(before_lookup);
    if (ret != 0) {
      refcount_dec(&to_destroy->users);
      return ret;
    }
  }

  xa_lock(&ictx->objects);
  obj = static_cast<iommufd_object*>(xa_load(&ictx->objects, id));
  if (to_destroy != nullptr) {
    refcount_dec(obj == nullptr ? nullptr : &obj->users);
    if (WARN_ON(obj != to_destroy)) ret = -ENOENT;
  } else if (obj == nullptr) {
    ret = -ENOENT;
  }
  if (ret == 0 && !refcount_dec_if_one(&obj->users)) {
    PROBE(destroy_busy);
    ret = -EBUSY;
  }
  if (ret == 0) {
    __xa_erase(&ictx->objects, id);
    return iommufd_object_removed(ictx, obj, zerod_shortterm, &cs);
  }
  cs.at(not_removed);
  xa_unlock(&ictx->objects);
  return ret;
}

// Requires: a user reference and no short term one.
void iommufd_object_destroy_user(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  const u32 id = obj->id;
  const int ret = iommufd_object_remove(ictx, obj, id, REMOVE_WAIT_SHORTTERM);
  WARN_ON(ret);
}

void iommufd_object_put_and_try_destroy(iommufd_ctx* ictx, iommufd_object* obj) {
  KFUNC();
  const u32 id = obj->id;
  iommufd_object_remove(ictx, obj, id, 0);
}

// IOMMU_DESTROY. Does not wait: an ioctl in flight on the object makes it fail. Until 99f98a7c0d69
// it first took a user reference without destroy protection, which the removal drops.
int iommufd_destroy(iommufd_ctx* ictx, u32 id) {
  KFUNC();
  iommufd_object* obj = nullptr;
  if (!omit(knob::iommufd_destroy_users, DESTROY_PLAIN)) {
    obj = iommufd_get_object(ictx, id, iommufd_object_type::any);
    if (IS_ERR(obj)) return static_cast<int>(PTR_ERR(obj));
    iommufd_put_shortterm(ictx, obj);
  }
  return iommufd_object_remove(ictx, obj, id, 0);
}

iommufd_ctx* iommufd_fops_open(file* filp) {
  KFUNC();
  auto* const ictx = make<iommufd_ctx>();
  xa_init_flags(&ictx->objects, XA_FLAGS_ALLOC1);
  ictx->file.poke(filp);
  xa_init(&ictx->groups);
  init_waitqueue_head(&ictx->destroy_wait);
  return ictx;
}

// The objects form a graph of user counts; leaves go first, until nothing is left.
void iommufd_fops_release(iommufd_ctx* ictx) {
  KFUNC();
  while (!xa_empty(&ictx->objects)) {
    unsigned destroyed = 0;
    unsigned long index = 0;
    void* entry = xa_find(&ictx->objects, &index, ULONG_MAX);
    for (; entry != nullptr; entry = xa_find_after(&ictx->objects, &index, ULONG_MAX)) {
      auto* const obj = static_cast<iommufd_object*>(entry);
      if (!refcount_dec_if_one(&obj->users)) continue;
      destroyed++;
      xa_erase(&ictx->objects, index);
      iommufd_object_destroy_op(obj);
      kfree(obj);
    }
    if (WARN_ON(destroyed == 0)) break;
  }
  WARN_ON(!xa_empty(&ictx->groups));
  kfree(ictx);
}

void iommufd_ctx_get(iommufd_ctx* ictx) {
  struct file* const filp = ictx->file;
  get_file(filp);
}

void iommufd_ctx_put(iommufd_ctx* ictx) {
  struct file* const filp = ictx->file;
  fput(filp);
}

// The answer to an ioctl.
int iommufd_ucmd_respond(const char* what) {
  KFUNC();
  if (copy_to_user(what)) return 0;
  PROBE(respond_failed);
  return -EFAULT;
}

}  // namespace iorace::kern
