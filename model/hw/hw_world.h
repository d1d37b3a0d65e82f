// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The machine: IOMMUs, endpoints behind them, domains. IOMMUs and endpoints are hardware and live
// as long as the execution; what the kernel keeps about them is allocated and freed.
#pragma once

#include "model/hw/io_pgtable.h"
#include "scheduler/sync/atomic.h"
#include "scheduler/sync/device_queue.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"
#include "scheduler/sync/spinlock.h"
#include "scheduler/sync/workqueue.h"

namespace iorace::kern {

inline constexpr unsigned rids_max = 4;
inline constexpr unsigned mock_rids_max = 16;
inline constexpr u64 iova_pages_max = pt_span(PT_AMD_V1, 3);  // of what is no mock
inline constexpr unsigned tlb_slots = 64;
inline constexpr unsigned walk_slots = tlb_slots / pt_entries;
inline constexpr unsigned pasids_max = 2;
inline constexpr unsigned dids_max = 16;
inline constexpr unsigned IOMMU_NO_PASID = 0;

// The mock of the selftest is VT-d with smaller pages and more devices.
enum iommu_kind : u64 { IOMMU_VTD, IOMMU_AMD, IOMMU_MOCK };
enum domain_type : u64 { DOMAIN_UNMANAGED, DOMAIN_DMA, DOMAIN_DMA_FQ };

// What an IOMMU looks up by requester id, or by requester id and PASID. Hardware fetches the first
// word and then the second one.
struct context_entry {
  shared<u64> word;  // present, domain id
  shared<io_table*> root;
};
IORACE_DESCRIBE(context_entry, "context", word, root);
constexpr u64 ENTRY_PRESENT = 1;
constexpr u64 entry_word(u64 did) { return did << 8 | ENTRY_PRESENT; }
constexpr unsigned entry_did(u64 word) { return static_cast<unsigned>(word >> 8) % dids_max; }

// What hardware has cached of one: it never changes.
struct cached_entry {
  u64 word;
  io_table* root;
};

// Translations of pages, as an IOMMU or a device keeps them; see tlb.h.
struct tlb {
  shared<dma_page*> page[tlb_slots];
  shared<u64> tag[tlb_slots];
};
IORACE_DESCRIBE(tlb, "tlb", page, tag);
// Tables of the last level.
struct walk_cache {
  shared<io_table*> table[walk_slots];
  shared<u64> tag[walk_slots];
};
IORACE_DESCRIBE(walk_cache, "walk_cache", table, tag);

enum rid_state : u64 { rid_free, rid_shared, rid_ats };

struct hw_endpoint;
struct inv_batch;

// What an IOMMU says of an invalidation that no device has answered (limit device_timeouts); the
// queue stands still until software has cleared it.
struct fault_registers {
  shared<u64> ite;              // DMAR_FSTS_REG: time-out error
  shared<hw_endpoint*> source;  // DMAR_IQER_REG
  shared<inv_batch*> head;      // DMAR_IQH_REG: the wait in front of it is what stands still
  shared<u64> errors;           // so far
  device_status cleared;        // of them
  // There may be something to see for those who poll.
  atomic_t events;
  device_status seen;
};
IORACE_DESCRIBE(fault_registers, "faults", ite, source, head, errors, cleared, events, seen);

struct hw_iommu {
  spinlock_t lock;         // of entries and domain ids
  shared<u64> domain_ids;  // bit i: taken
  shared<u64> kind;
  shared<u64> rid_use[mock_rids_max];  // rid_free, rid_shared by aliases, or rid_ats
  shared<context_entry*> entries[mock_rids_max][pasids_max];  // there for all requester ids

  // The invalidation queue, or AMD's command buffer; see invalidate.h.
  spinlock_t q_lock;
  device_queue queue;
  device_status status;   // the highest number that a wait command has stored
  atomic_t submitted;     // numbers given to wait commands
  shared<u64> need_sync;  // AMD: a command has come since the last wait command

  // Hardware. What translates holds `walks` for reading, so that the execution of an invalidation
  // waits for translations that have begun before it.
  rw_semaphore walks;
  shared<cached_entry*> entry_cache[mock_rids_max][pasids_max];
  tlb iotlb[dids_max];
  walk_cache paging_cache[dids_max];

