// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How a driver keeps account of its pins, and what goes wrong when it does so in the wrong order:
// the subject of the mail of October 2022. Kernel: drivers/iommu/iommufd/selftest.c @ 6.12.117.
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"
#include "model/iommufd/selftest_locks.h"

namespace iorace::kern {

// The unmap callback: whatever touches the range is let go before it returns.
void iommufd_test_access_unmap(void* data, unsigned long iova, unsigned long length) {
  KFUNC();
  auto* const staccess = static_cast<selftest_access*>(data);
  const unsigned long iova_last = iova + length - 1;
  driver_section cs(callback_rows[chosen(knob::selftest_access_lock)], {staccess, iova, length});
  selftest_access_item* item = nullptr;
  selftest_access_item* tmp = nullptr;
  cs.at(callback_begin);
  list_for_each_entry_safe(item, tmp, &staccess->items, items_elm) {
    const unsigned long item_iova = item->iova;
    const unsigned long item_length = item->length;
    if (iova > item_iova + item_length - 1 || iova_last < item_iova) continue;
    PROBE(callback_found_item);
    list_del(&item->items_elm);
    cs.at(before_callback_unpin);
    iommufd_access* const access = staccess->access;
    const unsigned long unpin_iova = item->iova;
    iommufd_access_unpin_pages(access, unpin_iova, item->length);
    kfree(item);
    cs.at(after_callback_free);
  }
  cs.at(callback_end);
}

// Unpins the first item that `is_it` and forgets it; it lies in the range. Returns 0 or -ENOENT.
template <class Predicate>
static int remove_item(int fd, unsigned long first, unsigned long length, Predicate is_it) {
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  driver_section cs(destroy_rows[chosen(knob::selftest_access_lock)], {staccess, first, length});
  selftest_access_item* item = nullptr;
  int rc = -ENOENT;
  cs.at(destroy_begin);
  list_for_each_entry(item, &staccess->items, items_elm) {
    if (!is_it(item)) continue;
    list_del(&item->items_elm);
    cs.at(before_destroy_unpin);
    iommufd_access* const access = staccess->access;
    const unsigned long iova = item->iova;
    iommufd_access_unpin_pages(access, iova, item->length);
    cs.at(after_destroy_unpin);
    kfree(item);
    PROBE(item_destroyed);
    rc = 0;
    break;
  }
  cs.at(destroy_end);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

int iommufd_test_access_item_destroy(int fd, u32 item_id) {
  KFUNC();
  return remove_item(fd, 0, ULONG_MAX,
                     [=](selftest_access_item* item) { return item->id == item_id; });
}

// Do the pages that were pinned belong to the user address that the caller thinks of?
static int iommufd_test_check_pages(unsigned long uptr, const page_slot* pages,
                                    unsigned long npages) {
  KFUNC();
  for (unsigned long i = 0; i < npages; ++i) {
    u32 pfn = 0;
    const long rc = get_user_page(uptr + i * PAGE_SIZE, &pfn);
    if (rc < 0) return static_cast<int>(rc);
    if (WARN_ON(rc != 1)) return -EFAULT;
    if (pfn != pages[i].pfn.peek()) return -EBADE;
  }
  return 0;
}

// Pin, record, respond; undo all of it on failure.
static int access_pages(selftest_access* staccess, access_pages_cmd* cmd, page_slot* pages,
                        unsigned long npages) {
  const unsigned long iova = cmd->iova;
  pages_section cs(staccess, iova, cmd->length);
  selftest_access_item* item = nullptr;
  iommufd_access* const access = staccess->access;
  int rc = cs.at(before_pin);
  if (rc == 0)
    rc = iommufd_access_pin_pages(access, iova, cmd->length, pages,
                                  cmd->flags & MOCK_FLAGS_ACCESS_WRITE);
  if (rc != 0) goto out_unlock;
  if (cmd->uptr != 0) {
    rc = iommufd_test_check_pages(cmd->uptr - iova % PAGE_SIZE, pages, npages);
    if (rc != 0) goto out_unaccess;
  }
  item = kzalloc<selftest_access_item>();
  if (item == nullptr) {
    rc = -ENOMEM;
    goto out_unaccess;
  }
  item->iova = iova;
  item->length = cmd->length;
  cs.at(before_record);
  item->id = staccess->next_id++;
  list_add_tail(&item->items_elm, &staccess->items);
  cs.at(after_record);
  cmd->out_access_pages_id = item->id;
  rc = iommufd_ucmd_respond("access_pages");
  if (rc == 0) goto out_unlock;

  cs.at(before_forget);
  list_del(&item->items_elm);
  cs.at(after_forget);
  kfree(item);
out_unaccess:
  iommufd_access_unpin_pages(access, iova, cmd->length);
out_unlock:
  cs.at(pages_end);
  return rc;
}

static int access_pages_checked(selftest_access* staccess, access_pages_cmd* cmd) {
  iommufd_access* const access = staccess->access;
  if (!iommufd_access_ops_of(access).needs_pin_pages) return -EOPNOTSUPP;
  const unsigned long npages =
      (ALIGN(cmd->iova + cmd->length, PAGE_SIZE) - ALIGN_DOWN(cmd->iova, PAGE_SIZE)) / PAGE_SIZE;
  // Simplified: the array is no longer than one call may pin; beyond it the execution is cut.
  const unsigned long slots =
      std::clamp<unsigned long>(npages, 1, limit_value(limit::pages_per_call));
  auto* const pages = kvcalloc<page_slot>(slots);
  if (pages == nullptr) return -ENOMEM;
  const int rc = access_pages(staccess, cmd, pages, npages);
  kfree(pages);
  return rc;
}

int iommufd_test_access_pages(int fd, access_pages_cmd* cmd) {
  KFUNC();
  if (cmd->length > 16 * 1024 * 1024) return -ENOMEM;
  if ((cmd->flags & ~u32{MOCK_FLAGS_ACCESS_WRITE}) != 0) return -EOPNOTSUPP;
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  const int rc = access_pages_checked(staccess, cmd);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

// The same account, for a driver that pins on its own behalf: nothing is told to a user.
int access_driver_pin_pages(int fd, unsigned long iova, unsigned long length, u32 flags) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  pages_section cs(staccess, iova, length);
  iommufd_access* const access = staccess->access;
  int rc = iommufd_access_ops_of(access).needs_pin_pages ? 0 : -EOPNOTSUPP;
  auto* const item = rc == 0 ? kzalloc<selftest_access_item>() : nullptr;
  if (rc == 0 && item == nullptr) rc = -ENOMEM;
  if (rc == 0) {
    item->iova = iova;
    item->length = length;
    rc = cs.at(before_pin);
    if (rc == 0)
      rc = iommufd_access_pin_pages(access, iova, length, nullptr, flags & IOMMUFD_ACCESS_RW_WRITE);
    cs.at(before_record);
    if (rc == 0) {
      item->id = staccess->next_id++;
      list_add_tail(&item->items_elm, &staccess->items);
    }
    cs.at(after_record);
    cs.at(pages_end);
    if (rc != 0) kfree(item);
  }
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

// Returns -ENOENT if a callback has let the pages go already.
int access_driver_unpin_pages(int fd, unsigned long iova, unsigned long length) {
  KFUNC();
  return remove_item(fd, iova, length, [=](selftest_access_item* item) {
    return item->iova == iova && item->length == length;
  });
}

bool iommufd_test_access_has_item(const iommufd_access* access, const iopt_area* area) {
  const auto* const staccess = static_cast<const selftest_access*>(access->data.peek());
  const list_head* node = list_peek_next(&staccess->items);
  for (; node != &staccess->items; node = list_peek_next(node)) {
    const auto* const item = reinterpret_cast<const selftest_access_item*>(node);
    const unsigned long first = item->iova.peek();
    if (first <= area->node.last.peek() &&
        first + item->length.peek() - 1 >= area->node.start.peek())
      return true;
  }
  return false;
}

}  // namespace iorace::kern
