// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Page faults in the memory of a process are handled by a worker.
// Kernel: drivers/iommu/iommu-sva.c @ 6.12.117.
#include "model/iopf/contracts.h"
#include "model/iopf/iopf.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

// vm_flags of the area, if there is one.
struct area_row {
  bool found;
  unsigned flags;
};
constexpr area_row areas[] = {
    {true, REQUEST_READ | REQUEST_WRITE},  // PAGE_WRITABLE
    {true, REQUEST_READ | REQUEST_EXEC},   // PAGE_READ_ONLY
    {false, 0},                            // PAGE_MISSING
    {false, 0},                            // PAGE_NOT_CANONICAL
};
static_assert(std::size(areas) == request_pages);
bool may_access(const page_request& request) {
  constexpr unsigned access = REQUEST_READ | REQUEST_WRITE | REQUEST_EXEC;
  const area_row& area = areas[request.page];
  return area.found && (request.flags & access & ~area.flags) == 0;
}

response_code iommu_sva_handle_mm(const page_request& request, user_mm_struct* mm) {
  KFUNC();
  if ((request.flags & REQUEST_PASID) == 0 || !mmget_not_zero(mm)) return RESPONSE_INVALID;
  CONTRACT(iopf_handled, request, mm);
  response_code code = RESPONSE_INVALID;
  down_read(&mm->mmap_lock);
  if (may_access(request) && !inject_fault("handle_mm_fault")) code = RESPONSE_SUCCESS;
  up_read(&mm->mmap_lock);
  mmput(mm);
  if (code == RESPONSE_SUCCESS)
    PROBE(iopf_handled);
  else
    PROBE(iopf_refused);
  return code;
}

// Null: there is none any more.
user_mm_struct* mm_of(iopf_group* group) {
  iommu_attach_handle* handle = nullptr;
  if (era().late_lookup) {
    const page_request last = to_request(group->last_fault.prm);
    if (last.pasid == IOMMU_NO_PASID) return nullptr;  // what a requester id has is kept elsewhere
    handle = iommu_attach_handle_get(group->dev, last.pasid, DOMAIN_ANY);
    CONTRACT(handle_left);
    if (IS_ERR(handle)) return nullptr;
  } else {
    handle = group->attach_handle;
  }
  iopf_domain* const domain = handle->domain;
  return domain->mm;
}

void iommu_sva_handle_iopf(work_struct* work) {
  KFUNC();
  iopf_group* const group = container_of(work, iopf_group, work);
  response_code code = RESPONSE_SUCCESS;
  iopf_fault* iopf = nullptr;
  list_for_each_entry(iopf, &group->faults, list) {
    user_mm_struct* const mm = mm_of(group);
    if (mm == nullptr) {
      code = RESPONSE_INVALID;
      break;
    }
    code = iommu_sva_handle_mm(to_request(iopf->prm), mm);
    if (code != RESPONSE_SUCCESS) break;
  }
  iopf_group_response(group, code);
  iopf_free_group(group);
}

}  // namespace

int iommu_sva_iopf_handler(iopf_group* group) {
  KFUNC();
  INIT_WORK(&group->work, iommu_sva_handle_iopf);
  iommu_fault_param* const fault_param = group->fault_param;
  iopf_queue* const queue = fault_param->queue;
  return queue_work(queue->wq.peek(), &group->work) ? 0 : -EBUSY;
}

}  // namespace iorace::kern::iopf
