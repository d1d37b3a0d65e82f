// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows. One line of the table per flow, one function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/hw/handle_flows.h"
#include "model/iopf/fault_flows.h"
#include "model/iopf/iopf_tables.h"
#include "model/iopf/iopf_world.h"

namespace iorace::kern::iopf_tables {
namespace {

using namespace iopf;

constexpr named_value rids[] = {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}};
constexpr named_value device_flags[] = {{"prg_per_pasid", PRI_PRG_PER_PASID},
                                        {"no_pasid_in_response", PRI_NO_PASID_IN_RESPONSE},
                                        {"mock", PRI_MOCK},
                                        {"virtfn", PRI_VIRTFN},
                                        {"cancels_works", PRI_CANCELS_WORKS},
                                        {"any_pasid", PRI_ANY_PASID},
                                        {"few_pasids", PRI_FEW_PASIDS},
                                        {"no_pri", PRI_NO_PRI}};
constexpr named_value prq_kinds[] = {{"vtd", PRI_VTD}, {"generic", PRI_GENERIC}};
constexpr named_value pages[] = {{"writable", PAGE_WRITABLE},
                                 {"read_only", PAGE_READ_ONLY},
                                 {"missing", PAGE_MISSING},
                                 {"not_canonical", PAGE_NOT_CANONICAL}};
constexpr named_value request_flag_names[] = {{"read", REQUEST_READ},
                                              {"write", REQUEST_WRITE},
                                              {"last", REQUEST_LAST},
                                              {"privileged", REQUEST_PRIVILEGED},
                                              {"exec", REQUEST_EXEC}};
constexpr u64 all_device_flags = PRI_PRG_PER_PASID | PRI_NO_PASID_IN_RESPONSE | PRI_MOCK |
                                 PRI_VIRTFN | PRI_CANCELS_WORKS | PRI_ANY_PASID | PRI_FEW_PASIDS |
                                 PRI_NO_PRI;
constexpr u64 all_request_flags =
    REQUEST_READ | REQUEST_WRITE | REQUEST_LAST | REQUEST_PRIVILEGED | REQUEST_EXEC;

constexpr arg_info prq_arg = {.name = "prq", .kind = arg_kind::object, .cls = "prq"};
constexpr arg_info pdev_arg = {.name = "pdev", .kind = arg_kind::object, .cls = "pdev"};
constexpr arg_info process_arg = {
    .name = "process", .kind = arg_kind::object, .cls = "sva_process"};
constexpr arg_info bond_arg = {.name = "bond", .kind = arg_kind::object, .cls = "bond"};
constexpr arg_info rid_arg = {.name = "rid", .kind = arg_kind::choice, .choices = rids, .dull = 0};
constexpr arg_info device_flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = device_flags, .dull = 0};
constexpr arg_info kind_arg = {
    .name = "kind", .kind = arg_kind::choice, .choices = prq_kinds, .dull = PRI_VTD};
constexpr arg_info pasid_arg = {.name = "pasid", .kind = arg_kind::choice, .dull = 1};
constexpr arg_info pasid0_arg = {.name = "pasid", .kind = arg_kind::choice, .dull = IOMMU_NO_PASID};
constexpr arg_info grpid_arg = {.name = "grpid", .kind = arg_kind::choice, .dull = 0};
constexpr arg_info page_arg = {
    .name = "page", .kind = arg_kind::choice, .choices = pages, .dull = PAGE_WRITABLE};
constexpr arg_info request_flags_arg = {.name = "flags",
                                        .kind = arg_kind::flags,
                                        .choices = request_flag_names,
                                        .dull = REQUEST_READ | REQUEST_LAST};

constexpr std::span<const arg_info> no_args;
constexpr arg_info one_device_args[] = {pdev_arg};
constexpr arg_info one_bond_args[] = {bond_arg};

