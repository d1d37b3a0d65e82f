// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a driver does through its access: pin, unpin, read and write.
// Kernel: drivers/iommu/iommufd/device.c:iommufd_access_{pin_pages,unpin_pages,rw} @ 6.12.117.
#include "model/critical_section.h"
#include "model/iommufd/access.h"
#include "model/iommufd/io_pagetable.h"

namespace iorace::kern {

// Where the check that the areas were contiguous reads the last of them.
enum contig_site : unsigned { before_areas, after_areas, after_contig_done };
static constexpr cs_row contig_rows[] = {
    {lock_kind::read, on(before_areas), on(after_contig_done)},  // locked
    {lock_kind::read, on(before_areas), on(after_areas)},        // after_up_read
};

static void remove_accesses(iopt_area_contig_iter* iter, iommufd_access* access, io_pagetable* iopt,
                            unsigned long iova, unsigned long last_iova) {
  iopt_area* area = iopt_area_contig_init(iter, iopt, iova, last_iova);
  for (; area != nullptr; area = iopt_area_contig_next(iter)) {
    const unsigned long last = std::min(last_iova, iopt_area_last_iova(area));
    const unsigned long index = iopt_area_iova_to_index(area, iter->cur_iova);
    iopt_area_remove_access(area, index, iopt_area_iova_to_index(area, last));
    CONTRACT(unpinned, access, area);
  }
}

// Requires: exactly the range of an earlier pin. Misuse is a WARN_ON.
void iommufd_access_unpin_pages(iommufd_access* access, unsigned long iova, unsigned long length) {
  KFUNC();
  unsigned long last_iova = 0;
  if (WARN_ON(length == 0)) return;
  if (WARN_ON(check_add_overflow(iova, length - 1, &last_iova))) return;

  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = omit(knob::change_ioas_ioas_unpin, UNPIN_BY_IOAS)
                                 ? access->ioas.load(op_kind::read)
                                 : access->ioas_unpin.load(op_kind::read);
  if (WARN_ON(ioas == nullptr)) {
    mutex_unlock(&access->ioas_lock);
    return;
  }
  io_pagetable* const iopt = &ioas->iopt;
  critical_section cs(contig_rows[chosen(knob::unpin_pages_contig_done)],
                      {.semaphore = &iopt->iova_rwsem});
  iopt_area_contig_iter iter;
  cs.at(before_areas);
  remove_accesses(&iter, access, iopt, iova, last_iova);
  cs.at(after_areas);
  WARN_ON(!iopt_area_contig_done(&iter));
  cs.at(after_contig_done);
  mutex_unlock(&access->ioas_lock);
}

static bool iopt_area_contig_is_aligned(iopt_area_contig_iter* iter) {
  KFUNC();
  if (iopt_area_start_byte(iter->area, iter->cur_iova) % PAGE_SIZE != 0) return false;
  if (iopt_area_contig_done(iter)) return true;
  const unsigned long last_iova = iopt_area_last_iova(iter->area);
  return iopt_area_start_byte(iter->area, last_iova) % PAGE_SIZE == PAGE_SIZE - 1;
}

static bool check_area_prot(iopt_area* area, unsigned flags) {
  const int prot = area->iommu_prot;
  return (prot & ((flags & IOMMUFD_ACCESS_RW_WRITE) != 0 ? IOMMU_WRITE : IOMMU_READ)) != 0;
}

// Pins the part of the range that lies in the iterator's area. Requires: iova_rwsem.
static int pin_area(iopt_area_contig_iter* iter, iommufd_access* access, page_slot* out_pages,
                    unsigned long* out, unsigned flags) {
  iopt_area* const area = iter->area;
  const unsigned long last = std::min(iter->last_iova, iopt_area_last_iova(area));
  const unsigned long last_index = iopt_area_iova_to_index(area, last);
  const unsigned long index = iopt_area_iova_to_index(area, iter->cur_iova);
  if (area->prevent_access) return -EINVAL;
  if (!iopt_area_contig_is_aligned(iter)) return -EINVAL;
  if (!check_area_prot(area, flags)) return -EPERM;
  const int rc = iopt_area_add_access(area, index, last_index, out_pages, *out, flags);
  if (rc != 0) return rc;
  CONTRACT(pinned, access, area);
  *out += last_index - index + 1;
  return 0;
}

// Requires: whoever pins must have recorded it, where the unmap callback finds it, before a
// callback can return.
int iommufd_access_pin_pages(iommufd_access* access, unsigned long iova, unsigned long length,
                             page_slot* out_pages, unsigned flags) {
  KFUNC();
  unsigned long last_iova = 0;
  const unsigned long alignment = access->iova_alignment;
  if (WARN_ON(alignment != PAGE_SIZE)) return -EINVAL;
  if (length == 0) return -EINVAL;
  if (check_add_overflow(iova, length - 1, &last_iova)) return -EOVERFLOW;

  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  if (ioas == nullptr) {
    mutex_unlock(&access->ioas_lock);
    return -ENOENT;
  }
  io_pagetable* const iopt = &ioas->iopt;
  iopt_area_contig_iter iter;
  unsigned long out = 0;
  int rc = 0;
  down_read(&iopt->iova_rwsem);
  iopt_area* area = iopt_area_contig_init(&iter, iopt, iova, last_iova);
  for (; area != nullptr; area = iopt_area_contig_next(&iter)) {
    rc = pin_area(&iter, access, out_pages, &out, flags);
    if (rc != 0) break;
  }
  if (rc == 0 && !iopt_area_contig_done(&iter)) rc = -ENOENT;
  if (rc != 0 && iova < iter.cur_iova) {
    PROBE(pin_unwound);
    remove_accesses(&iter, access, iopt, iova, iter.cur_iova - 1);
  }
  up_read(&iopt->iova_rwsem);
  mutex_unlock(&access->ioas_lock);
  return rc;
}

// Takes the locks of a pin and no account: iova_rwsem, held to the end, is all that keeps an unmap
// away.
int iommufd_access_rw(iommufd_access* access, unsigned long iova, unsigned long length,
                      unsigned flags) {
  KFUNC();
  unsigned long last_iova = 0;
  if (length == 0) return -EINVAL;
  if (check_add_overflow(iova, length - 1, &last_iova)) return -EOVERFLOW;

  mutex_lock(&access->ioas_lock);
  iommufd_ioas* const ioas = access->ioas;
  if (ioas == nullptr) {
    mutex_unlock(&access->ioas_lock);
    return -ENOENT;
  }
  io_pagetable* const iopt = &ioas->iopt;
  iopt_area_contig_iter iter;
  int rc = 0;
  down_read(&iopt->iova_rwsem);
  iopt_area* area = iopt_area_contig_init(&iter, iopt, iova, last_iova);
  for (; area != nullptr; area = iopt_area_contig_next(&iter)) {
    const unsigned long last = std::min(last_iova, iopt_area_last_iova(area));
    if (area->prevent_access)
      rc = -EINVAL;
    else if (!check_area_prot(area, flags))
      rc = -EPERM;
    else {
      iopt_pages* const pages = area->pages;
      const unsigned long start_byte = iopt_area_start_byte(area, iter.cur_iova);
      rc = iopt_pages_rw_access(pages, start_byte, last - iter.cur_iova + 1, flags);
    }
    if (rc != 0) break;
  }
  if (rc == 0 && !iopt_area_contig_done(&iter)) rc = -ENOENT;
  up_read(&iopt->iova_rwsem);
  mutex_unlock(&access->ioas_lock);
  return rc;
}

}  // namespace iorace::kern
