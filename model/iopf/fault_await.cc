// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What 6.12.117 does not do: a detach that leaves the answers to its user, who may never give them.
// It holds igroup->lock meanwhile, so that no other device of the group moves either.
#include "model/iopf/fault.h"
#include "model/world.h"
#include "scheduler/sync/waitqueue.h"

namespace iorace::kern::iopf {
namespace {

bool is_idle(iommufd_fault* fault) {
  return !iommufd_fault_is_readable(fault) && xa_empty(&fault->response);
}

}  // namespace

void iommufd_fault_await_answers(iommufd_hw_pagetable* hwpt) {
  if (!omit(knob::fault_detach_answers, DETACH_AWAITS)) return;
  KFUNC();
  iommufd_fault* const fault = hwpt->fault;
  const user_action needed("answers all requests");
  DEFINE_WAIT(wait);
  for (;;) {
    prepare_to_wait(&fault->wait_queue, &wait, TASK_KILLABLE);
    if (is_idle(fault) || fatal_signal_pending()) break;
    schedule();
  }
  finish_wait(&fault->wait_queue, &wait);
}

void iommufd_fault_was_answered(iommufd_fault* fault) {
  if (omit(knob::fault_detach_answers, DETACH_AWAITS)) wake_up(&fault->wait_queue);
}

}  // namespace iorace::kern::iopf
