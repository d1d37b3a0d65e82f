// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/chapters.h"

#include "model/hw/hw_tables.h"
#include "model/iommu/iommu_tables.h"
#include "model/iommufd/idev_tables.h"
#include "model/iommufd/iommufd_tables.h"
#include "model/iommufd/mock_tables.h"
#include "model/iopf/iopf_tables.h"
#include "model/mm/mm_tables.h"
#include "model/vfio/pci/vfio_pci_tables.h"
#include "model/vfio/type1/vfio_type1_tables.h"

namespace iorace::kern {
namespace {

template <class... C>
constexpr chapter_set these(C... chapters) {
  return (0u | ... | chapter_bit(chapters));
}

#define CHAPTER(name, needs)                                                           \
  {                                                                                    \
    needs, name##_tables::flows, name##_tables::knobs, name##_tables::limits,          \
        name##_tables::invariants, name##_tables::probes, name##_tables::class_called, \
        name##_tables::make, name##_tables::finish                                     \
  }

constexpr chapter_rows rows = {{
    CHAPTER(iommufd, these(chapter::mm)),
    CHAPTER(mm, 0),
    CHAPTER(hw, 0),
    CHAPTER(iommu, these(chapter::hw)),
    CHAPTER(vfio_pci, these(chapter::mm)),
    CHAPTER(vfio_type1, these(chapter::mm)),
    CHAPTER(iopf, these(chapter::mm, chapter::hw, chapter::iommufd)),
    CHAPTER(mock, these(chapter::mm, chapter::hw, chapter::iommufd)),
    CHAPTER(idev, these(chapter::mm, chapter::hw, chapter::iommu, chapter::iommufd)),
}};

constexpr chapter bottom_up[] = {chapter::mm,         chapter::hw,      chapter::mock,
                                 chapter::iommu,      chapter::iommufd, chapter::vfio_pci,
                                 chapter::vfio_type1, chapter::iopf,    chapter::idev};
static_assert(std::size(bottom_up) == rows.size());

}  // namespace

const chapter_rows& all_chapters() { return rows; }
std::span<const chapter> from_the_bottom() { return bottom_up; }

}  // namespace iorace::kern
