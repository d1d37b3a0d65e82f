// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The mock hardware of the selftest, as a chapter of its own: programs without domains do without
// it. What makes and destroys domains is iommufd's.
#include "model/flow_rows.h"
#include "model/iommufd/mock_domain.h"
#include "model/iommufd/mock_tables.h"

namespace iorace::kern::mock_tables {
namespace {

constexpr arg_info hwpt_arg = {.name = "hwpt", .kind = arg_kind::object, .cls = "hwpt"};
constexpr arg_info iova_arg = {.name = "iova", .kind = arg_kind::iova, .dull = MOCK_APERTURE_START};

ARGS(hwpt_dma_read, hwpt_arg, iova_arg);
ERRORS(hwpt_dma_read, ENOENT, EFAULT);
ARGS(hwpt_dma_write, hwpt_arg, iova_arg);
ERRORS(hwpt_dma_write, ENOENT, EFAULT);

template <bool Write>
call_result hwpt_dma(world&, const call_args& a) {
  return {mock_device_dma(static_cast<u32>(a.value[0]), a.value[1], Write), 0};
}

constexpr flow_info flow_table[] = {
    FLOW(agent, hwpt_dma_read, hwpt_dma<false>, nullptr,
         "The mock device of a domain reads memory.", "hardware"),
    FLOW(agent, hwpt_dma_write, hwpt_dma<true>, nullptr,
         "The mock device of a domain writes to memory.", "hardware"),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }
std::span<const knob_info> knobs() { return {}; }
std::span<const limit_info> limits() { return {}; }
std::span<const invariant_info> invariants() { return {}; }
std::span<const probe_info> probes() { return {}; }

const class_info* class_called(std::string_view name) {
  static constexpr const class_info* classes[] = {class_of<mock_iommu_domain>()};
  return find_class(classes, name);
}

void make(world&) { make_mock_machine(); }
void finish(world&) {}

}  // namespace iorace::kern::mock_tables
