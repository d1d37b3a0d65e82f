// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How a fault object and its file come and go. Either may be gone first: the file holds a user of
// the object, and the object's context.
// Kernel: drivers/iommu/iommufd/{fault,main}.c @ 6.12.117.
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern {
namespace iopf {
namespace {

struct abort_row {
  void (*put)(file*);
};
constexpr abort_row abort_rows[] = {
    {__fput_sync},  // ABORT_FPUT_SYNC
    {fput},         // ABORT_FPUT
};

struct release_row {
  bool reads_last;
};
constexpr release_row release_rows[] = {
    {false},  // RELEASE_READS_FIRST
    {true},   // RELEASE_READS_LAST
};

file* open_file(iommufd_fault* fault) {
  file* const filp = alloc_file(file_kind::fault, fault);
  if (IS_ERR(filp)) return filp;
  refcount_inc(&fault->obj.users);
  iommufd_ctx* const ictx = fault->ictx;
  iommufd_ctx_get(ictx);
  fault->filep = filp;
  return filp;
}

}  // namespace

int iommufd_fault_alloc(iommufd_ctx* ictx, u32* out_fault_id, int* out_fault_fd) {
  KFUNC();
  auto* const fault = iommufd_object_alloc<iommufd_fault>(ictx, iommufd_object_type::fault);
  if (IS_ERR(fault)) return static_cast<int>(PTR_ERR(fault));
  iommufd_fault_init(fault, ictx);
  file* const filp = open_file(fault);
  int rc = IS_ERR(filp) ? static_cast<int>(PTR_ERR(filp)) : 0;
  int fd = -1;
  if (rc == 0) {
    fd = get_unused_fd();
    rc = fd < 0 ? fd : iommufd_ucmd_respond("fault_alloc");
    if (rc != 0 && fd >= 0) put_unused_fd(fd);
  }
  if (rc != 0) {
    iommufd_object_abort_and_destroy(ictx, &fault->obj);
    return rc;
  }
  *out_fault_id = fault->obj.id;
  *out_fault_fd = fd;
  iommufd_object_finalize(ictx, &fault->obj);
  fd_install(fd, filp);
  return 0;
}

}  // namespace iopf

void iommufd_fault_put_file(iommufd_object* obj) {
  file* const filp = container_of(obj, iopf::iommufd_fault, obj)->filep;
  if (filp != nullptr) iopf::abort_rows[chosen(knob::fault_abort_file)].put(filp);
}

// Once the user has been dropped, the object may be gone.
void iommufd_fault_fops_release(void* private_data) {
  KFUNC();
  auto* const fault = static_cast<iopf::iommufd_fault*>(private_data);
  const bool reads_last = iopf::release_rows[chosen(knob::fault_release_reads)].reads_last;
  iommufd_ctx* ictx = nullptr;
  if (!reads_last) ictx = fault->ictx;
  refcount_dec(&fault->obj.users);
  if (reads_last) ictx = fault->ictx;
  iommufd_ctx_put(ictx);
}

}  // namespace iorace::kern
