// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's invariants, each at the moments at which sound code keeps it.
//   device-off-group-domain    I2.3  when the group's mutex is about to be dropped
//   alias-cut-off              I2.4  when RELEASE writes an entry
//   owner-without-its-domain   I2.5  when the group's mutex is about to be dropped
//   released-device-translates I2.7  when RELEASE has returned
//   core-domain-freed-early    I2.8  when a domain is freed
//   device-of-an-empty-group   I2.9  when the first device of a group is looked at
// I2.1, no access to a freed domain, is the heap's verdict (the hardware's walk is an access);
// I2.2, no entry names a freed table, is H5 of the hardware's chapter; I2.6, no deadlock through a
// callback, the scheduler's.
#include "model/iommu/contracts.h"

#include "model/convict.h"
#include "model/hw/context.h"
#include "model/hw/reach.h"
#include "model/iommu/arm_smmu_ats.h"
#include "model/iommu/iommu.h"
#include "model/iommu/iommu_world.h"
#include "model/world.h"

namespace iorace::kern::contract {
namespace {

iommu_world& here() { return *this_world().iommu; }

// The driver's data of the device, or null before probe and after release.
const iommu_master* master_of(const device* dev) {
  const dev_iommu* const param = dev->iommu.peek();
  return param == nullptr ? nullptr : param->priv.peek();
}

bool is_listed(const iommu_group* group, const device* dev) {
  const list_head* at = list_peek_next(&group->devices);
  for (; at != &group->devices; at = list_peek_next(at)) {
    const auto* const gdev = reinterpret_cast<const group_device*>(
        reinterpret_cast<const char*>(at) - offsetof(group_device, list));
    if (gdev->dev.peek() == dev) return true;
  }
  return false;
}

bool are_aliases(const device* a, const device* b) {
  return is_alias(a->endpoint.peek(), b->endpoint.peek());
}

const char* const releasing[] = {"iommu_release_device", nullptr};

}  // namespace

void group_made(iommu_group* group) {
  const peek_scope looking;
  here().ghost.groups.add({group});
}

void group_gone(iommu_group* group) {
  const peek_scope looking;
  for (ghost_group& g : here().ghost.groups)
    if (g.group == group) return here().ghost.groups.remove(g);
}

// Where the driver does not keep the domain, hardware tells by its table; blocking ones have none.
static bool is_attached(const device* dev, const iommu_master* master, const core_domain* domain) {
  if (!has_ats(dev)) return master->domain.peek() == domain;
  const context_entry* const entry = entry_of(dev->endpoint.peek(), IOMMU_NO_PASID);
  const bool present = (entry->word.peek() & ENTRY_PRESENT) != 0;
  return domain->pgtable.root.peek() == (present ? entry->root.peek() : nullptr);
}

// A device whose driver data is gone has no domain to compare.
static void judge_devices(const iommu_group* group) {
  const core_domain* const domain = group->domain.peek();
  if (domain == nullptr) return;
  for (unsigned i = 0; i < here().device_count; ++i) {
    const device* const dev = here().devices[i];
    if (dev->iommu_group.peek() != group || !is_listed(group, dev)) continue;
    const iommu_master* const master = master_of(dev);
    const dev_iommu* const param = dev->iommu.peek();
    if (master == nullptr || param->resetting.peek() != 0 || param->attach_deferred.peek() != 0)
      continue;
    if (!is_attached(dev, master, domain))
      convict_here("device-off-group-domain", "a listed device is attached to another domain");
  }
}

void group_settled(const iommu_group* group) {
  const peek_scope looking;
  const core_domain* const domain = group->domain.peek();
  // What was freed is for whoever uses it to be convicted of.
  if (domain != nullptr && !is_live(domain)) return;
  judge_devices(group);
  const u64 count = group->owner_cnt.peek();
  const bool unmanaged = domain != nullptr && domain->type.peek() == IOMMU_DOMAIN_UNMANAGED;
  if (group->owner.peek() != 0) {
    const bool of_owner = unmanaged || domain == group->blocking_domain.peek();
    if (count == 0 || (domain != nullptr && !of_owner))
      convict_here("owner-without-its-domain", "the group has an owner and another's domain");
  } else if (count != 0) {
    // But for a driver that has attached a domain of its own.
    if (domain == nullptr || (!unmanaged && domain != group->default_domain.peek()))
      convict_here("owner-without-its-domain",
                   "drivers use the default domain, which is not there");
  }
}

// Whoever takes the head of the list for one of its entries reads the group as a group_device.
void first_device(const iommu_group* group) {
  const peek_scope looking;
  if (list_peek_empty(&group->devices))
    convict_here("device-of-an-empty-group", "the head of the group's list is taken for a device");
}

void domain_freed(const core_domain* domain) {
  const peek_scope looking;
  for (const ghost_group& g : here().ghost.groups) {
    const iommu_group* const group = g.group;
    if (group->default_domain.peek() != domain && group->blocking_domain.peek() != domain) continue;
    for (unsigned i = 0; i < here().device_count; ++i) {
      const device* const dev = here().devices[i];
      const iommu_master* const master = master_of(dev);
      // A device that is being probed is attached to nothing yet.
      if (master != nullptr && master->domain.peek() == domain)
        convict_here("core-domain-freed-early", "the driver has not released a device");
    }
  }
}

// What others attach and detach meanwhile is not RELEASE's doing.
void entry_changes(const device* dev, unsigned pasid, const io_table* root) {
  const peek_scope looking;
  if (pasid != IOMMU_NO_PASID || task_inside(current_task(), releasing) == nullptr) return;
  for (unsigned i = 0; i < here().device_count; ++i) {
    const device* const other = here().devices[i];
    if (other == dev || !are_aliases(other, dev)) continue;
    const iommu_master* const master = master_of(other);
    if (master == nullptr || master->domain.peek() == nullptr) continue;
    if (master->domain.peek()->pgtable.root.peek() != root)
      convict_here("alias-cut-off", "the entry is still in use by another device");
  }
}

void release_returned(const device* dev) {
  const peek_scope looking;
  for (unsigned i = 0; i < here().device_count; ++i) {
    const device* const other = here().devices[i];
    if (are_aliases(other, dev) && master_of(other) != nullptr) return;
  }
  const hw_endpoint* const endpoint = dev->endpoint.peek();
  const hw_iommu* const iommu = endpoint->iommu.peek();
  for (unsigned pasid = 0; pasid < pasids_max; ++pasid)
    if ((entry_of(endpoint, pasid)->word.peek() & ENTRY_PRESENT) != 0 ||
        iommu->entry_cache[endpoint->rid.peek()][pasid].peek() != nullptr)
      convict_here("released-device-translates", "the device is in no group and can do DMA");
}

}  // namespace iorace::kern::contract
