// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How a driver keeps account of its pins, and what goes wrong when it does so in the wrong order:
// the subject of the mail of October 2022. Kernel: drivers/iommu/iommufd/selftest.c @ 6.12.117.
//
// The variants of knob selftest_access.lock, as the sites at which the driver's lock is taken and
// dropped. `mutex` is the merged form: a callback cannot look at the list between a pin and its
// record. `spin` is the posted one.
#include "model/critical_section.h"
#include "model/iommufd/io_pagetable.h"
#include "model/iommufd/mock_domain.h"
#include "model/iommufd/selftest.h"

namespace iorace::kern {

enum pages_site : unsigned {
  before_pin,
  before_record,
  after_record,
  before_forget,
  after_forget,
  pages_end
};
enum callback_site : unsigned {
  callback_begin,
  before_callback_unpin,
  after_callback_free,
  callback_end
};
enum destroy_site : unsigned {
  destroy_begin,
  before_destroy_unpin,
  after_destroy_unpin,
  destroy_end
};

static constexpr cs_row pages_rows[LOCK_VALUES] = {
    {lock_kind::mutex, on(before_pin), on(pages_end)},                                    // mutex
    {lock_kind::spin, on(before_record, before_forget), on(after_record, after_forget)},  // spin
    {lock_kind::none, on(), on()},  // record_first
    {lock_kind::mutex, on(before_pin, before_forget),
     on(after_record, after_forget, pages_end)},  // respond_unlocked
};
static constexpr cs_row callback_rows[LOCK_VALUES] = {
    {lock_kind::mutex, on(callback_begin), on(callback_end)},  // mutex
    {lock_kind::spin, on(callback_begin, after_callback_free),
     on(before_callback_unpin, callback_end)},                 // spin
    {lock_kind::mutex, on(callback_begin), on(callback_end)},  // record_first
    {lock_kind::mutex, on(callback_begin), on(callback_end)},  // respond_unlocked
};
static constexpr cs_row destroy_rows[LOCK_VALUES] = {
    {lock_kind::mutex, on(destroy_begin), on(after_destroy_unpin, destroy_end)},  // mutex
    {lock_kind::spin, on(destroy_begin), on(before_destroy_unpin, destroy_end)},  // spin
    {lock_kind::mutex, on(destroy_begin), on(after_destroy_unpin, destroy_end)},  // record_first
    {lock_kind::mutex, on(destroy_begin),
     on(after_destroy_unpin, destroy_end)},  // respond_unlocked
};

static unsigned lock_variant() { return chosen(knob::selftest_access_lock); }
static cs_locks locks_of(selftest_access* staccess) {
  return {.sleeping = &staccess->lock, .spinning = &staccess->spin};
}

// record_first: no pin is left between its record and its completion. Called by a callback, which
// holds no lock of iommufd that the pin could be waiting for.
static void wait_for_pins(selftest_access* staccess) {
  wait_event(staccess->pinning, [staccess] { return READ_ONCE(staccess->npinning) == 0; });
}

// The unmap callback: whatever touches the range is let go before it returns.
void iommufd_test_access_unmap(void* data, unsigned long iova, unsigned long length) {
  KFUNC();
  auto* const staccess = static_cast<selftest_access*>(data);
  const unsigned long iova_last = iova + length - 1;
  if (lock_variant() == LOCK_RECORD_FIRST) wait_for_pins(staccess);
  critical_section cs(callback_rows[lock_variant()], locks_of(staccess));
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

int iommufd_test_access_item_destroy(int fd, u32 item_id) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  critical_section cs(destroy_rows[lock_variant()], locks_of(staccess));
  selftest_access_item* item = nullptr;
  int rc = -ENOENT;
  cs.at(destroy_begin);
  list_for_each_entry(item, &staccess->items, items_elm) {
    if (item->id != item_id) continue;
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

// Do the pages that were pinned belong to the user address that the caller thinks of?
static int iommufd_test_check_pages(unsigned long uptr, const page_slot* pages,
                                    unsigned long npages) {
  KFUNC();
  for (unsigned long i = 0; i < npages; ++i) {
    u32 pfn = 0;
    if (get_user_page(uptr + i * PAGE_SIZE, &pfn) < 0) return -EFAULT;
    if (pfn != pages[i].pfn.peek()) return -EBADE;
  }
  return 0;
}

// Pin, record, respond; undo all of it on failure.
static int access_pages(selftest_access* staccess, access_pages_cmd* cmd, page_slot* pages,
                        unsigned long npages) {
  critical_section cs(pages_rows[lock_variant()], locks_of(staccess));
  const unsigned long iova = cmd->iova;
  selftest_access_item* item = nullptr;
  iommufd_access* const access = staccess->access;
  cs.at(before_pin);
  int rc = iommufd_access_pin_pages(access, iova, cmd->length, pages,
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

// The record comes first, marked as incomplete; callbacks wait for it. Ours, not upstream's.
static int access_pages_record_first(selftest_access* staccess, access_pages_cmd* cmd,
                                     page_slot* pages, unsigned long npages) {
  iommufd_access* const access = staccess->access;
  auto* const item = kzalloc<selftest_access_item>();
  if (item == nullptr) return -ENOMEM;
  item->iova = cmd->iova;
  item->length = cmd->length;
  mutex_lock(&staccess->lock);
  const u32 id = staccess->next_id++;
  item->id = id;
  WRITE_ONCE(staccess->npinning, READ_ONCE(staccess->npinning) + 1);
  mutex_unlock(&staccess->lock);

  int rc = iommufd_access_pin_pages(access, cmd->iova, cmd->length, pages,
                                    cmd->flags & MOCK_FLAGS_ACCESS_WRITE);
  const bool pinned = rc == 0;
  if (pinned && cmd->uptr != 0)
    rc = iommufd_test_check_pages(cmd->uptr - cmd->iova % PAGE_SIZE, pages, npages);
  cmd->out_access_pages_id = id;
  if (rc == 0) rc = iommufd_ucmd_respond("access_pages");
  if (rc != 0 && pinned) iommufd_access_unpin_pages(access, cmd->iova, cmd->length);

  mutex_lock(&staccess->lock);
  if (rc == 0) list_add_tail(&item->items_elm, &staccess->items);
  WRITE_ONCE(staccess->npinning, READ_ONCE(staccess->npinning) - 1);
  mutex_unlock(&staccess->lock);
  wake_up_all(&staccess->pinning);
  if (rc != 0) kfree(item);
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
  const int rc = lock_variant() == LOCK_RECORD_FIRST
                     ? access_pages_record_first(staccess, cmd, pages, npages)
                     : access_pages(staccess, cmd, pages, npages);
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
  critical_section cs(pages_rows[lock_variant()], locks_of(staccess));
  iommufd_access* const access = staccess->access;
  int rc = iommufd_access_ops_of(access).needs_pin_pages ? 0 : -EOPNOTSUPP;
  auto* const item = rc == 0 ? kzalloc<selftest_access_item>() : nullptr;
  if (rc == 0 && item == nullptr) rc = -ENOMEM;
  if (rc == 0) {
    item->iova = iova;
    item->length = length;
    if (lock_variant() == LOCK_RECORD_FIRST) mutex_lock(&staccess->lock);
    cs.at(before_pin);
    rc = iommufd_access_pin_pages(access, iova, length, nullptr, flags & IOMMUFD_ACCESS_RW_WRITE);
    cs.at(before_record);
    if (rc == 0) {
      item->id = staccess->next_id++;
      list_add_tail(&item->items_elm, &staccess->items);
    }
    cs.at(after_record);
    cs.at(pages_end);
    if (lock_variant() == LOCK_RECORD_FIRST) mutex_unlock(&staccess->lock);
    if (rc != 0) kfree(item);
  }
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
}

// Returns -ENOENT if a callback has let the pages go already.
int access_driver_unpin_pages(int fd, unsigned long iova, unsigned long length) {
  KFUNC();
  selftest_access* const staccess = iommufd_access_get(fd);
  if (IS_ERR(staccess)) return static_cast<int>(PTR_ERR(staccess));
  critical_section cs(destroy_rows[lock_variant()], locks_of(staccess));
  selftest_access_item* item = nullptr;
  int rc = -ENOENT;
  cs.at(destroy_begin);
  list_for_each_entry(item, &staccess->items, items_elm) {
    if (item->iova != iova || item->length != length) continue;
    list_del(&item->items_elm);
    cs.at(before_destroy_unpin);
    iommufd_access* const access = staccess->access;
    iommufd_access_unpin_pages(access, iova, length);
    cs.at(after_destroy_unpin);
    kfree(item);
    rc = 0;
    break;
  }
  cs.at(destroy_end);
  struct file* const filp = staccess->file;
  fput(filp);
  return rc;
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
