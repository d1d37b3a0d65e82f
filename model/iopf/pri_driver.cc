// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of the IOMMU: devices come and go, page requests are answered, PASIDs drained.
// Kernel: drivers/iommu/intel/{iommu,prq}.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/hw/invalidate.h"
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/iopf/iopf.h"
#include "model/iopf/response_pasid.h"
#include "model/iopf/svm.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// Whether responses need the mutex that was held across a drain.
enum pasid_site { before_response, after_response, before_drain, after_drain };
constexpr cs_row response_rows[] = {
    {lock_kind::none, on(), on()},                                // RESPONSE_FREE
    {lock_kind::mutex, on(before_response), on(after_response)},  // RESPONSE_PASID_MUTEX
};
constexpr cs_row unbind_rows[] = {
    {lock_kind::none, on(), on()},
    {lock_kind::mutex, on(before_drain), on(after_drain)},
};

// The flag of the PASID is that of the response.
page_request answered(const pri_device* dev, page_request last) {
  if (wants_no_pasid(dev) && pasid_rows[chosen(knob::page_response_pasid)].left_out)
    last.flags &= ~unsigned{REQUEST_PASID};
  return last;
}

void submit_response(pri_device* dev, const page_request& last, response_code code) {
  submit_alone(dev, {.type = inv_type::page_request,
                     .pfn = to_word(answered(dev, last)),
                     .execute = device_gets_response,
                     .requester = dev,
                     .response = code});
}

}  // namespace

static pri_group* pri_group_make() {
  auto* const group = make<pri_group>();
  mutex_init(&group->mutex);
  INIT_LIST_HEAD(&group->devices);
  xa_init(&group->pasid_array);
  group->igroup.poke(iommufd_fault_group_make());
  return group;
}

int pri_device_make(pri_iommu* iommu, pri_group* group, unsigned rid, u64 flags,
                    pri_device** made) {
  if (iommu->wired[rid].peek() != nullptr) return -EEXIST;
  auto* const param = kzalloc<dev_iommu_fault>();
  if (param == nullptr) return -ENOMEM;
  mutex_init(&param->lock);
  param->user_pasid_table.poke((flags & PRI_MOCK) != 0);
  auto* const dev = make<pri_device>();
  param->priv.poke(dev);
  mutex_init(&dev->features);
  mutex_init(&dev->driver);
  init_rwsem(&dev->sending);
  init_waitqueue_head(&dev->answered);
  spin_lock_init(&dev->wide_lock);
  for (unsigned pasid = IOMMU_NO_PASID + 1; pasid < iopf_pasids; ++pasid)
    dev->stopped[pasid].poke((flags & PRI_ANY_PASID) == 0);
  if (group == nullptr)
    group = pri_group_make();
  else
    group->several.poke(1);
  dev->group.poke(group);
  dev->dev_iommu.poke(param);
  dev->iommu.poke(iommu);
  dev->rid.poke(rid);
  dev->flags.poke(flags);
  dev->idev.poke(iommufd_device_make(dev));
  iommu->wired[rid].poke(dev);
  iommu->devices[rid].poke(dev);
  pri_group_add_device(group, dev);
  *made = dev;
  return 0;
}

u64 max_pasids_of(const pri_device* dev) {
  return (dev->flags.peek() & PRI_FEW_PASIDS) != 0 ? 2 : limit_value(limit::max_pasids);
}

// Requires: its driver has unbound it.
// The device leaves its group and the table that the interrupt's thread looks into, then its data
// is freed.
int pri_device_release(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  mutex_lock(&dev->features);
  dev_iommu_fault* const param = dev->dev_iommu;
  int rc = param == nullptr ? -ENODEV : 0;
  if (rc == 0 && dev->users != 0) rc = -EBUSY;
  if (rc == 0) {
    pri_group_remove_device(dev);
    mutex_lock(&iommu->iopf_lock);
    iommu->devices[dev->rid.peek()] = nullptr;
    mutex_unlock(&iommu->iopf_lock);
    dev->dev_iommu = nullptr;
    kfree(param);
  }
  mutex_unlock(&dev->features);
  return rc;
}

void intel_iommu_page_response(pri_device* dev, const page_request& last, response_code code) {
  if (is_mock_dev(dev)) return mock_domain_page_response(dev, last);
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  critical_section cs(response_rows[chosen(knob::page_response_lock)],
                      {.sleeping = &iommu->pasid_mutex});
  cs.at(before_response);
  submit_response(dev, last, code);
  cs.at(after_response);
}

void handle_bad_prq_event(pri_iommu* iommu, const page_request& request) {
  KFUNC();
  if (!is_last(request)) return;
  pri_device* const dev = iommu->wired[request.rid].peek();
  submit_response(dev, request, RESPONSE_INVALID);
}

// What a device requests does not depend on the entry of the PASID.
void intel_iommu_remove_dev_pasid(pri_device* dev, unsigned pasid, iopf_domain* domain) {
  KFUNC();
  if (exits_notify()) {
    forget_dev_pasid(domain, dev, pasid);
    if (!tear_down_entry(dev, pasid, false)) return;
  }
  if (omit(knob::remove_dev_pasid_drain, PASID_NOT_DRAINED)) return;
  pri_iommu* const iommu = dev->iommu.peek();
  critical_section cs(unbind_rows[chosen(knob::page_response_lock)],
                      {.sleeping = &iommu->pasid_mutex});
  cs.at(before_drain);
  intel_iommu_drain_pasid_prq(dev, pasid);
  cs.at(after_drain);
}

}  // namespace iorace::kern::iopf
