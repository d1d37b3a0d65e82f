// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Knob release_device as a table: in which order the core removes a device from its group and lets
// the driver forget it, under which lock, and which statements exist besides. Beside flows.md 2.4.
#pragma once

#include "model/critical_section.h"
#include "model/iommu/knobs.h"
#include "model/world.h"

namespace iorace::kern {

enum class removal_order : u8 {
  list_then_driver,   // out of the list, then ops->release_device
  driver_then_list,   // ops->release_device while the device is still listed
  group_then_driver,  // out of the list, the reference to the group dropped, then the driver
};

enum removal_site : unsigned { removal_begin, after_list_del, removal_end };

// Statements that some eras have and others have not.
enum removal_statement : unsigned {
  domains_with_device = 1,      // the last device frees the default and the blocking domain
  extra_group_reference = 2,    // held around the removal
  detach_in_removal = 4,        // the default domain is attached to the device first,
  warn_before_detach = 8,       //   and a warning says that it was not attached already
  driver_counts_users = 16,     // attach counts the domain, and who forgets it drops it
  users_dropped_first = 32,     //   before the hardware does
  free_unlinks = 64,            // domain_free forgets who is still attached, under a lock
  attach_release_domain = 128,  // the core attaches a static blocking domain first
  alias_unaware = 256,          // drivers write an entry that an alias uses
  release_reenters = 512,       // a driver's release op calls the core
  warn_if_bound = 1024,         // a device with a driver is not to be removed
};

struct removal_row {
  removal_order order;
  cs_row group_lock;
  unsigned statements;
};

inline constexpr cs_row whole_removal = {lock_kind::mutex, on(removal_begin), on(removal_end)};
inline constexpr cs_row around_list_del = {lock_kind::mutex, on(removal_begin), on(after_list_del)};

inline constexpr removal_row removal_rows[RELEASE_VALUES] = {
    {removal_order::list_then_driver, whole_removal, domains_with_device},      // locked
    {removal_order::group_then_driver, around_list_del, 0},                     // group_put_first
    {removal_order::driver_then_list, around_list_del, 0},                      // driver_first
    {removal_order::list_then_driver, around_list_del, 0},                      // list_del_first
    {removal_order::list_then_driver, around_list_del, extra_group_reference},  // group_reference
    {removal_order::list_then_driver, whole_removal,
     domains_with_device | release_reenters},  // reentrant_driver
    {removal_order::list_then_driver, around_list_del,
     detach_in_removal | warn_before_detach},                                 // detach_warn
    {removal_order::list_then_driver, around_list_del, detach_in_removal},    // detach_shared
    {removal_order::list_then_driver, around_list_del, driver_counts_users},  // domain_users
    {removal_order::list_then_driver, around_list_del,
     driver_counts_users | users_dropped_first},                       // users_early
    {removal_order::list_then_driver, around_list_del, free_unlinks},  // free_unlinks
    {removal_order::list_then_driver, whole_removal,
     domains_with_device | warn_if_bound},                  // warn_if_bound
    {removal_order::driver_then_list, around_list_del, 0},  // vfio_strict
    {removal_order::list_then_driver, whole_removal,
     domains_with_device | attach_release_domain},  // release_domain
    {removal_order::list_then_driver, whole_removal,
     domains_with_device | attach_release_domain | alias_unaware},  // ..._shared
};

inline const removal_row& removal() { return removal_rows[chosen(knob::release_device)]; }
inline bool removal_has(removal_statement s) { return (removal().statements & s) != 0; }

}  // namespace iorace::kern
