// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that look into a world of this chapter or tamper with it: a small machine, whose parts
// have the numbers that programs know them by.
#pragma once

#include "model/iopf/iopf_world.h"
#include "model/test_calls.h"
#include "model/world.h"

namespace iorace::kern {

inline config of_iopf(config c) {
  c.chapters = chapter_bit(chapter::mm) | chapter_bit(chapter::hw) | chapter_bit(chapter::iopf);
  return c;
}
inline config iopf_config(
    std::initializer_list<std::pair<const char*, const char*>> settings = {}) {
  return with(of_iopf(repaired_config()), settings);
}

enum iopf_part : std::uint64_t {
  first_prq = 1,
  first_pdev,  // behind it, requester id a, may request pages
  first_process,
  first_bond,  // of both, PASID 1
  second_process,
  second_bond,  // of the same device, PASID 2
  no_iopf_part = 64,
};

inline void one_pdev(world* w) {
  make_call(w, "prq_add");
  make_call(w, "pri_device_add", {first_prq});
  make_call(w, "sva_process_start");
}
inline void one_enabled(world* w) {
  one_pdev(w);
  make_call(w, "iopf_enable", {first_pdev});
}
inline void one_bond(world* w) {
  one_enabled(w);
  make_call(w, "sva_bind", {first_pdev, first_process});
}
inline void two_bonds(world* w) {
  one_bond(w);
  make_call(w, "sva_process_start");
  make_call(w, "sva_bind", {first_pdev, second_process});
}

// The device requests a page.
inline constexpr std::uint64_t asks_first = iopf::REQUEST_READ;
inline constexpr std::uint64_t asks_last = iopf::REQUEST_READ | iopf::REQUEST_LAST;
inline body asks(std::uint64_t flags = asks_last, std::uint64_t pasid = 1,
                 std::uint64_t grpid = 0) {
  return [=](world* w) {
    make_call(w, "page_request", {first_pdev, pasid, grpid, iopf::PAGE_WRITABLE, flags});
  };
}
// A call of one object.
inline body calls(const char* flow, std::uint64_t object) { return call_of(flow, {object}); }

template <class T>
T* iopf_part_of(std::uint64_t number) {
  return static_cast<T*>(hw_by_handle(number));
}
inline iopf::pri_iommu* the_prq() { return iopf_part_of<iopf::pri_iommu>(first_prq); }
inline iopf::pri_device* the_pdev() { return iopf_part_of<iopf::pri_device>(first_pdev); }
inline iopf::iommu_fault_param* the_fault_param() {
  return the_pdev()->dev_iommu.peek()->fault_param.peek();
}
inline user_mm_struct* mm_of(std::uint64_t process) {
  return iopf_part_of<iopf::sva_process>(process)->mm.peek();
}

// A request that no device has sent. Tasks number theirs from 1 on.
inline iopf::page_request request_of(unsigned pasid, unsigned grpid, unsigned number,
                                     unsigned flags = asks_last) {
  return {.rid = 0,
          .pasid = pasid,
          .grpid = grpid,
          .page = iopf::PAGE_WRITABLE,
          .flags = flags | iopf::REQUEST_PASID,
          .number = number};
}

// Puts it into the queue without the interrupt, whose thread is then who calls it.
inline void into_queue(const iopf::page_request& request) {
  iopf::pri_iommu* const iommu = the_prq();
  const u64 tail = iommu->tail.peek();
  iommu->ring[tail].poke(to_word(request));
  iommu->tail.poke(iopf::next_slot(tail));
}
inline void prq_thread(world*) { iopf::prq_event_thread(&the_prq()->thread); }

}  // namespace iorace::kern
