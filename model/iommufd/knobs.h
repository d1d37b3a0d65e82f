// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes. The tables with their words are in
// iommufd.tables.cc, in the same order; value 0 of a knob is what 6.12.117 does.
#pragma once

namespace iorace::kern {

namespace knob {
enum iommufd_id : unsigned {
  selftest_access_lock,
  iommufd_object_lifetime,
  iommufd_destroy_users,
  change_ioas_ioas,
  change_ioas_ioas_unpin,
  unpin_pages_contig_done,
  access_destroy_lock,
  access_driver_attach,
  iopt_unmap_start,
  iopt_unmap_area_pointer,
  notify_unmap_lock_obj,
  iopt_unmap_tries,
  access_destroy_pins,
  put_object_wake,
  fill_domains_unwind,
  iommufd_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned { LOCK_MUTEX, LOCK_SPIN, LOCK_RECORD_FIRST, LOCK_RESPOND_UNLOCKED, LOCK_VALUES };
enum : unsigned { LIFETIME_SHORTTERM_USERS, LIFETIME_DESTROY_RWSEM };
enum : unsigned { DESTROY_PLAIN, DESTROY_TEMPORARY_USER };
enum : unsigned { IOAS_CLEARED, IOAS_KEPT };
enum : unsigned { UNPIN_BY_IOAS_UNPIN, UNPIN_BY_IOAS };
enum : unsigned { CONTIG_DONE_LOCKED, CONTIG_DONE_AFTER_UP_READ };
enum : unsigned { ACCESS_DESTROY_UNLOCKED, ACCESS_DESTROY_DRIVER_LOCK };
enum : unsigned { ATTACH_SERIALISED, ATTACH_CONCURRENT };
enum : unsigned { START_ADVANCED, START_KEPT };
enum : unsigned { AREA_READ_BEFORE_UNLOCK, AREA_READ_AFTER_UNLOCK };
enum : unsigned { LOCK_OBJ_ACCESS_LIST, LOCK_OBJ_OBJECTS };
enum : unsigned { TRIES_PER_GAP, TRIES_PER_AREA };
enum : unsigned { PINS_KEPT, PINS_UNDONE };
enum : unsigned { WAKE_INTERRUPTIBLE, WAKE_ALL };
enum : unsigned { UNWIND_UNPIN_FIRST, UNWIND_UNMAP_FIRST };

namespace limit {
enum iommufd_id : unsigned { unmap_tries, user_pages, pages_per_call, iommufd_count };
}  // namespace limit

// Bounds of a table that lives on a modelled stack.
inline constexpr unsigned user_pages_max = 64;

namespace probe {
enum iommufd_id : unsigned {
  notify_called,
  notify_skipped_destroyed,
  unmap_retried,
  unmap_met_busy_area,
  unmap_gave_up,
  unmap_detached,
  pin_shared_node,
  pin_from_domain,
  pin_unwound,
  unpin_last_user,
  pin_outlived_domain,
  map_unwound,
  domain_filled,
  domain_unfilled,
  change_ioas_callback,
  change_ioas_busy,
  replace_without_ioas,
  destroy_busy,
  callback_found_item,
  item_destroyed,
  respond_failed,
  fput_deferred,
  area_split,
  iommufd_count
};
}  // namespace probe

}  // namespace iorace::kern
