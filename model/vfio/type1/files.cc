// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the user has open. Kernel: drivers/vfio/container.c, group.c, fs/file_table.c @ 6.12.117.
// A call has a reference on the file that it was made with, so that whoever is last to leave
// releases it. A container lives as long as its file or a group in it. Simplified: a group is put
// into its container when it is opened, and taken out of it when it is closed.
#include "model/vfio/type1/contracts.h"
#include "model/vfio/type1/type1.h"

namespace iorace::kern::type1 {
namespace {

type1_files* files() { return this_world().vfio_type1->files; }
constexpr xa_limit descriptors = {1023, 1};

template <class T>
T* get(xarray* table, u32 fd, refcount_t T::*count) {
  xa_lock(table);
  auto* const what = static_cast<T*>(xa_load(table, fd));
  if (what != nullptr) refcount_inc(&(what->*count));
  xa_unlock(table);
  return what;
}

int install(xarray* table, void* what, u32* fd) {
  return xa_alloc(table, fd, what, descriptors) == 0 ? 0 : -EMFILE;
}

}  // namespace

vfio_iommu* get_container(u32 fd) { return get(&files()->containers, fd, &vfio_iommu::kref); }
void put_container(vfio_iommu* iommu) {
  KFUNC();
  if (refcount_dec_and_test(&iommu->kref)) vfio_iommu_type1_release(iommu);
}
vfio_group* get_group(u32 fd) { return get(&files()->groups, fd, &vfio_group::users); }
void put_group(vfio_group* group) {
  KFUNC();
  if (refcount_dec_and_test(&group->users)) kfree(group);
}
mdev_device* get_mdev(u32 fd) { return get(&files()->mdevs, fd, &mdev_device::f_count); }
void put_mdev(mdev_device* device) {
  KFUNC();
  if (refcount_dec_and_test(&device->f_count)) vfio_device_release(device);
}

int container_open(u32 type, u32* fd) {
  KFUNC();
  vfio_iommu* const iommu = vfio_iommu_type1_open(type);
  if (IS_ERR(iommu)) return static_cast<int>(PTR_ERR(iommu));
  const int rc = install(&files()->containers, iommu, fd);
  if (rc != 0) put_container(iommu);
  return rc;
}

int container_close(u32 fd) {
  KFUNC();
  auto* const iommu = static_cast<vfio_iommu*>(xa_erase(&files()->containers, fd));
  if (iommu == nullptr) return -EBADF;
  vfio_container_closes(iommu);
  put_container(iommu);
  return 0;
}

static int attach_new(vfio_iommu* iommu, u32 type, mm_struct* mm, u32* fd) {
  vfio_group* group = nullptr;
  int rc = vfio_iommu_type1_attach_group(iommu, type, mm, &group);
  if (rc != 0) return rc;
  group->iommu = iommu;
  refcount_inc(&iommu->kref);
  rc = install(&files()->groups, group, fd);
  if (rc == 0) return 0;
  vfio_iommu_type1_detach_group(iommu, group);
  put_container(iommu);
  put_group(group);
  return rc;
}

int group_attach(u32 container, u32 type, mm_struct* mm, u32* fd) {
  KFUNC();
  vfio_iommu* const iommu = get_container(container);
  if (iommu == nullptr) return -EBADF;
  const int rc = attach_new(iommu, type, mm, fd);
  put_container(iommu);
  return rc;
}

// A group whose devices are open stays, and its descriptor with it.
int group_detach(u32 fd) {
  KFUNC();
  vfio_group* const group = get_group(fd);
  if (group == nullptr) return -EBADF;
  int rc = 0;
  mutex_lock(&group->group_lock);
  vfio_iommu* const iommu = group->iommu;
  if (iommu == nullptr) {
    rc = -EBADF;
  } else if (group->container_users != 0) {
    rc = -EBUSY;
  } else {
    vfio_iommu_type1_detach_group(iommu, group);
    group->iommu = nullptr;
    xa_erase(&files()->groups, fd);
  }
  mutex_unlock(&group->group_lock);
  if (rc == 0) {
    put_container(iommu);
    put_group(group);
  }
  put_group(group);
  return rc;
}

int mdev_open(u32 fd_of_group, bool threaded, u32* fd) {
  KFUNC();
  vfio_group* const group = get_group(fd_of_group);
  if (group == nullptr) return -EBADF;
  mdev_device* device = nullptr;
  int rc = vfio_device_open(group, threaded, &device);
  put_group(group);
  if (rc != 0) return rc;
  rc = install(&files()->mdevs, device, fd);
  if (rc != 0) put_mdev(device);
  return rc;
}

int mdev_close(u32 fd) {
  KFUNC();
  auto* const device = static_cast<mdev_device*>(xa_erase(&files()->mdevs, fd));
  if (device == nullptr) return -EBADF;
  put_mdev(device);
  return 0;
}

}  // namespace iorace::kern::type1
