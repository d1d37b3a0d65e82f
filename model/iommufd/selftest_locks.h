// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where the selftest driver shuts others out: the variants of knob selftest_access.lock, as rows.
// `mutex` is the merged form: a callback cannot look at the list between a pin and its record.
// `spin` is the posted one. Under `record_first`, ours, a pin first records that it is under way,
// and who wants to undo pins of a range waits for those that are under way in it. Kernel:
// drivers/iommu/iommufd/selftest.c @ 6.12.117.
#pragma once

#include "model/critical_section.h"
#include "model/iommufd/selftest.h"

namespace iorace::kern {

enum class driver_lock : u8 {
  none,
  mutex,
  spin,
  pinning,  // a record of the pin, which keeps out `settled` of an overlapping range, no other pin
  settled,  // the mutex, taken when no pin is under way in the range
};
using driver_row = section_row<driver_lock>;

struct driver_locks {
  selftest_access* staccess;
  unsigned long iova, length;      // of the pin, or of the pins that are to be undone
  selftest_access_pin** pin = {};  // where `pinning` keeps its record
  // Blocks. Returns 0, or -ENOMEM if a pin cannot be recorded.
  int enter(driver_lock kind) const;
  void leave(driver_lock kind) const;
};
using driver_section = section<driver_lock, driver_locks>;

enum pages_site : unsigned {
  before_pin,
  before_record,
  after_record,
  before_forget,
  after_forget,
  pages_end
};
enum callback_site : unsigned {
  callback_begin,
  before_callback_unpin,
  after_callback_free,
  callback_end
};
enum destroy_site : unsigned {
  destroy_begin,
  before_destroy_unpin,
  after_destroy_unpin,
  destroy_end
};

// A pin is made, recorded, answered, and forgotten if it cannot be answered: around all of it, and
// around the list.
inline constexpr driver_row pin_rows[LOCK_VALUES] = {
    {driver_lock::mutex, on(before_pin), on(pages_end)},    // mutex
    {driver_lock::none, on(), on()},                        // spin
    {driver_lock::pinning, on(before_pin), on(pages_end)},  // record_first
    {driver_lock::mutex, on(before_pin, before_forget),
     on(after_record, after_forget, pages_end)},  // respond_unlocked
};
inline constexpr driver_row record_rows[LOCK_VALUES] = {
    {driver_lock::none, on(), on()},                                                        // mutex
    {driver_lock::spin, on(before_record, before_forget), on(after_record, after_forget)},  // spin
    {driver_lock::mutex, on(before_record, before_forget),
     on(after_record, after_forget)},  // record_first
    {driver_lock::none, on(), on()},   // respond_unlocked
};
inline constexpr driver_row callback_rows[LOCK_VALUES] = {
    {driver_lock::mutex, on(callback_begin), on(callback_end)},  // mutex
    {driver_lock::spin, on(callback_begin, after_callback_free),
     on(before_callback_unpin, callback_end)},                     // spin
    {driver_lock::settled, on(callback_begin), on(callback_end)},  // record_first
    {driver_lock::mutex, on(callback_begin), on(callback_end)},    // respond_unlocked
};
inline constexpr driver_row destroy_rows[LOCK_VALUES] = {
    {driver_lock::mutex, on(destroy_begin), on(after_destroy_unpin, destroy_end)},  // mutex
    {driver_lock::spin, on(destroy_begin), on(before_destroy_unpin, destroy_end)},  // spin
    {driver_lock::settled, on(destroy_begin),
     on(after_destroy_unpin, destroy_end)},  // record_first
    {driver_lock::mutex, on(destroy_begin),
     on(after_destroy_unpin, destroy_end)},  // respond_unlocked
};

struct pages_section {
  selftest_access_pin* under_way = nullptr;
  driver_section pin, record;
  pages_section(selftest_access* staccess, unsigned long iova, unsigned long length)
      : pin(pin_rows[chosen(knob::selftest_access_lock)], {staccess, iova, length, &under_way}),
        record(record_rows[chosen(knob::selftest_access_lock)], {staccess, iova, length}) {}
  // Returns 0, or the error that keeps the flow from pinning.
  int at(pages_site site) {
    const int rc = pin.at(site);
    return rc != 0 ? rc : record.at(site);
  }
};

}  // namespace iorace::kern
