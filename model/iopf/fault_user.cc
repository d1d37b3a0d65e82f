// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// System calls on the file of a fault object, and a user who reads and answers.
#include "model/iopf/fault.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// Around every call: the reference of the descriptor. Returns what `call` returns, or -EBADF.
template <class Call>
int with_fault(int fd, Call call) {
  file* const filp = fget(fd);
  if (filp == nullptr) return -EBADF;
  const file_kind kind = filp->f_op;
  const int rc = kind == file_kind::fault
                     ? call(static_cast<iommufd_fault*>(filp->private_data.load(op_kind::read)))
                     : -EINVAL;
  fput(filp);
  return rc;
}

int take_done(long rc, u64* done) {
  *done = rc < 0 ? 0 : static_cast<u64>(rc);
  return rc < 0 ? static_cast<int>(rc) : 0;
}

}  // namespace

int fault_user_read(int fd, u64 count, u64* done) {
  return with_fault(fd, [&](iommufd_fault* fault) {
    fault_message messages[fault_messages_max];
    return take_done(iommufd_fault_fops_read(fault, messages, count), done);
  });
}

int fault_user_write(int fd, const fault_answer& answer, u64 count, u64* done) {
  return with_fault(fd, [&](iommufd_fault* fault) {
    fault_answer answers[fault_messages_max];
    for (fault_answer& a : answers) a = answer;
    const u64 most = u64{fault_messages_max} * fault_answer_size;
    return take_done(iommufd_fault_fops_write(fault, answers, count > most ? most : count), done);
  });
}

// A file that cannot be asked is always ready.
int fault_user_poll(int fd, u64* events) {
  *events = FAULT_POLLIN | FAULT_POLLOUT;
  const int rc = with_fault(fd, [&](iommufd_fault* fault) {
    *events = iommufd_fault_fops_poll(fault);
    return 0;
  });
  return rc == -EINVAL ? 0 : rc;
}

int fault_user_serve(int fd, u32 code, u64* done) {
  return with_fault(fd, [&](iommufd_fault* fault) {
    fault_message messages[fault_messages_max];
    const long got =
        iommufd_fault_fops_read(fault, messages, fault_messages_max * fault_message_size);
    int rc = got < 0 ? static_cast<int>(got) : 0;
    for (u64 i = 0; rc == 0 && i < static_cast<u64>(got) / fault_message_size; ++i) {
      if (!is_last(to_request(messages[i].prm))) continue;
      const fault_answer answer = {
          .cookie = messages[i].cookie, .code = code, .meant = messages[i].prm};
      const long written = iommufd_fault_fops_write(fault, &answer, fault_answer_size);
      if (written < 0)
        rc = static_cast<int>(written);
      else
        *done += static_cast<u64>(written);
    }
    return rc;
  });
}

int fault_user_close(int fd) {
  file* const filp = file_close_fd(fd);
  if (filp == nullptr) return -EBADF;
  fput(filp);
  return 0;
}

}  // namespace iorace::kern::iopf
