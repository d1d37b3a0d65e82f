// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Names of the chapter's knobs, limits and probes; their numbers go on where the chapter before
// ends. The tables with their words are in vfio_type1.tables.cc, in the same order;
// value 0 of a knob is what 6.12.117 does.
#pragma once

#include "model/vfio/pci/knobs.h"

namespace iorace::kern {

namespace knob {
enum vfio_type1_id : unsigned { vfio_type1_before = vfio_pci_count - 1, vfio_type1_count };
}  // namespace knob

namespace limit {
enum vfio_type1_id : unsigned { vfio_type1_before = vfio_pci_count - 1, vfio_type1_count };
}  // namespace limit

namespace probe {
enum vfio_type1_id : unsigned { vfio_type1_before = vfio_pci_count - 1, vfio_type1_count };
}  // namespace probe

}  // namespace iorace::kern
