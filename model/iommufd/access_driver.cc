// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a driver other than the selftest does with its access: makes it without an ioas, attaches,
// detaches and destroys it. Kernel: drivers/vfio/iommufd.c @ 6.12.117 (vfio_iommufd_emulated_*),
// whose functions run under dev_set->lock; here that is attach_lock.
#include "model/critical_section.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/selftest.h"

namespace iorace::kern {

enum attach_site : unsigned { before_change, after_change };
static constexpr cs_row attach_rows[] = {
    {lock_kind::mutex, on(before_change), on(after_change)},  // serialised
    {lock_kind::none, on(), on()},                            // concurrent
};
static cs_locks attach_locks(selftest_access* staccess) {
  return {.sleeping = &staccess->attach_lock};
}

// iommufd documents that a driver must not do the second.
enum access_destroy_site : unsigned { before_access_destroy, after_access_destroy };
static constexpr cs_row access_destroy_rows[] = {
    {lock_kind::none, on(), on()},                                            // unlocked
    {lock_kind::mutex, on(before_access_destroy), on(after_access_destroy)},  // driver_lock
};

int access_driver_create(iommufd_ctx* ictx, u32 flags, int* out_fd) {
  KFUNC();
  new_access made = {};
  const int rc = iommufd_test_new_access(ictx, flags, &made);
  if (rc != 0) return rc;
  made.staccess->access = made.access;
  *out_fd = made.fdno;
  fd_install(made.fdno, made.filep);
  return 0;
}

int access_driver_attach(int fd, u32 ioas_id) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  critical_section cs(attach_rows[chosen(knob::access_driver_attach)], attach_locks(staccess));
  iommufd_access* const access = staccess->access;
  int rc = -EINVAL;
  cs.at(before_change);
  if (!READ_ONCE(staccess->attached)) {
    rc = iommufd_access_attach(access, ioas_id);
    if (rc == 0) WRITE_ONCE(staccess->attached, true);
  }
  cs.at(after_change);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

int access_driver_detach(int fd) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  critical_section cs(attach_rows[chosen(knob::access_driver_attach)], attach_locks(staccess));
  iommufd_access* const access = staccess->access;
  int rc = -EINVAL;
  cs.at(before_change);
  if (READ_ONCE(staccess->attached)) {
    iommufd_access_detach(access);
    WRITE_ONCE(staccess->attached, false);
    rc = 0;
  }
  cs.at(after_change);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

// Kernel: selftest.c:iommufd_test_access_replace_ioas, which takes no lock; a VFIO driver does.
int iommufd_test_access_replace_ioas(int fd, u32 ioas_id) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  critical_section cs(attach_rows[chosen(knob::access_driver_attach)], attach_locks(staccess));
  iommufd_access* const access = staccess->access;
  cs.at(before_change);
  const int rc = iommufd_access_replace(access, ioas_id);
  cs.at(after_change);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

// Closes the descriptor, and destroys the access at once if no call is in flight on it. Unlike the
// selftest's release this relies on the destroy operation's own callback to let the pins go.
// Returns -EBUSY if there are calls in flight: the last of them releases the access then; -EBADFD
// if the file was no access.
int access_driver_destroy(int fd) {
  KFUNC();
  struct file* const filp = file_close_fd(fd);
  if (filp == nullptr) return -EBADFD;
  const file_kind f_op = filp->f_op;
  if (f_op != file_kind::staccess) {
    fput(filp);
    return -EBADFD;
  }
  if (!fput_and_test(filp)) return -EBUSY;
  auto* const staccess = static_cast<selftest_access*>(filp->private_data.load(op_kind::read));
  iommufd_access* const access = staccess->access;
  if (!omit(knob::access_destroy_pins, PINS_KEPT))
    iommufd_test_access_unmap(staccess, 0, ULONG_MAX);
  critical_section cs(access_destroy_rows[chosen(knob::access_destroy_lock)],
                      {.sleeping = &staccess->lock});
  cs.at(before_access_destroy);
  iommufd_access_destroy(access);
  cs.at(after_access_destroy);
  staccess->access = nullptr;
  fput_last(filp);
  return 0;
}

}  // namespace iorace::kern
