// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's tests share: a small machine, whose parts have the numbers that programs know
// them by.
#pragma once

#include "model/hw/dma_iommu.h"
#include "model/hw/driver.h"
#include "model/hw/ghosts.h"
#include "model/hw/hw_world.h"
#include "model/test_calls.h"
#include "model/world.h"

namespace iorace::kern {

inline config hw_config(config c = repaired_config()) {
  c.chapters = chapter_bit(chapter::hw);
  return c;
}

enum part : std::uint64_t {
  vtd = 1,
  vtd_dev,  // behind vtd, requester id a
  domain,   // unmanaged, of vtd
  amd,
  amd_device,
  amd_domain,
  dma_domain,     // of vtd, for the DMA API
  mapping,        // of one page there, at IOVA 0xf000
  ats_device,     // behind vtd, requester id b
  raw_domain,     // of vtd, not initialised for the DMA API
  second_domain,  // unmanaged, of vtd
  no_part = 64,
};

inline void machine(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "endpoint_add", {vtd});
  make_call(w, "paging_alloc", {vtd});
  make_call(w, "iommu_add", {IOMMU_AMD});
  make_call(w, "endpoint_add", {amd});
  make_call(w, "paging_alloc", {amd});
  make_call(w, "paging_alloc", {vtd, DOMAIN_DMA});
  make_call(w, "dma_init_domain", {dma_domain});
  make_call(w, "dma_map", {dma_domain});
  make_call(w, "endpoint_add", {vtd, 1, 1});
  make_call(w, "paging_alloc", {vtd, DOMAIN_DMA});
  make_call(w, "paging_alloc", {vtd});
}

template <class T>
T* part_of(std::uint64_t number) {
  return static_cast<T*>(hw_by_handle(number));
}
inline dma_cookie* cookie_under_test() {
  return part_of<paging_owner>(dma_domain)->domain.peek()->iova_cookie.peek();
}

}  // namespace iorace::kern
