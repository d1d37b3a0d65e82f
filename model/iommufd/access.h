// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The in-kernel interface of an access, as drivers use it. Whoever models a driver of their own
// implements iommufd_access_ops.unmap and calls these.
// Kernel: include/linux/iommufd.h @ 6.12.117.
#pragma once

#include "model/iommufd/iommufd_private.h"
#include "model/iommufd/page_slot.h"

namespace iorace::kern {

int iommufd_access_pin_pages(iommufd_access* access, unsigned long iova, unsigned long length,
                             page_slot* out_pages, unsigned flags);
void iommufd_access_unpin_pages(iommufd_access* access, unsigned long iova, unsigned long length);
int iommufd_access_rw(iommufd_access* access, unsigned long iova, unsigned long length,
                      unsigned flags);

}  // namespace iorace::kern
