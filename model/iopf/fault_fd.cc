// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The file of a fault object: groups are read, and answered by what is written.
// Kernel: drivers/iommu/iommufd/fault.c (iommufd_fault_fops_*) @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/world.h"
#include "scheduler/sync/uaccess.h"

namespace iorace::kern::iopf {
namespace {

// What a copy that fails leaves behind of its group.
enum class failed : u8 { restores, restores_and_counts, drops };
constexpr failed failure_rows[] = {
    failed::restores,             // READ_WHOLE_GROUPS
    failed::restores_and_counts,  // READ_MESSAGES
    failed::drops,                // READ_DROPS_GROUP
};

enum class match : u8 { cookie, fresh_cookie, index };
constexpr match match_rows[] = {
    match::cookie,        // MATCH_COOKIE
    match::fresh_cookie,  // MATCH_FRESH_COOKIE
    match::index,         // MATCH_INDEX
};

// Requires: fault->mutex. The lowest free one, or one that has not been used for long.
int take_cookie(iommufd_fault* fault, iopf_group* group) {
  u32 cookie = 0;
  xa_limit limit = xa_limit_32b;
  if (match_rows[chosen(knob::fault_write_match)] == match::fresh_cookie) {
    fault->next_cookie++;
    limit.min = fault->next_cookie;
  }
  const int rc = xa_alloc(&fault->response, &cookie, group, limit);
  if (rc == 0) group->cookie = cookie;
  return rc;
}

// Returns how many messages have been copied.
u64 copy_group(iopf_group* group, fault_message* buf) {
  iommufd_attach_handle* const handle = to_iommufd_handle(group->attach_handle);
  iommufd_device* const idev = handle->idev;
  const u64 dev_id = idev->dev.peek()->rid.peek();
  u64 done = 0;
  iopf_fault* iopf = nullptr;
  list_for_each_entry(iopf, &group->faults, list) {
    if (!copy_to_user("fault_read")) return done;
    fault_message& message = buf[done++];
    message.prm = iopf->prm;
    message.dev_id = dev_id;
    message.cookie = group->cookie;
  }
  return done;
}

// Requires: fault->mutex. What is left of it when not all could be copied.
void give_back(iommufd_fault* fault, iopf_group* group) {
  xa_erase(&fault->response, group->cookie);
  if (failure_rows[chosen(knob::fault_read_failure)] != failed::drops)
    iommufd_fault_deliver_restore(fault, group);
}

// Requires: fault->mutex. Null: none of that name.
iopf_group* take_answered(iommufd_fault* fault, const fault_answer& answer) {
  if (match_rows[chosen(knob::fault_write_match)] != match::index)
    return static_cast<iopf_group*>(xa_erase(&fault->response, answer.cookie));
  const unsigned index = answer.meant == 0 ? answer.cookie : to_request(answer.meant).grpid;
  unsigned long cookie = 0;
  iopf_group* group = nullptr;
  xa_for_each(&fault->response, cookie, group) {
    if (to_request(group->last_fault.prm).grpid != index) continue;
    xa_erase(&fault->response, cookie);
    return group;
  }
  return nullptr;
}

// Requires: fault->mutex. Returns 0, or why a group that has been taken off the list is back there.
// The user is told only if he gets nothing else.
int read_group(iommufd_fault* fault, iopf_group* group, fault_message* buf, u64 room, u64* done) {
  const u64 count = group->fault_count;
  if (count > room - *done) {
    iommufd_fault_deliver_restore(fault, group);
    return -EINVAL;
  }
  const int rc = take_cookie(fault, group);
  if (rc != 0) {
    iommufd_fault_deliver_restore(fault, group);
    return rc;
  }
  CONTRACT(copy_begins, fault);
  const u64 copied = copy_group(group, buf + *done);
  if (copied != count) {
    give_back(fault, group);
    if (failure_rows[chosen(knob::fault_read_failure)] == failed::restores_and_counts)
      *done += copied;
    return -EFAULT;
  }
  *done += count;
  return 0;
}

}  // namespace

long iommufd_fault_fops_read(iommufd_fault* fault, fault_message* buf, u64 count) {
  KFUNC();
  if (count % fault_message_size != 0) return -ESPIPE;
  const u64 room = std::min<u64>(count / fault_message_size, fault_messages_max);
  u64 done = 0;
  int rc = 0;
  mutex_lock(&fault->mutex);
  while (rc == 0) {
    iopf_group* const group = iommufd_fault_deliver_fetch(fault);
    if (group == nullptr) break;
    rc = read_group(fault, group, buf, room, &done);
  }
  CONTRACT(copies_end, fault);
  mutex_unlock(&fault->mutex);
  CONTRACT(fault_was_read, buf, done);
  return done == 0 ? rc : static_cast<long>(done * fault_message_size);
}

long iommufd_fault_fops_write(iommufd_fault* fault, const fault_answer* answers, u64 count) {
  KFUNC();
  if (count % fault_answer_size != 0) return -ESPIPE;
  u64 done = 0;
  int rc = 0;
  mutex_lock(&fault->mutex);
  while (done < count / fault_answer_size) {
    CONTRACT(copy_begins, fault);
    if (!copy_from_user("fault_write")) {
      rc = -EFAULT;
      break;
    }
    const fault_answer& answer = answers[done];
    const bool known = answer.code == RESPONSE_SUCCESS || answer.code == RESPONSE_INVALID;
    iopf_group* const group = known ? take_answered(fault, answer) : nullptr;
    if (group == nullptr) {
      rc = -EINVAL;
      break;
    }
    CONTRACT(fault_answered, answer.meant, group);
    iopf_group_response(group, static_cast<response_code>(answer.code));
    iopf_free_group(group);
    iommufd_fault_was_answered(fault);
    ++done;
  }
  CONTRACT(copies_end, fault);
  mutex_unlock(&fault->mutex);
  return done == 0 ? rc : static_cast<long>(done * fault_answer_size);
}

u64 iommufd_fault_fops_poll(iommufd_fault* fault) {
  KFUNC();
  return FAULT_POLLOUT | (iommufd_fault_is_readable(fault) ? u64{FAULT_POLLIN} : 0);
}

}  // namespace iorace::kern::iopf