ARGS(prq_add, kind_arg);
ERRORS(prq_add, EINVAL, ENOMEM);
ARGS(pri_device_add, prq_arg, rid_arg, device_flags_arg);
ERRORS(pri_device_add, ENOENT, EINVAL, EEXIST, ENOMEM);
ARGS(pri_sibling_add, pdev_arg, rid_arg, device_flags_arg);
ERRORS(pri_sibling_add, ENOENT, EINVAL, EEXIST, ENOMEM);
ERRORS(sva_process_start, ENOMEM);
ARGS(sva_process_exit, process_arg);
ERRORS(sva_process_exit, ENOENT, ESRCH);
ERRORS(iopf_enable, ENOENT, ENODEV, EBUSY, EINVAL, ENOMEM);
ERRORS(iopf_disable, ENOENT, EBUSY, EINVAL);
ARGS(sva_bind, pdev_arg, process_arg);
ERRORS(sva_bind, ENOENT, ESRCH, ENODEV, EOVERFLOW, ENOMEM, ENOSPC, EBUSY, EINVAL);
ERRORS(sva_unbind, ENOENT);
ERRORS(sva_close, ENOENT, EBUSY, EINVAL);
ERRORS(pri_device_release, ENOENT, ENODEV, EBUSY);
ARGS(iopf_discard_partial, prq_arg);
ERRORS(iopf_discard_partial, ENOENT);
ARGS(page_request, pdev_arg, pasid_arg, grpid_arg, page_arg, request_flags_arg);
ERRORS(page_request, ENOENT, EINVAL, EACCES, EBUSY, EAGAIN);
ARGS(trigger_iopf, pdev_arg, pasid0_arg, grpid_arg, page_arg);
ERRORS(trigger_iopf, ENOENT, EINVAL);

template <class T>
call_result made(machine_parts<T*>& all, T* object, int error) {
  if (object == nullptr) return {-error, 0};
  list(all, object);
  return {0, hw_handle_of(object)};
}

call_result prq_add(world& w, const call_args& a) {
  if (a.value[0] >= pri_kinds) return {-EINVAL, 0};
  return made(w.iopf->iommus, pri_iommu_make(a.value[0]), ENOMEM);
}

// Without a PASID in the response a device cannot tell the groups of two PASIDs apart.
bool can_be(u64 rid, u64 flags) {
  constexpr u64 contradiction = PRI_PRG_PER_PASID | PRI_NO_PASID_IN_RESPONSE;
  return rid < rids_max && (flags & ~all_device_flags) == 0 &&
         (flags & contradiction) != contradiction;
}

call_result add_device(world& w, const call_args& a, pri_iommu* iommu, pri_group* group) {
  pri_device* dev = nullptr;
  const int rc = pri_device_make(iommu, group, static_cast<unsigned>(a.value[1]), a.value[2], &dev);
  return made(w.iopf->devices, dev, -rc);
}

call_result pri_device_add(world& w, const call_args& a) {
  auto* const iommu = named<pri_iommu>(a.value[0]);
  if (iommu == nullptr) return {-ENOENT, 0};
  if (!can_be(a.value[1], a.value[2])) return {-EINVAL, 0};
  return add_device(w, a, iommu, nullptr);
}

// A device of the selftest is alone in its group, and so is one that uses what others have bound.
call_result pri_sibling_add(world& w, const call_args& a) {
  auto* const dev = named<pri_device>(a.value[0]);
  if (dev == nullptr) return {-ENOENT, 0};
  constexpr u64 alone = PRI_MOCK | PRI_ANY_PASID;
  const u64 flags = a.value[2];
  if (!can_be(a.value[1], flags) || ((dev->flags.peek() | flags) & alone) != 0) return {-EINVAL, 0};
  return add_device(w, a, dev->iommu.peek(), dev->group.peek());
}

call_result sva_process_start(world& w, const call_args&) {
  return made(w.iopf->processes, sva_process_make(), ENOMEM);
}

call_result sva_bind(world& w, const call_args& a) {
  auto* const dev = named<pri_device>(a.value[0]);
  auto* const task = named<sva_process>(a.value[1]);
  if (dev == nullptr || task == nullptr) return {-ENOENT, 0};
  sva_user* user = nullptr;
  const int rc = sva_driver_bind(dev, task, &user);
  return rc == 0 ? made(w.iopf->bonds, user, ENOMEM) : call_result{rc, 0};
}

