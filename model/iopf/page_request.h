// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A page request as a device sends it: one word. Requests with one PRG index are a group; the one
// that is marked as the last is answered, for all of them, once.
// Facts: PCIe base specification 10.4.1, VT-d specification chapter 7.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern::iopf {

inline constexpr unsigned iopf_pasids = 8;
inline constexpr unsigned iopf_prgs = 8;

enum request_flags : unsigned {
  REQUEST_READ = 1,
  REQUEST_WRITE = 2,
  REQUEST_LAST = 4,
  REQUEST_PASID = 8,  // it has one
  REQUEST_PRIVILEGED = 16,
};
enum response_code : u64 { RESPONSE_SUCCESS, RESPONSE_INVALID, RESPONSE_FAILURE };

// Where a request wants to go: memory that may be written, read only, not there at all.
enum request_page : unsigned { PAGE_WRITABLE, PAGE_READ_ONLY, PAGE_MISSING, request_pages };

struct page_request {
  unsigned rid, pasid, grpid, page, flags;
  unsigned number;  // of the task that sends it: no two requests are the same word
};

constexpr u64 to_word(const page_request& r) {
  return u64{r.number} << 32 | r.rid << 24 | r.page << 20 | r.pasid << 16 | r.grpid << 8 | r.flags;
}
constexpr page_request to_request(u64 word) {
  const auto field = [word](unsigned at, unsigned bits) {
    return static_cast<unsigned>(word >> at & ((1u << bits) - 1));
  };
  return {.rid = field(24, 8),
          .pasid = field(16, 4),
          .grpid = field(8, 8),
          .page = field(20, 4),
          .flags = field(0, 8),
          .number = static_cast<unsigned>(word >> 32)};
}
constexpr bool is_last(const page_request& r) { return (r.flags & REQUEST_LAST) != 0; }
// Neither read nor write: the device has stopped using the PASID. Nobody answers it.
constexpr bool is_stop_marker(const page_request& r) {
  return is_last(r) && (r.flags & (REQUEST_READ | REQUEST_WRITE)) == 0;
}

}  // namespace iorace::kern::iopf
