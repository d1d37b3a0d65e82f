// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A page request as a device sends it: one word. Requests with one PRG index are a group; the one
// that is marked as the last is answered, for all of them, once.
// Facts: PCIe base specification 10.4.1, VT-d specification chapter 7.
#pragma once

#include "model/hw/hw_world.h"

namespace iorace::kern::iopf {

// As wide as a PASID and an index can be, and how many of them programs use without limits.
inline constexpr unsigned pasid_bits = 20;
inline constexpr unsigned grpid_bits = 9;
inline constexpr unsigned iopf_pasids = 8;
inline constexpr unsigned iopf_prgs = 8;

enum request_flags : unsigned {
  REQUEST_READ = 1,
  REQUEST_WRITE = 2,
  REQUEST_LAST = 4,
  REQUEST_PASID = 8,  // it has one
  REQUEST_PRIVILEGED = 16,
  REQUEST_EXEC = 32,
};
enum response_code : u64 { RESPONSE_SUCCESS, RESPONSE_INVALID, RESPONSE_FAILURE };

// Where a request wants to go: data, which may be read and written; text, which may be read and
// executed; where nothing is; where no address can be.
enum request_page : unsigned {
  PAGE_WRITABLE,
  PAGE_READ_ONLY,
  PAGE_MISSING,
  PAGE_NOT_CANONICAL,
  request_pages
};

struct page_request {
  unsigned rid, pasid, grpid, page, flags;
  unsigned number;  // of the task that sends it: no two requests are the same word
};

struct request_field {
  unsigned at, bits;
};
inline constexpr request_field field_of_flags = {0, 6};
inline constexpr request_field field_of_grpid = {6, grpid_bits};
inline constexpr request_field field_of_pasid = {15, pasid_bits};
inline constexpr request_field field_of_page = {35, 2};
inline constexpr request_field field_of_rid = {37, 3};
inline constexpr request_field field_of_number = {40, 24};

constexpr u64 to_word(const page_request& r) {
  return u64{r.number} << field_of_number.at | u64{r.rid} << field_of_rid.at |
         u64{r.page} << field_of_page.at | u64{r.pasid} << field_of_pasid.at |
         u64{r.grpid} << field_of_grpid.at | u64{r.flags} << field_of_flags.at;
}
constexpr page_request to_request(u64 word) {
  const auto field = [word](request_field f) {
    return static_cast<unsigned>(word >> f.at & ((u64{1} << f.bits) - 1));
  };
  return {.rid = field(field_of_rid),
          .pasid = field(field_of_pasid),
          .grpid = field(field_of_grpid),
          .page = field(field_of_page),
          .flags = field(field_of_flags),
          .number = field(field_of_number)};
}
constexpr bool is_last(const page_request& r) { return (r.flags & REQUEST_LAST) != 0; }
// Neither read nor write: the device has stopped using the PASID. Nobody answers it.
constexpr bool is_stop_marker(const page_request& r) {
  return is_last(r) && (r.flags & (REQUEST_READ | REQUEST_WRITE)) == 0;
}

}  // namespace iorace::kern::iopf
