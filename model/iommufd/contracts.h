// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of the chapter's flows at which its invariants may be judged (contracts.cc says which).
// Each is the flow's own statement of where it is. Looking makes no operation.
#pragma once

namespace iorace::kern {

struct io_pagetable;
struct iommufd_access;
struct iopt_area;
struct iopt_pages;

namespace contract {

// Areas: a generation begins when it is published and ends when it leaves the tree.
void area_published(const iopt_area* area);
void area_revoked(const iopt_area* area);
void area_removed(const iopt_area* area);
void area_freed(const iopt_area* area);

// Unmap, around everything that it does; at an area that it has found, has made unreachable.
void unmap_entered();
void unmap_found(const iopt_area* area);
void unmap_detached(const iopt_area* area);
void unmap_returned(const io_pagetable* iopt, unsigned long first, unsigned long last, int rc);

// Callbacks: about to run, returned to notify, returned to a change of ioas.
void callback_entered(const iommufd_access* access);
void callback_returned(const iommufd_access* access);
void change_callback_returned(const iommufd_access* access, const io_pagetable* iopt);
// The destroy operation has run its own callback: from here on none may run.
void access_destroyed(const iommufd_access* access);

// Pins of an access, per area.
void pinned(const iommufd_access* access, const iopt_area* area);
void unpinned(const iommufd_access* access, const iopt_area* area);

// Pins of pages, per index; settled is the moment before the pages' mutex is dropped.
void pages_made(const iopt_pages* pages);
void index_pinned(const iopt_pages* pages, unsigned long index);
void index_unpinned(const iopt_pages* pages, unsigned long index);
void pages_settled(const iopt_pages* pages);
void pages_released(const iopt_pages* pages);

// The hardware's view.
void page_unpinned(unsigned long pfn);

// A system call is about to return `rc`.
void syscall_returned(const char* name, long rc, const int* errors, unsigned n);

}  // namespace contract
}  // namespace iorace::kern
