// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapter's invariants remember outside of the machine.
// Requires: every use is inside a peek_scope.
#pragma once

#include "model/hw/hw_world.h"
#include "model/iommufd/ghosts.h"

namespace iorace::kern {

struct dma_mapping;
struct iova_domain;
struct paging_owner;

// All of a kind, in the order in which they were made.
template <class T>
using machine_parts = ghost_set<T>;

// What a driver has put into an entry as one.
struct ghost_pair {
  const context_entry* entry;
  unsigned did;
  const io_table* root;
};

// What has happened to a queue, by numbers of commands, and the last number that a wait stored.
struct ghost_queue {
  const hw_iommu* iommu;
  u64 queued, executed, stored;
};

struct ghost_device {
  const hw_endpoint* dev;
  u64 invalidations;
};

// IOVAs in somebody's hands: bit i is the one that begins with page i.
struct ghost_iovas {
  const iova_domain* iovad;
  u64 held;
};

struct hw_ghosts {
  machine_parts<hw_iommu*> iommus;
  machine_parts<hw_endpoint*> endpoints;
  machine_parts<paging_owner*> owners;
  machine_parts<dma_mapping*> mappings;
  ghost_set<ghost_pair> pairs;
  machine_parts<const hw_endpoint*> blocked;
  ghost_set<ghost_queue> queues;
  ghost_set<ghost_device> devices;
  ghost_set<ghost_iovas> iovas;
};

}  // namespace iorace::kern
