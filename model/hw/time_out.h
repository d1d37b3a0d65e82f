// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Devices that do not answer when they are to drop what they have cached (ATS): they have been
// unplugged, or are late. The IOMMU reports a time-out, whose wait will never be done, and stands
// still until somebody who polls has taken notice. All of it only with the limit device_timeouts.
// Kernel: drivers/iommu/intel/dmar.c @ 6.12.117.
#pragma once

#include "model/hw/invalidate.h"

namespace iorace::kern {

enum qi_status : u64 { QI_FREE, QI_IN_USE, QI_DONE, QI_ABORT };

// Whether waits of the queue have a status each, and may never be done.
bool waits_time_out(const hw_iommu* iommu);

// As qi_submit_sync(). Blocks: until the commands have been done, or somebody has given them up.
void qi_submit_until_done(hw_iommu* iommu, inv_batch* batch);

// For hardware: whether a device leaves a command unanswered; the end of a batch whose last such
// device is `silent`, or null. Blocks: until the time-out has been cleared.
bool is_unanswered(const inv_desc& d);
void end_batch(inv_batch* batch, hw_endpoint* silent);

// pci_device_is_present(). No operation without the limit: nothing goes.
bool device_is_present(const hw_endpoint* dev);

// The device is pulled out; it is late with its next answer. Return 0, or -EOPNOTSUPP without the
// limit.
int endpoint_is_unplugged(hw_endpoint* dev);
int endpoint_stalls(hw_endpoint* dev);

}  // namespace iorace::kern