int discard(pri_iommu* iommu) { return iopf_queue_discard_partial(iommu->iopf_queue.peek()); }

UNSEEN unsigned next_number(world& w) {
  const unsigned task = current_task();
  return task << 16 | ++w.iopf->sent[task];
}

// The call's request: its arguments follow the device's.
bool request_of(world& w, const call_args& a, pri_device* dev, u64 flags, page_request* request) {
  if (a.value[1] >= max_pasids_of(dev) || a.value[2] >= limit_value(limit::prg_indices) ||
      a.value[3] >= request_pages || (flags & ~all_request_flags) != 0)
    return false;
  const auto pasid = static_cast<unsigned>(a.value[1]);
  const unsigned of_pasid = pasid == IOMMU_NO_PASID ? 0u : unsigned{REQUEST_PASID};
  *request = {.rid = static_cast<unsigned>(dev->rid.peek()),
              .pasid = pasid,
              .grpid = static_cast<unsigned>(a.value[2]),
              .page = static_cast<unsigned>(a.value[3]),
              .flags = static_cast<unsigned>(flags) | of_pasid,
              .number = next_number(w)};
  return true;
}

call_result send_request(world& w, const call_args& a) {
  auto* const dev = named<pri_device>(a.value[0]);
  if (dev == nullptr) return {-ENOENT, 0};
  page_request request = {};
  if (!request_of(w, a, dev, a.value[4], &request)) return {-EINVAL, 0};
  return {page_request_send(dev, request), 0};
}

call_result trigger_iopf(world& w, const call_args& a) {
  auto* const dev = named<pri_device>(a.value[0]);
  if (dev == nullptr) return {-ENOENT, 0};
  page_request request = {};
  if (!request_of(w, a, dev, REQUEST_READ | REQUEST_LAST, &request)) return {-EINVAL, 0};
  return {iommufd_test_trigger_iopf(dev, request), 0};
}

#define IOMMU(file) "drivers/iommu/" file
#define FAULT(function) "drivers/iommu/iommufd/fault.c:" function

