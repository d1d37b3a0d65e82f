// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver reports a page request: it waits for the last one of its group, or makes the group and
// gives it to the handler of the domain that is attached. The domain is found without a reference:
// who detaches has to keep reports out, or wait for them.
// Kernel: drivers/iommu/io-pgfault.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {

const dev_iommu_fault* dev_iommu_ops(pri_device* dev) {
  KFUNC();
  const dev_iommu_fault* const param = dev->dev_iommu;
  BUG_ON(param == nullptr);
  return param;
}

namespace {

int report_partial_fault(iommu_fault_param* fault_param, const page_request& request) {
  KFUNC();
  auto* const iopf = kzalloc<iopf_fault>();
  if (iopf == nullptr) return -ENOMEM;
  iopf->prm = to_word(request);
  lock_lists(fault_param);
  list_add(&iopf->list, &fault_param->partial);
  unlock_lists(fault_param);
  return 0;
}

// Where users have PASID tables of their own, requests of all PASIDs are theirs.
iommu_attach_handle* find_fault_handler(pri_device* dev, const page_request& request) {
  KFUNC();
  const bool with_pasid = (request.flags & REQUEST_PASID) != 0;
  iommu_attach_handle* handle =
      iommu_attach_handle_get(dev, with_pasid ? request.pasid : IOMMU_NO_PASID, DOMAIN_ANY);
  if (IS_ERR(handle) && with_pasid && dev_iommu_ops(dev)->user_pasid_table != 0)
    handle = iommu_attach_handle_get(dev, IOMMU_NO_PASID, DOMAIN_NESTED);
  if (IS_ERR(handle)) return nullptr;
  iopf_domain* const domain = handle->domain;
  return domain->handler == HANDLER_NONE ? nullptr : handle;
}

int give_to_handler(iopf_group* group, iommu_attach_handle* handle) {
  if (!era().late_lookup) {
    group->attach_handle = handle;
    iopf_domain* const domain = handle->domain;
    if (domain->handler == HANDLER_IOMMUFD) return iommufd_fault_iopf_handler(group);
  }
  return iommu_sva_iopf_handler(group);
}

void abort_group(iopf_group* group, bool on_stack) {
  KFUNC();
  PROBE(group_aborted);
  CONTRACT(handle_left);
  iopf_group_response(group, RESPONSE_FAILURE);
  if (on_stack)
    __iopf_free_group(group);
  else
    iopf_free_group(group);
}

// When the domain is looked up. Never before 6.6, where the worker does it.
bool looked_up_first() { return era().answers_itself; }
bool looked_up_with_last() { return !era().late_lookup && !looked_up_first(); }

// Requires: fault_param, which is put here or belongs to the group from then on.
int report_last_fault(pri_device* dev, iommu_fault_param* fault_param, const page_request& request,
                      iommu_attach_handle* handle) {
  KFUNC();
  const bool group_has_reference = era().pointer == pointer_kept::by_reference;
  if (looked_up_with_last()) handle = find_fault_handler(dev, request);
  if (looked_up_with_last() && handle == nullptr) {
    free_partial_of(fault_param, request);
    iopf_put_dev_fault_param(fault_param, dev);
    return -EINVAL;
  }
  bool on_stack = false;
  iopf_group* const group = iopf_group_alloc(fault_param, dev, request, &on_stack);
  if (group == nullptr) {
    iopf_put_dev_fault_param(fault_param, dev);
    return -ENOMEM;
  }
  const bool locked = era().handler_locked && !on_stack;
  if (locked) lock_lists(fault_param);
  const bool accepted = !on_stack && give_to_handler(group, handle) == 0;
  if (locked) unlock_lists(fault_param);
  if (!accepted || omit(knob::report_device_fault_accepted, ACCEPTED_FALLS_THROUGH))
    abort_group(group, on_stack);
  if (!group_has_reference) iopf_put_dev_fault_param(fault_param, dev);
  return 0;
}

// Of the last one of a group or not: the driver is told.
void iopf_error_response(pri_device* dev, const page_request& request) {
  KFUNC();
  BUG_ON(dev_iommu_ops(dev) == nullptr);
  intel_iommu_page_response(dev, request, RESPONSE_INVALID);
}

int report_fault(pri_device* dev, const page_request& request) {
  iommu_attach_handle* handle = nullptr;
  if (looked_up_first()) {
    handle = find_fault_handler(dev, request);
    if (handle == nullptr) return -EINVAL;
  }
  iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
  if (is_missing(fault_param, era().answers_itself)) return -EINVAL;
  if (is_last(request)) return report_last_fault(dev, fault_param, request, handle);
  const int rc = report_partial_fault(fault_param, request);
  iopf_put_dev_fault_param(fault_param, dev);
  return rc;
}

}  // namespace

int iommu_report_device_fault(pri_device* dev, const page_request& request) {
  KFUNC();
  const int rc = report_fault(dev, request);
  CONTRACT(handle_left);
  if (rc == -EINVAL && era().answers_itself) iopf_error_response(dev, request);
  return rc;
}

}  // namespace iorace::kern::iopf