  shared<hw_endpoint*> firsts[mock_rids_max];  // of aliases
  fault_registers faults;
};
IORACE_DESCRIBE(hw_iommu, "iommu", lock, domain_ids, kind, rid_use, entries, q_lock, queue, status,
                submitted, need_sync, walks, entry_cache, iotlb, paging_cache, firsts, faults);

inline bool is_amd(const hw_iommu* iommu) { return iommu->kind.peek() == IOMMU_AMD; }
inline bool is_mock(const hw_iommu* iommu) { return iommu->kind.peek() == IOMMU_MOCK; }
inline unsigned rids_of(const hw_iommu* iommu) { return is_mock(iommu) ? mock_rids_max : rids_max; }
inline u64 pt_format_of(const hw_iommu* iommu) {
  return is_amd(iommu) ? PT_AMD_V1 : is_mock(iommu) ? PT_MOCK : PT_VTD;
}
// What a leaf maps, in bytes, and how many of them the widest tree has.
inline u64 io_page_size(const hw_iommu* iommu) {
  return is_mock(iommu) ? MOCK_IO_PAGE_SIZE : PAGE_SIZE;
}
inline u64 io_pages_max(const hw_iommu* iommu) {
  return is_mock(iommu) ? pt_span(PT_MOCK, 4) : iova_pages_max;
}

struct paging_domain;
struct device_domain_info;

// The hardware of a device. Two with one requester id are aliases: they share their entry.
struct hw_endpoint {
  mutex lock;  // of `first`: for the mutex of the group, which serialises attach and detach
  shared<device_domain_info*> info;  // the kernel's part; null once it has been released
  shared<hw_iommu*> iommu;
  shared<u64> rid;
  shared<u64> ats_supported;
  // The device. What uses the device TLB holds `inflight` for reading, up to the access itself.
  rw_semaphore inflight;
  shared<u64> ats;  // enabled
  tlb devtlb[pasids_max];
  shared<hw_endpoint*> first;  // of those of its requester id, which are one group; or itself
  shared<u64> gone;            // it has been unplugged
  shared<u64> late;            // it will not answer the next invalidation in time
};
IORACE_DESCRIBE(hw_endpoint, "endpoint", lock, info, iommu, rid, ats_supported, inflight, ats,
                devtlb, first, gone, late);

struct device_domain_info {
  list_head link;  // in its domain's devices
  shared<hw_endpoint*> dev;
  shared<paging_domain*> domain;        // null while translation is blocked
  shared<paging_domain*> pasid_domain;  // of the one PASID that there is
  shared<u64> ats_enabled;
};
IORACE_DESCRIBE(device_domain_info, "info", link, dev, domain, pasid_domain, ats_enabled);

struct dma_cookie;

// dmar_domain, or AMD's protection_domain.
struct paging_domain {
  spinlock_t lock;        // of devices and, AMD, of changes at the root
  list_head devices;      // attached
  spinlock_t cache_lock;  // of cache_tags
  list_head cache_tags;   // VT-d: what has to be invalidated when an entry goes
  io_pgtable pgtable;
  shared<hw_iommu*> iommu;  // Simplified: a domain is of one IOMMU
  shared<u64> type;
  shared<u64> did;  // 0 is none. With did_users: iommu_domain_info
  shared<u64> did_users;
  shared<dma_cookie*> iova_cookie;
};
IORACE_DESCRIBE(paging_domain, "paging", lock, devices, cache_lock, cache_tags, pgtable, iommu,
                type, did, did_users, iova_cookie);
inline bool is_amd(const paging_domain* domain) {
  return domain->pgtable.format.peek() == PT_AMD_V1;
}

// Handles by which programs name things: numbers that depend on the task that made them and not on
// how tasks interleave. 0 names nothing.
inline constexpr unsigned handles_max = 64;  // of one task
struct handle_table {
  shared<void*> object[handles_max];  // published
};
IORACE_DESCRIBE(handle_table, "handles", object);
u64 hw_handle_of(void* object);
void* hw_by_handle(u64 handle);

struct hw_ghosts;

struct hw_world {
  handle_table* handles[128];  // of one task each, who alone writes them
  unsigned handle_count[128];
  workqueue_struct system_wq;  // has been there from the boot on: nobody's object
  hw_ghosts* ghost;
};

}  // namespace iorace::kern
