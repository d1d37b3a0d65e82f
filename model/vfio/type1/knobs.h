// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in vfio_type1.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/vfio/pci/knobs.h"

namespace iorace::kern {

namespace knob {
enum vfio_type1_id : unsigned {
  vfio_type1_before = vfio_pci_count - 1,
  type1_vaddr,
  notify_list,
  notify_range,
  mdev_pin_record,
  mdev_dma_unmap_lock,
  device_open_unwind,
  vfio_lock_acct_mm,
  unmap_unpin_sync,
  attach_group_lock,
  remove_dmas_retries,
  vfio_type1_count
};
}  // namespace knob

// Values, one list per knob.
enum : unsigned {
  VADDR_EXCLUDED,
  VADDR_WAIT,
  VADDR_WAIT_UNTOLD,
  VADDR_WAIT_LATE,
  VADDR_WAKE_ONCE,
  VADDR_WAKE_ALL,
  VADDR_CLOSING,
  VADDR_FILE,
  VADDR_CHANGE_MM,
  VADDR_REMOVED,
  VADDR_WAIT_LEFT,
  VADDR_VALUES
};
enum : unsigned { NOTIFY_LIST_LOCKED, NOTIFY_LIST_OUTER, NOTIFY_LIST_UNLOCKED };
enum : unsigned { RANGE_AFTER_UNLOCK, RANGE_COPIED };
enum : unsigned { RECORD_LOCKED, RECORD_UNLOCKED };
enum : unsigned { CALLBACK_PINS_LOCK, CALLBACK_DEV_SET_LOCK };
enum : unsigned { OPEN_UNREGISTERS, OPEN_LEAVES_REGISTERED };
enum : unsigned { ACCT_OF_DMA, ACCT_OF_TASK };
enum : unsigned { SYNC_BEFORE_UNPIN, SYNC_AFTER_UNPIN };
enum : unsigned { RETRIES_ANY_PIN, RETRIES_SAME_PINS };
enum : unsigned { ATTACH_LOCKED, ATTACH_LOCK_DROPPED };

namespace limit {
enum vfio_type1_id : unsigned {
  vfio_type1_before = vfio_pci_count - 1,
  dma_entries,
  memlock_pages,
  dma_unmap_rounds,
  contiguous_pages,
  vfio_type1_count
};
}  // namespace limit

namespace probe {
enum vfio_type1_id : unsigned {
  vfio_type1_before = vfio_pci_count - 1,
  vaddr_waited,
  vaddr_wait_failed,
  vaddr_refused,
  vaddr_rolled_back,
  dma_unmap_notified,
  dma_unmap_unpinned,
  mdev_pin_unwound,
  pin_shared,
  dma_map_unwound,
  replay_unwound,
  owner_changed,
  owner_gone,
  domain_reaccounted,
  vfio_type1_count
};
}  // namespace probe

}  // namespace iorace::kern
