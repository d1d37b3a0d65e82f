// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/hw/dma.h"

#include "model/hw/context.h"
#include "model/hw/contracts.h"
#include "model/world.h"

namespace iorace::kern {
namespace {

// Who translates, and by what.
struct translation {
  unsigned did;
  io_table* root;
};

}  // namespace

// Returns false if the entry is not present.
static bool fetch_entry(hw_endpoint* dev, unsigned pasid, translation* t) {
  const context_entry* const entry = entry_of(dev, pasid);
  const u64 word = READ_ONCE(entry->word);
  if ((word & ENTRY_PRESENT) == 0) return false;
  t->did = entry_did(word);
  t->root = READ_ONCE(entry->root);
  return true;
}

// Returns null where nothing is mapped.
static dma_page* walk(const translation& t, u64 pfn) {
  KFUNC();
  io_table* table = t.root;
  u64 level = table->level.peek();
  if (pfn >= pt_span(level)) return nullptr;
  for (; level > 1; --level) {
    table = static_cast<io_table*>(READ_ONCE(table->pte[pt_index(pfn, level)]));
    if (table == nullptr) return nullptr;
  }
  return static_cast<dma_page*>(READ_ONCE(table->pte[pt_index(pfn, 1)]));
}

static dma_page* translate(hw_endpoint* dev, unsigned pasid, u64 pfn) {
  KFUNC();
  translation t = {};
  if (!fetch_entry(dev, pasid, &t)) {
    PROBE(dma_blocked);
    return nullptr;
  }
  return walk(t, pfn);
}

int dma_access(hw_endpoint* dev, unsigned pasid, u64 iova, bool write) {
  KFUNC();
  const u64 pfn = iova / PAGE_SIZE;
  dma_page* const page = translate(dev, pasid, pfn);
  if (page == nullptr) {
    PROBE(dma_faulted);
    return -EFAULT;
  }
  CONTRACT(dma_reaches, dev);
  if (write)
    WRITE_ONCE(page->data, u64{1});
  else
    READ_ONCE(page->data);
  PROBE(dma_done);
  return 0;
}

}  // namespace iorace::kern
