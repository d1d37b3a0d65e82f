// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The selftest access as a file. Kernel: drivers/iommu/iommufd/selftest.c @ 6.12.117.
// Omitted: everything for devices, nested domains and dirty tracking; the area-by-number addressing
// that is there for syzkaller.
#include "model/iommufd/selftest.h"

#include "model/critical_section.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern {

static constexpr iommufd_access_ops iommufd_access_ops_table[] = {
    /* selftest_access_ops     */ {false, iommufd_test_access_unmap},
    /* selftest_access_ops_pin */ {true, iommufd_test_access_unmap},
};

const iommufd_access_ops& iommufd_access_ops_of(iommufd_access* access) {
  const u32 ops = access->ops;
  return iommufd_access_ops_table[ops];
}

// Returns the driver's data with a reference on its file.
selftest_access* iommufd_access_get(int fd) {
  KFUNC();
  struct file* const filp = fget(fd);
  if (filp == nullptr) return ERR_PTR(-EBADFD);
  const file_kind f_op = filp->f_op;
  if (f_op != file_kind::staccess) {
    fput(filp);
    return ERR_PTR(-EBADFD);
  }
  return static_cast<selftest_access*>(filp->private_data.load(op_kind::read));
}

void iommufd_test_staccess_release(selftest_access* staccess) {
  KFUNC();
  iommufd_access* const access = staccess->access;
  if (access != nullptr) {
    iommufd_test_access_unmap(staccess, 0, ULONG_MAX);
    iommufd_access_destroy(access);
  }
  kfree(staccess);
}

static selftest_access* iommufd_test_alloc_access() {
  KFUNC();
  auto* const staccess = kzalloc<selftest_access>();
  if (staccess == nullptr) return ERR_PTR(-ENOMEM);
  INIT_LIST_HEAD(&staccess->items);
  mutex_init(&staccess->lock);
  spin_lock_init(&staccess->spin);
  mutex_init(&staccess->attach_lock);
  init_waitqueue_head(&staccess->pin_done);
  struct file* const filep = alloc_file(file_kind::staccess, staccess);
  if (IS_ERR(filep)) {
    kfree(staccess);
    return ERR_CAST(filep);
  }
  staccess->file = filep;
  return staccess;
}

int iommufd_test_new_access(iommufd_ctx* ictx, u32 flags, new_access* made) {
  if ((flags & ~u32{MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES}) != 0) return -EOPNOTSUPP;
  made->staccess = iommufd_test_alloc_access();
  if (IS_ERR(made->staccess)) return static_cast<int>(PTR_ERR(made->staccess));
  made->filep = made->staccess->file;
  made->fdno = get_unused_fd();
  if (made->fdno < 0) {
    fput(made->filep);
    return -ENOMEM;
  }
  u32 id = 0;
  made->access = iommufd_access_create(ictx, flags, made->staccess, &id);
  if (!IS_ERR(made->access)) return 0;
  put_unused_fd(made->fdno);
  fput(made->filep);
  return static_cast<int>(PTR_ERR(made->access));
}

// Until staccess->access is set, a release leaves the access alone.
int iommufd_test_create_access(iommufd_ctx* ictx, u32 ioas_id, u32 flags, int* out_fd) {
  KFUNC();
  new_access made = {};
  int rc = iommufd_test_new_access(ictx, flags, &made);
  if (rc != 0) return rc;
  rc = iommufd_access_attach(made.access, ioas_id);
  if (rc == 0) rc = iommufd_ucmd_respond("create_access");
  if (rc != 0) {
    iommufd_access_destroy(made.access);
    put_unused_fd(made.fdno);
    fput(made.filep);
    return rc;
  }
  WRITE_ONCE(made.staccess->attached, true);
  made.staccess->access = made.access;
  *out_fd = made.fdno;
  fd_install(made.fdno, made.filep);
  return 0;
}

int iommufd_test_access_rw(int fd, unsigned long iova, unsigned long length, u32 flags) {
  KFUNC();
  if (length > 16 * 1024 * 1024) return -ENOMEM;
  if ((flags & ~u32{MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH}) != 0) return -EOPNOTSUPP;
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  iommufd_access* const access = staccess->access;

  int rc = inject_fault("kvzalloc") ? -ENOMEM : 0;
  const bool write = (flags & MOCK_ACCESS_RW_WRITE) != 0;
  if (rc == 0 && write && !copy_from_user("access_rw")) rc = -EFAULT;
  if (rc == 0) rc = iommufd_access_rw(access, iova, length, flags);
  if (rc == 0 && !write && !copy_to_user("access_rw")) rc = -EFAULT;
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

int iommufd_test_add_reserved(iommufd_ctx* ictx, u32 ioas_id, unsigned long start,
                              unsigned long length) {
  KFUNC();
  unsigned long last = 0;
  if (length == 0) return -EINVAL;
  if (check_add_overflow(start, length - 1, &last)) return -EOVERFLOW;
  iommufd_ioas* const ioas = iommufd_get_ioas(ictx, ioas_id);
  if (IS_ERR(ioas)) return static_cast<int>(PTR_ERR(ioas));
  down_write(&ioas->iopt.iova_rwsem);
  const int rc = iopt_reserve_iova(&ioas->iopt, start, last, nullptr);
  up_write(&ioas->iopt.iova_rwsem);
  iommufd_put_object(ictx, &ioas->obj);
  return rc;
}

}  // namespace iorace::kern
