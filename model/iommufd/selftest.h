// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver: iommufd's own selftest access, which pins pages and remembers them as items, and what
// other drivers do with an access besides. Kernel: drivers/iommu/iommufd/selftest.c @ 6.12.117.
#pragma once

#include "model/iommufd/access.h"
#include "model/iommufd/file.h"
#include "scheduler/sync/list.h"
#include "scheduler/sync/spinlock.h"

namespace iorace::kern {

struct iopt_area;

enum : u32 {
  MOCK_FLAGS_ACCESS_WRITE = 1,
  MOCK_ACCESS_RW_WRITE = 1,
  MOCK_ACCESS_RW_SLOW_PATH = 4,
  MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES = 1,
};

struct selftest_access {
  shared<iommufd_access*> access;
  shared<struct file*> file;
  struct mutex lock;  // items, and by default every pin until it is recorded
  spinlock_t spin;    // the same, under selftest_access.lock=spin
  list_head items;
  shared<u32> next_id;
  struct mutex attach_lock;  // `attached`; a VFIO driver has dev_set->lock for it
  shared<bool> attached;
  // Only under selftest_access.lock=record_first, by `lock`: the pins under way, and a number that
  // changes when one of them is done, for those who wait.
  rb_root_cached pinning;
  shared<u32> pins_done;
  wait_queue_head_t pin_done;
};
IORACE_DESCRIBE(selftest_access, "staccess", access, file, lock, spin, items, next_id, attach_lock,
                attached, pinning, pins_done, pin_done);

// A pin under way.
struct selftest_access_pin {
  interval_tree_node node;
};
IORACE_DESCRIBE(selftest_access_pin, "pin", node);

struct selftest_access_item {
  list_head items_elm;
  shared<unsigned long> iova;
  shared<unsigned long> length;
  shared<u32> id;
};
IORACE_DESCRIBE(selftest_access_item, "item", items_elm, iova, length, id);

struct access_pages_cmd {
  unsigned long iova, length, uptr;
  u32 flags;
  u32 out_access_pages_id;
};

// selftest.cc
selftest_access* iommufd_access_get(int fd);
void iommufd_test_staccess_release(selftest_access* staccess);
int iommufd_test_create_access(iommufd_ctx* ictx, u32 ioas_id, u32 flags, int* out_fd);
int iommufd_test_access_replace_ioas(int fd, u32 ioas_id);
int iommufd_test_access_rw(int fd, unsigned long iova, unsigned long length, u32 flags);
int iommufd_test_add_reserved(iommufd_ctx* ictx, u32 ioas_id, unsigned long start,
                              unsigned long length);
// What every call that makes an access begins with: the driver's data, a descriptor that is not
// installed yet, the access. Returns 0, or an error with nothing left.
struct new_access {
  selftest_access* staccess;
  struct file* filep;
  iommufd_access* access;
  int fdno;
};
int iommufd_test_new_access(iommufd_ctx* ictx, u32 flags, new_access* made);

// selftest_items.cc
void iommufd_test_access_unmap(void* data, unsigned long iova, unsigned long length);
int iommufd_test_access_pages(int fd, access_pages_cmd* cmd);
int iommufd_test_access_item_destroy(int fd, u32 item_id);
int access_driver_pin_pages(int fd, unsigned long iova, unsigned long length, u32 flags);
int access_driver_unpin_pages(int fd, unsigned long iova, unsigned long length);
// For invariants: is there an item of this access that touches the area? Makes no operation.
bool iommufd_test_access_has_item(const iommufd_access* access, const iopt_area* area);

// access_driver.cc
int access_driver_create(iommufd_ctx* ictx, u32 flags, int* out_fd);
int access_driver_attach(int fd, u32 ioas_id);
int access_driver_detach(int fd);
int access_driver_destroy(int fd);

}  // namespace iorace::kern
