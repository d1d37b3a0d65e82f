// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The tables of all chapters, put together.
#include "model/model.h"

#include "model/iommufd/iommufd_tables.h"

namespace iorace::kern {

std::span<const flow_info> flows() { return iommufd_tables::flows(); }
std::span<const knob_info> knobs() { return iommufd_tables::knobs(); }
std::span<const limit_info> limits() { return iommufd_tables::limits(); }
std::span<const invariant_info> invariants() { return iommufd_tables::invariants(); }
std::span<const probe_info> probes() { return iommufd_tables::probes(); }
const class_info* class_called(std::string_view name) { return iommufd_tables::class_called(name); }

config upstream_config() {
  config c;
  c.knobs.assign(knobs().size(), 0);
  for (const limit_info& l : limits()) c.limits.push_back(l.value);
  return c;
}

config repaired_config() {
  config c = upstream_config();
  for (std::size_t i = 0; i < c.knobs.size(); ++i) c.knobs[i] = knobs()[i].repaired;
  return c;
}

}  // namespace iorace::kern
