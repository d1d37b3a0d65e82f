// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of what the chapter's calls return: what makes them fail.
#pragma once

#include <memory>

#include "model/iommu/iommu_inside_test.h"
#include "model/iommufd/errors_test.h"

namespace iorace::kern {

inline config upstream_machine() { return of_iommu(upstream_config()); }

// A device that is alone in its group, with a driver.
inline void one_bound(world* w) {
  both_probed(w);
  make_call(w, "device_remove", {2});
  make_call(w, "driver_bind", {1});
}

inline void nothing(faulty_call&) {}
inline void no_device(faulty_call& c) { c["device"] = 9; }
// The world is made so by other calls.
inline std::function<void(faulty_call&)> after(const char* flow, std::initializer_list<u64> args) {
  const std::vector<u64> values(args);
  return [flow, values](faulty_call& c) {
    c.before.push_back([flow, values](world* w) {
      call_args a = {};
      const flow_info& f = flow_called(flow);
      for (std::size_t i = 0; i < f.args.size(); ++i) a.value[i] = f.args[i].dull;
      std::copy(values.begin(), values.end(), a.value);
      f.run(*w, a);
    });
  };
}
// A pass over the bus has found the group and not come back to it.
inline void no_default_domain(faulty_call& c) {
  const auto before = std::make_shared<core_domain*>();
  c.before.push_back([before](world*) {
    iommu_group* const group = this_world().iommu->devices[0]->iommu_group.peek();
    *before = group->default_domain.peek();
    group->default_domain.poke(nullptr);
    group->domain.poke(nullptr);
  });
  c.after.push_back([before](world*) {
    iommu_group* const group = this_world().iommu->devices[0]->iommu_group.peek();
    group->default_domain.poke(*before);
    group->domain.poke(*before);
  });
}
// All domain ids of the IOMMU are taken, and given back.
inline void no_domain_ids(faulty_call& c) {
  const auto before = std::make_shared<u64>();
  c.before.push_back([before](world*) {
    shared<u64>& ids = this_world().iommu->devices[0]->endpoint.peek()->iommu.peek()->domain_ids;
    *before = ids.peek();
    ids.poke(~u64{0});
  });
  c.after.push_back([before](world*) {
    this_world().iommu->devices[0]->endpoint.peek()->iommu.peek()->domain_ids.poke(*before);
  });
}

// Tells a flow's errors in their order; `elsewhere` are those that another table shows.
inline void expect_returns(const char* flow, const body& setup, std::vector<error_row> rows,
                           std::set<int> elsewhere = {}, const config& c = upstream_machine()) {
  expect_errors({.flow = flow,
                 .setup = setup,
                 .base = nothing,
                 .rows = std::move(rows),
                 .elsewhere = std::move(elsewhere),
                 .c = c});
}

}  // namespace iorace::kern
