// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A pass over a bus probes its devices one by one, and comes back to the groups that they have
// made. Kernel: drivers/iommu/iommu.c @ 6.12.117.
#include "model/critical_section.h"
#include "model/iommu/contracts.h"
#include "model/iommu/iommu_world.h"
#include "model/world.h"

namespace iorace::kern {

struct group_list_head {
  list_head head;
};
IORACE_DESCRIBE(group_list_head, "group_list", head);

// What is listed may have lost its devices, or got its default domain from another probe.
static bool awaits_domain(iommu_group* group, bool referenced) {
  if (referenced && list_empty(&group->devices)) return false;
  return omit(knob::bus_iommu_probe_setup, SETUP_AGAIN) || group->default_domain == nullptr;
}

enum setup_site : unsigned { before_setup, after_setup, after_finalize };
constexpr cs_row setup_rows[] = {
    {lock_kind::mutex, on(before_setup), on(after_setup)},     // FINALIZE_UNLOCKED
    {lock_kind::mutex, on(before_setup), on(after_finalize)},  // FINALIZE_LOCKED
};

// The op of drivers that have one, of which some call the core: nothing here.
static void iommu_group_do_probe_finalize(device* dev) {
  KFUNC();
  const dev_iommu* const param = dev->iommu;
  BUG_ON(param == nullptr);  // where the kernel would take an exception
  param->iommu_dev.load(op_kind::read);
}

// The list keeps no reference to its groups, and nobody looks what has become of them.
// Simplified: goes on after an error.
static int setup_listed_groups(list_head* groups) {
  KFUNC();
  int result = 0;
  const bool referenced = !omit(knob::bus_iommu_probe_group, GROUP_UNREFERENCED);
  iommu_group *group = nullptr, *next = nullptr;
  list_for_each_entry_safe(group, next, groups, entry) {
    critical_section cs(setup_rows[chosen(knob::bus_iommu_probe_finalize)],
                        {.sleeping = &group->mutex});
    cs.at(before_setup);
    list_del_init(&group->entry);
    const int rc = awaits_domain(group, referenced) ? iommu_setup_default_domain(group, 0) : 0;
    CONTRACT(group_settled, group);
    cs.at(after_setup);
    group_device* gdev = nullptr;
    if (rc == 0)
      list_for_each_entry(gdev, &group->devices, list) iommu_group_do_probe_finalize(gdev->dev);
    cs.at(after_finalize);
    if (referenced) iommu_group_put(group);
    if (rc != 0) result = rc;
  }
  return result;
}

// Simplified: the bus has the devices that programs name, and whoever probes one keeps it from
// being taken away or bound meanwhile.
int bus_iommu_probe() {
  KFUNC();
  const iommu_world& here = *this_world().iommu;
  auto* const groups = iorace::make<group_list_head>();
  INIT_LIST_HEAD(&groups->head);
  int rc = 0;
  for (unsigned i = 0; i < here.device_count && rc == 0; ++i) {
    device* const dev = here.devices[i];
    down_read(&dev->life);
    const u64 gone = dev->removed;
    const u64 driver = dev->driver;
    if (gone == 0 && driver == BOUND_NONE) rc = probe_device(dev, &groups->head);
    up_read(&dev->life);
  }
  // What is on the list stays there.
  if (rc != 0 && omit(knob::bus_iommu_probe_group, GROUP_UNREFERENCED)) return rc;
  const int result = setup_listed_groups(&groups->head);
  return rc != 0 ? rc : result;
}

}  // namespace iorace::kern
