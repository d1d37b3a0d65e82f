// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Moments of the chapter's flows at which its invariants may be judged (contracts.cc says which).
// Each is the flow's own statement of where it is. Looking makes no operation.
#pragma once

#include "model/kernel.h"

namespace iorace::kern {

struct context_entry;
struct dma_page;
struct hw_endpoint;
struct io_table;

namespace contract {

// Page tables: an entry has been written; a table, a whole tree is about to be freed.
void pte_written(io_table* table, unsigned index);
void table_freed(const io_table* table);
void tree_freed(const io_table* root);

// Entries of devices: root and domain id that a driver has put together; the entry is present.
void entry_made(const context_entry* entry, unsigned did, const io_table* root);
void entry_written(const context_entry* entry);

// Translation of a device: blocked from here on, about to be attached, attached.
void device_blocked(const hw_endpoint* dev);
void device_attaching(const hw_endpoint* dev);

// A device has a translation and is about to access memory.
void dma_reaches(const hw_endpoint* dev);
// Memory that devices could reach is about to be freed.
void page_freed(const dma_page* page);

}  // namespace contract
}  // namespace iorace::kern
