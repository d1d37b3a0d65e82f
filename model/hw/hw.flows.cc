// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows. One line of the table per flow, one function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/hw/dma.h"
#include "model/hw/driver.h"
#include "model/hw/ghosts.h"
#include "model/hw/handle_flows.h"
#include "model/hw/hw_tables.h"
#include "model/hw/time_out.h"

namespace iorace::kern::hw_tables {
namespace {

constexpr named_value iommu_kinds[] = {{"vtd", IOMMU_VTD}, {"amd", IOMMU_AMD}};
constexpr named_value domain_types[] = {
    {"unmanaged", DOMAIN_UNMANAGED}, {"dma", DOMAIN_DMA}, {"dma_fq", DOMAIN_DMA_FQ}};
constexpr named_value rids[] = {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}};

constexpr arg_info iommu_arg = {.name = "iommu", .kind = arg_kind::object, .cls = "iommu"};
constexpr arg_info endpoint_arg = {.name = "endpoint", .kind = arg_kind::object, .cls = "endpoint"};
constexpr arg_info paging_arg = {.name = "paging", .kind = arg_kind::object, .cls = "paging"};
constexpr arg_info iova_arg = {.name = "iova", .kind = arg_kind::iova, .dull = 0x1000};
constexpr arg_info kind_arg = {
    .name = "kind", .kind = arg_kind::choice, .choices = iommu_kinds, .dull = IOMMU_VTD};
constexpr arg_info type_arg = {
    .name = "type", .kind = arg_kind::choice, .choices = domain_types, .dull = DOMAIN_UNMANAGED};
constexpr named_value endpoint_flags[] = {{"ats", 1}};
constexpr arg_info endpoint_flags_arg = {
    .name = "flags", .kind = arg_kind::flags, .choices = endpoint_flags, .dull = 0};
constexpr arg_info length_arg = {.name = "length", .kind = arg_kind::length, .dull = 0x1000};
constexpr arg_info mapping_arg = {.name = "mapping", .kind = arg_kind::object, .cls = "mapping"};
constexpr arg_info rid_arg = {.name = "rid", .kind = arg_kind::choice, .choices = rids, .dull = 0};

ARGS(iommu_add, kind_arg);
ERRORS(iommu_add, EINVAL);
ARGS(endpoint_add, iommu_arg, rid_arg, endpoint_flags_arg);
ERRORS(endpoint_add, ENOENT, EINVAL, EEXIST, ENOMEM);
ARGS(paging_alloc, iommu_arg, type_arg);
ERRORS(paging_alloc, ENOENT, EINVAL, ENOMEM);
ARGS(paging_free, paging_arg);
ERRORS(paging_free, ENOENT, EBUSY);
ARGS(endpoint_attach, endpoint_arg, paging_arg);
ERRORS(endpoint_attach, ENOENT, EINVAL, ENODEV, EBUSY, ENOSPC, ENOMEM);
ARGS(endpoint_set_pasid, endpoint_arg, paging_arg);
ERRORS(endpoint_set_pasid, ENOENT, EINVAL, EOPNOTSUPP, ENODEV, ENOSPC, ENOMEM);
ARGS(endpoint_block, endpoint_arg);
ERRORS(endpoint_block, ENOENT, ENODEV, EBUSY);
ARGS(endpoint_release, endpoint_arg);
ERRORS(endpoint_release, ENOENT, ENODEV);
ARGS(page_map, paging_arg, iova_arg, length_arg);
ERRORS(page_map, EINVAL, ENOENT, EEXIST, ENOMEM);
ARGS(page_unmap, paging_arg, iova_arg, length_arg);
ERRORS(page_unmap, EINVAL, ENOENT);
ARGS(dma_init_domain, paging_arg);
ERRORS(dma_init_domain, ENOENT, EINVAL, ENOMEM);
ARGS(dma_init_fq, paging_arg);
ERRORS(dma_init_fq, ENOENT, EINVAL, ENOMEM);
ARGS(endpoint_unplug, endpoint_arg);
ERRORS(endpoint_unplug, ENOENT, EOPNOTSUPP);
ARGS(endpoint_stall, endpoint_arg);
ERRORS(endpoint_stall, ENOENT, EOPNOTSUPP);
ARGS(dma_map, paging_arg, length_arg);
ERRORS(dma_map, EINVAL, ENOENT, ENOMEM);
ARGS(dma_unmap, mapping_arg);
ERRORS(dma_unmap, ENOENT);
ARGS(dma_read, endpoint_arg, iova_arg);
ERRORS(dma_read, ENOENT, EFAULT);
ARGS(dma_write, endpoint_arg, iova_arg);
ERRORS(dma_write, ENOENT, EFAULT);
ARGS(dma_write_pasid, endpoint_arg, iova_arg);
ERRORS(dma_write_pasid, ENOENT, EFAULT);

call_result iommu_add(world& w, const call_args& a) {
  if (a.value[0] > IOMMU_AMD) return {-EINVAL, 0};
  hw_iommu* const iommu = hw_iommu_make(a.value[0]);
  list(w.hw->ghost->iommus, iommu);
  return {0, hw_handle_of(iommu)};
}

call_result endpoint_add(world& w, const call_args& a) {
  auto* const iommu = named<hw_iommu>(a.value[0]);
  if (iommu == nullptr) return {-ENOENT, 0};
  if (a.value[1] >= rids_max || a.value[2] > 1) return {-EINVAL, 0};
  hw_endpoint* const dev =
      hw_endpoint_make(iommu, static_cast<unsigned>(a.value[1]), a.value[2] != 0);
  if (dev == nullptr) return {-EEXIST, 0};
  const int rc = device_probe(dev);
  if (rc != 0) return {rc, 0};
  list(w.hw->ghost->endpoints, dev);
  return {0, hw_handle_of(dev)};
}

call_result paging_alloc(world& w, const call_args& a) {
  auto* const iommu = named<hw_iommu>(a.value[0]);
  if (iommu == nullptr) return {-ENOENT, 0};
  if (a.value[1] > DOMAIN_DMA_FQ) return {-EINVAL, 0};
  paging_owner* const owner = owner_alloc(iommu, a.value[1]);
  if (owner == nullptr) return {-ENOMEM, 0};
  list(w.hw->ghost->owners, owner);
  return {0, hw_handle_of(owner)};
}

template <int (*Body)(paging_owner*, u64, u64)>
call_result of_range(world&, const call_args& a) {
  auto* const owner = named<paging_owner>(a.value[0]);
  return {owner == nullptr ? -ENOENT : Body(owner, a.value[1], a.value[2]), 0};
}
template <int (*Body)(paging_owner*, hw_endpoint*)>
call_result of_device(world&, const call_args& a) {
  auto* const dev = named<hw_endpoint>(a.value[0]);
  auto* const owner = named<paging_owner>(a.value[1]);
  return {dev == nullptr || owner == nullptr ? -ENOENT : Body(owner, dev), 0};
}
template <bool Write, unsigned Pasid>
call_result dma(world&, const call_args& a) {
  auto* const dev = named<hw_endpoint>(a.value[0]);
  return {dev == nullptr ? -ENOENT : dma_access(dev, Pasid, a.value[1], Write), 0};
}

constexpr auto paging_free = of_one<paging_owner, owner_free>;
constexpr auto endpoint_attach = of_device<owner_attach>;
constexpr auto endpoint_set_pasid = of_device<owner_set_pasid>;
constexpr auto endpoint_block = of_one<hw_endpoint, endpoint_block_by_driver>;
constexpr auto endpoint_release = of_one<hw_endpoint, endpoint_release_by_driver>;
constexpr auto page_map = of_range<owner_map>;
constexpr auto page_unmap = of_range<owner_unmap>;
constexpr auto dma_init_domain = of_one<paging_owner, owner_init_domain>;
constexpr auto dma_init_fq = of_one<paging_owner, owner_init_fq>;
constexpr auto dma_unmap = of_one<dma_mapping, mapping_unmap>;
constexpr auto endpoint_unplug = of_one<hw_endpoint, endpoint_is_unplugged>;
constexpr auto endpoint_stall = of_one<hw_endpoint, endpoint_stalls>;
constexpr auto dma_read = dma<false, IOMMU_NO_PASID>;
constexpr auto dma_write = dma<true, IOMMU_NO_PASID>;
constexpr auto dma_write_pasid = dma<true, 1>;

call_result dma_map(world& w, const call_args& a) {
  auto* const owner = named<paging_owner>(a.value[0]);
  if (owner == nullptr) return {-ENOENT, 0};
  dma_mapping* mapping = nullptr;
  const int rc = owner_dma_map(owner, a.value[1], &mapping);
  if (rc != 0) return {rc, 0};
  list(w.hw->ghost->mappings, mapping);
  return {0, hw_handle_of(mapping)};
}

#define IOMMU(file) "drivers/iommu/" file

constexpr flow_info flow_table[] = {
    FLOW(kernel, endpoint_add, endpoint_add, "endpoint",
         "Adds a device behind it; equal rids are aliases.",
         IOMMU("intel/iommu.c:intel_iommu_probe_device")),
    FLOW(kernel, paging_alloc, paging_alloc, "paging", "Makes a domain.",
         IOMMU("intel/iommu.c:alloc_domain")),
    FLOW(kernel, paging_free, paging_free, nullptr, "Frees a domain that nothing uses.",
         IOMMU("intel/iommu.c:intel_iommu_domain_free")),
    FLOW(kernel, endpoint_attach, endpoint_attach, nullptr, "Attaches a device to a domain.",
         IOMMU("intel/iommu.c:intel_iommu_attach_device")),
    FLOW(kernel, endpoint_set_pasid, endpoint_set_pasid, nullptr,
         "Attaches the device's PASID to a domain.",
         IOMMU("intel/iommu.c:intel_iommu_set_dev_pasid")),
    FLOW(kernel, endpoint_block, endpoint_block, nullptr,
         "Attaches a device to the blocking domain.",
         IOMMU("intel/iommu.c:blocking_domain_attach_dev")),
    FLOW(kernel, endpoint_release, endpoint_release, nullptr,
         "Blocks a device and frees what is kept about it.",
         IOMMU("intel/iommu.c:intel_iommu_release_device")),
    FLOW(kernel, page_map, page_map, nullptr, "Maps pages of one's own in an unmanaged domain.",
         IOMMU("iommu.c:iommu_map")),
    FLOW(kernel, page_unmap, page_unmap, nullptr, "Unmaps them and frees them.",
         IOMMU("iommu.c:iommu_unmap")),
    FLOW(kernel, dma_init_domain, dma_init_domain, nullptr, "Prepares a domain for the DMA API.",
         IOMMU("dma-iommu.c:iommu_dma_init_domain")),
    FLOW(kernel, dma_init_fq, dma_init_fq, nullptr, "Makes a strict domain lazy.",
         IOMMU("dma-iommu.c:iommu_dma_init_fq")),
    FLOW(kernel, dma_map, dma_map, "mapping", "A driver maps a buffer.",
         IOMMU("dma-iommu.c:iommu_dma_map_page")),
    FLOW(kernel, dma_unmap, dma_unmap, nullptr, "A driver unmaps its buffer and frees it.",
         IOMMU("dma-iommu.c:iommu_dma_unmap_page")),
    FLOW(agent, dma_read, dma_read, nullptr, "A device reads memory.", "hardware"),
    FLOW(agent, dma_write, dma_write, nullptr, "A device writes to memory.", "hardware"),
    FLOW(agent, dma_write_pasid, dma_write_pasid, nullptr, "The same with its PASID.", "hardware"),
    FLOW(agent, endpoint_unplug, endpoint_unplug, nullptr, "A device is pulled out.", "hardware"),
    FLOW(agent, endpoint_stall, endpoint_stall, nullptr,
         "A device will not answer the next invalidation in time.", "hardware"),
    // Last, where the iommu core's flows follow: they need nothing else of the chapter.
    FLOW(kernel, iommu_add, iommu_add, "iommu", "Adds an IOMMU to the machine.",
         IOMMU("intel/dmar.c:alloc_iommu")),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {
      class_of<hw_iommu>(),     class_of<hw_endpoint>(),        class_of<paging_domain>(),
      class_of<io_table>(),     class_of<dma_page>(),           class_of<context_entry>(),
      class_of<paging_owner>(), class_of<device_domain_info>(), class_of<dma_mapping>(),
  };
  return find_class(classes, name);
}

}  // namespace iorace::kern::hw_tables