// Drivers that bind processes; machines and devices; fault objects: the fuzz targets take two
// thirds each.
constexpr flow_info flow_table[] = {
    FLOW_OF(kernel, sva_process_start, sva_process_start, no_args, "sva_process",
            "A process starts.", "kernel/fork.c:mm_alloc"),
    FLOW(syscall, sva_process_exit, (of_one<sva_process, iopf::sva_process_exit>), nullptr,
         "And ends.", "kernel/exit.c:exit_mm"),
    FLOW_OF(kernel, iopf_enable, (of_one<pri_device, sva_driver_enable>), one_device_args, nullptr,
            "A driver wants page requests of its device.",
            IOMMU("iommu.c:iommu_dev_enable_feature")),
    FLOW_OF(kernel, iopf_disable, (of_one<pri_device, sva_driver_disable>), one_device_args,
            nullptr, "And does not want them any more.",
            IOMMU("iommu.c:iommu_dev_disable_feature")),
    FLOW(kernel, sva_bind, sva_bind, "bond", "A driver binds its device to a process.",
         IOMMU("iommu-sva.c:iommu_sva_bind_device")),
    FLOW_OF(kernel, sva_unbind, (of_one<sva_user, sva_driver_unbind>), one_bond_args, nullptr,
            "It stops using the PASID and unbinds.", IOMMU("iommu-sva.c:iommu_sva_unbind_device")),
    FLOW_OF(kernel, sva_close, (of_one<sva_user, sva_driver_close>), one_bond_args, nullptr,
            "It unbinds, and does not want page requests any more.",
            IOMMU("iommu-sva.c:iommu_sva_unbind_device")),
    FLOW_OF(kernel, pri_device_release, (of_one<pri_device, iopf::pri_device_release>),
            one_device_args, nullptr, "The device goes.",
            IOMMU("intel/iommu.c:intel_iommu_release_device")),
    FLOW(kernel, iopf_discard_partial, (of_one<pri_iommu, discard>), nullptr,
         "A driver drops what waits for a last request.",
         IOMMU("io-pgfault.c:iopf_queue_discard_partial")),
    FLOW(kernel, prq_add, prq_add, "prq", "Adds an IOMMU with a page request queue.",
         IOMMU("intel/prq.c:intel_iommu_enable_prq")),
    FLOW(kernel, pri_device_add, pri_device_add, "pdev",
         "Adds a device that can request pages behind it.",
         IOMMU("intel/iommu.c:intel_iommu_probe_device")),
    FLOW(kernel, pri_sibling_add, pri_sibling_add, "pdev",
         "Adds another device to the group of one that is there.",
         IOMMU("iommu.c:iommu_group_add_device")),
    FLOW(agent, page_request, send_request, nullptr, "A device requests a page.", "hardware"),
    FLOW_OF(syscall, fault_alloc, fault_alloc, no_args, "fault",
            "Makes a fault object, with a file.", FAULT("iommufd_fault_alloc")),
    FLOW(syscall, fault_read, fault_read, nullptr, "Reads groups, so many bytes of messages.",
         FAULT("iommufd_fault_fops_read")),
    FLOW(syscall, fault_write, fault_write, nullptr, "Answers the group that has the cookie.",
         FAULT("iommufd_fault_fops_write")),
    FLOW(syscall, fault_serve, fault_serve, nullptr, "Reads groups, and answers what it has read.",
         FAULT("iommufd_fault_fops_write")),
    FLOW(syscall, fault_poll, fault_poll, nullptr, "Asks whether there is a group to read.",
         FAULT("iommufd_fault_fops_poll")),
    FLOW(syscall, fault_close, fault_close, nullptr, "Closes the file of a fault object.",
         FAULT("iommufd_fault_fops_release")),
    FLOW(syscall, fault_destroy, fault_destroy, nullptr, "Destroys a fault object.",
         FAULT("iommufd_fault_destroy")),
    FLOW(syscall, fault_hwpt_alloc, fault_hwpt_alloc, "fhwpt",
         "Makes a page table whose page requests go to a fault object.",
         IOMMU("iommufd/hw_pagetable.c:iommufd_hwpt_alloc")),
    FLOW_OF(syscall, blank_hwpt_alloc, blank_hwpt_alloc, no_args, "fhwpt",
            "Makes one whose page requests are nobody's.",
            IOMMU("iommufd/hw_pagetable.c:iommufd_hwpt_alloc")),
    FLOW(syscall, fault_hwpt_destroy, fault_hwpt_destroy, nullptr, "Destroys such a page table.",
         IOMMU("iommufd/main.c:iommufd_destroy")),
    FLOW(syscall, fault_attach, fault_attach, nullptr, "Attaches a device to it.",
         IOMMU("iommufd/device.c:iommufd_device_attach")),
    FLOW(syscall, fault_replace, fault_replace, nullptr, "Moves a device to another one.",
         IOMMU("iommufd/device.c:iommufd_device_replace")),
    FLOW(syscall, fault_detach, fault_detach, nullptr, "Detaches a device.",
         IOMMU("iommufd/device.c:iommufd_device_detach")),
    FLOW(syscall, trigger_iopf, trigger_iopf, nullptr, "The selftest reports a page fault.",
         IOMMU("iommufd/selftest.c:iommufd_test_trigger_iopf")),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {
      class_of<pri_iommu>(),           class_of<pri_device>(),
      class_of<sva_process>(),         class_of<sva_user>(),
      class_of<iommu_fault_param>(),   class_of<iopf_group>(),
      class_of<iopf_queue>(),          class_of<iopf_fault>(),
      class_of<iopf_domain>(),         class_of<iommu_sva>(),
      class_of<iommu_attach_handle>(), class_of<dev_iommu_fault>(),
      class_of<iommufd_fault>(),       class_of<iommufd_hw_pagetable>(),
      class_of<iommufd_device>(),      class_of<iommufd_attach_handle>(),
      class_of<pri_group>(),           class_of<iommufd_fault_group>(),
  };
  return find_class(classes, name);
}

}  // namespace iorace::kern::iopf_tables
