// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The driver of the IOMMU: turns page requests of a device on and off, answers them, sets PASIDs up
// and tears them down. Kernel: drivers/iommu/intel/{iommu,prq,pasid,svm}.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/hw/invalidate.h"
#include "model/iopf/contracts.h"
#include "model/iopf/fault.h"
#include "model/iopf/iopf.h"
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

// What becomes of devices that want no PASID in responses.
struct response_pasid {
  bool refused, left_out;
};
constexpr response_pasid pasid_rows[] = {
    {true, false},   // PASID_REFUSED
    {false, true},   // PASID_AS_REQUIRED
    {false, false},  // PASID_AS_REQUESTED
};
bool wants_no_pasid(const pri_device* dev) {
  return (dev->flags.peek() & PRI_NO_PASID_IN_RESPONSE) != 0;
}

// The flag of the PASID is that of the response.
page_request answered(const pri_device* dev, page_request last) {
  if (wants_no_pasid(dev) && pasid_rows[chosen(knob::page_response_pasid)].left_out)
    last.flags &= ~unsigned{REQUEST_PASID};
  return last;
}

void submit_response(pri_iommu* iommu, pri_device* dev, const page_request& last,
                     response_code code) {
  inv_batch* const batch = make_batch(iommu->hw.peek());
  add_to_batch(batch, {.type = inv_type::page_request,
                       .pfn = to_word(answered(dev, last)),
                       .execute = device_gets_response,
                       .requester = dev,
                       .response = code});
  qi_submit_sync(iommu->hw.peek(), batch);
}

// A drain asks it of all devices of the group. One that is alone there needs no more than
// `features`.
enum enabled_site { before_enabled, after_enabled };
constexpr cs_row enabled_rows[] = {
    {lock_kind::none, on(), on()},                              // ENABLED_UNLOCKED
    {lock_kind::mutex, on(before_enabled), on(after_enabled)},  // ENABLED_GROUP_MUTEX
};
critical_section enabled_section(pri_device* dev) {
  pri_group* const group = dev->group.peek();
  const bool several = group->several.peek() != 0;
  return {several ? enabled_rows[chosen(knob::pri_enabled_lock)] : enabled_rows[ENABLED_UNLOCKED],
          {.sleeping = &group->mutex}};
}
void pri_set_enabled(pri_device* dev, u64 enabled) {
  KFUNC();
  dev->pri_enabled = enabled;
}

int intel_iommu_enable_iopf(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  if (dev->pri_enabled != 0) return -EBUSY;
  if (wants_no_pasid(dev) && pasid_rows[chosen(knob::page_response_pasid)].refused) return -EINVAL;
  const int rc = iopf_queue_add_device(iommu->iopf_queue.peek(), dev);
  if (rc != 0) return rc;
  WRITE_ONCE(dev->accepted, u64{1});
  WRITE_ONCE(dev->pri, u64{1});
  critical_section cs = enabled_section(dev);
  cs.at(before_enabled);
  pri_set_enabled(dev, 1);
  cs.at(after_enabled);
  return 0;
}

// A driver that stops its workers by itself: a group whose work has not begun is nobody's any more.
void cancel_works(pri_device* dev) {
  KFUNC();
  pri_iommu* const iommu = dev->iommu.peek();
  submit_drain(dev, IOMMU_NO_PASID);
  flush_work(&iommu->thread);
  iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
  if (fault_param == nullptr) return;
  lock_lists(fault_param);
  if (era().pending == pending_is::groups) {
    iopf_group* group = nullptr;
    list_for_each_entry(group, &fault_param->faults, pending_node) {
      if (cancel_work(&group->work)) PROBE(work_cancelled);
    }
  }
  unlock_lists(fault_param);
  iopf_queue* const queue = fault_param->queue;
  flush_workqueue(queue->wq.peek());
  iopf_put_dev_fault_param(fault_param, dev);
}

// What a drain of the group may be using goes while none is under way.
int turn_off(pri_device* dev) {
  pri_iommu* const iommu = dev->iommu.peek();
  WRITE_ONCE(dev->accepted, u64{0});
  if ((dev->flags.peek() & PRI_CANCELS_WORKS) != 0) cancel_works(dev);
  const int rc = iopf_queue_remove_device(iommu->iopf_queue.peek(), dev);
  if (rc != 0) return rc;
  WRITE_ONCE(dev->pri, u64{0});
  pri_set_enabled(dev, 0);
  return 0;
}

int intel_iommu_disable_iopf(pri_device* dev) {
  KFUNC();
  if (dev->pri_enabled == 0) return -EINVAL;
  critical_section cs = enabled_section(dev);
  cs.at(before_enabled);
  const int rc = turn_off(dev);
  cs.at(after_enabled);
  return rc;
}

// By the driver of its IOMMU.
int enable_feature(pri_device* dev) {
  return is_mock_dev(dev) ? mock_dev_enable_feat(dev) : intel_iommu_enable_iopf(dev);
}
int disable_feature(pri_device* dev) {
  return is_mock_dev(dev) ? mock_dev_disable_feat(dev) : intel_iommu_disable_iopf(dev);
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
  auto* const dev = make<pri_device>();
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

bool pri_is_enabled(pri_device* dev) {
  KFUNC();
  return dev->pri_enabled != 0;
}

int iopf_enable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->features);
  int rc = dev->dev_iommu == nullptr ? -ENODEV : 0;
  if (rc == 0 && dev->users == 0) rc = enable_feature(dev);
  if (rc == 0) dev->users++;
  mutex_unlock(&dev->features);
  return rc;
}

int iopf_disable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->features);
  int rc = dev->users == 0 ? -EINVAL : 0;
  if (rc == 0 && dev->users == 1) rc = disable_feature(dev);
  if (rc == 0) dev->users--;
  mutex_unlock(&dev->features);
  return rc;
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
  submit_response(iommu, dev, last, code);
  cs.at(after_response);
}

void handle_bad_prq_event(pri_iommu* iommu, const page_request& request) {
  KFUNC();
  if (!is_last(request)) return;
  pri_device* const dev = iommu->wired[request.rid].peek();
  submit_response(iommu, dev, request, RESPONSE_INVALID);
}

// Simplified: the entry of the PASID and what is cached of it are of the hardware's chapter; what a
// device requests does not depend on them.
void intel_iommu_remove_dev_pasid(pri_device* dev, unsigned pasid) {
  KFUNC();
  if (omit(knob::remove_dev_pasid_drain, PASID_NOT_DRAINED)) return;
  pri_iommu* const iommu = dev->iommu.peek();
  critical_section cs(unbind_rows[chosen(knob::page_response_lock)],
                      {.sleeping = &iommu->pasid_mutex});
  cs.at(before_drain);
  intel_iommu_drain_pasid_prq(dev, pasid);
  cs.at(after_drain);
}

}  // namespace iorace::kern::iopf
