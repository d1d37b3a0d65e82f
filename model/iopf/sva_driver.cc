// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kernel: include/linux/iommu.h, drivers/dma/idxd/{cdev,init}.c @ 6.12.117: what is asked of
// drivers, and one that does it.
#include "model/iopf/sva_driver.h"

#include "model/iopf/contracts.h"
#include "model/iopf/pri_state.h"
#include "model/world.h"

namespace iorace::kern::iopf {
namespace {

enum close_step : u8 { unbind, disable };
constexpr close_step close_rows[][2] = {
    {unbind, disable},  // CLOSE_DISABLES_LAST
    {disable, unbind},  // CLOSE_DISABLES_FIRST
};

// Two other variants are about what goes wrong in the second order.
std::span<const close_step> close_order() {
  const bool early =
      era().disables_early || omit(knob::remove_device_partial, REMOVED_LEFT_LINKED_EARLY);
  return early ? close_rows[CLOSE_DISABLES_FIRST] : close_rows[chosen(knob::sva_close_order)];
}

// Which devices are drained that leave others of their group bound; a device without a group of
// others leaves nobody.
struct sibling_row {
  bool each;
};
constexpr sibling_row sibling_rows[] = {
    {false},  // UNBIND_DRAINS_LAST
    {true},   // UNBIND_DRAINS_EACH
};
bool drains_each(const pri_device* dev) {
  return dev->group.peek()->several.peek() != 0 &&
         sibling_rows[chosen(knob::sva_unbind_drains)].each;
}

void sva_driver_unbound(const pri_device* dev, unsigned pasid) {
  KFUNC();
  CONTRACT(unbound, dev, pasid);
}

// Requires: the driver's mutex. Returns how many there are.
u64 add_bonds(pri_device* dev, unsigned pasid, int more) {
  const pri_place bonds = bonds_of(dev, pasid);
  if (bonds.word == nullptr) {
    poke(bonds, peek(bonds) + static_cast<u64>(more));
    return peek(bonds);
  }
  if (more > 0)
    (*bonds.word)++;
  else
    (*bonds.word)--;
  return more > 0 ? bonds.word->peek() : *bonds.word;
}

// Requires: the driver's mutex.
int unbind_locked(sva_user* user) {
  iommu_sva* const bond = xchg(user->bond, nullptr);
  if (bond == nullptr) return -ENOENT;
  pri_device* const dev = user->dev.peek();
  const u32 pasid = user->pasid.peek();
  const bool last = add_bonds(dev, pasid, -1) == 0;
  if (last && !omit(knob::sva_driver_stop, STOP_NEVER)) pri_stop_pasid(dev, pasid);
  if (last && drains_each(dev)) intel_iommu_drain_pasid_prq(dev, pasid);
  iommu_sva_unbind_device(bond);
  if (last) sva_driver_unbound(dev, pasid);
  return 0;
}

// Requires: the driver's mutex, which is all that the counts need.
u64 all_bonds_of(pri_device* dev) {
  u64 all = 0;
  for (const shared<u64>& of_pasid : dev->bonds) all += of_pasid.peek();
  each_wide(dev, pri_state::bonds, [&](const pri_place& of_pasid) { all += peek(of_pasid); });
  return all;
}

// Whether somebody needs page requests besides that many bonds. Requires: the driver's mutex.
bool is_needed(pri_device* dev, u64 besides) {
  return !omit(knob::iopf_disable_when, DISABLE_ANY_TIME) && all_bonds_of(dev) > besides;
}

}  // namespace

sva_process* sva_process_make() {
  user_mm_struct* const mm = mm_alloc(user_memory_start);
  if (mm == nullptr) return nullptr;
  auto* const task = make<sva_process>();
  mutex_init(&task->lock);
  task->mm.poke(mm);
  return task;
}

int sva_process_exit(sva_process* task) {
  KFUNC();
  mutex_lock(&task->lock);
  user_mm_struct* const mm = task->mm;
  task->mm = nullptr;
  mutex_unlock(&task->lock);
  if (mm == nullptr) return -ESRCH;
  mmput(mm);
  return 0;
}

static int bind_locked(pri_device* dev, user_mm_struct* mm, sva_user* user) {
  iommu_sva* bond = nullptr;
  const int rc = iommu_sva_bind_device(dev, mm, &bond);
  if (rc != 0) return rc;
  iommu_mm_data* const iommu_mm = mm->iommu_mm;
  const u32 pasid = iommu_mm->pasid;
  user->pasid.poke(pasid);
  user->dev.poke(dev);
  user->bond = bond;
  add_bonds(dev, pasid, 1);
  pri_use_pasid(dev, pasid);
  return 0;
}

int sva_driver_bind(pri_device* dev, sva_process* task, sva_user** made) {
  KFUNC();
  *made = make<sva_user>();
  mutex_lock(&task->lock);
  user_mm_struct* const mm = task->mm;
  int rc = mm == nullptr ? -ESRCH : 0;
  mutex_lock(&dev->driver);
  if (rc == 0 && dev->users == 0) rc = -ENODEV;
  if (rc == 0) rc = bind_locked(dev, mm, *made);
  mutex_unlock(&dev->driver);
  mutex_unlock(&task->lock);
  return rc;
}

int sva_driver_unbind(sva_user* user) {
  KFUNC();
  pri_device* const dev = user->dev.peek();
  mutex_lock(&dev->driver);
  const int rc = unbind_locked(user);
  mutex_unlock(&dev->driver);
  return rc;
}

int sva_driver_close(sva_user* user) {
  KFUNC();
  pri_device* const dev = user->dev.peek();
  mutex_lock(&dev->driver);
  int rc = user->bond == nullptr ? -ENOENT : 0;
  if (rc == 0 && is_needed(dev, 1)) rc = -EBUSY;
  for (const close_step step : close_order())
    if (rc == 0) rc = step == unbind ? unbind_locked(user) : iopf_disable(dev);
  mutex_unlock(&dev->driver);
  return rc;
}

int sva_driver_enable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->driver);
  const int rc = iopf_enable(dev);
  mutex_unlock(&dev->driver);
  return rc;
}

int sva_driver_disable(pri_device* dev) {
  KFUNC();
  mutex_lock(&dev->driver);
  const int rc = is_needed(dev, 0) ? -EBUSY : iopf_disable(dev);
  mutex_unlock(&dev->driver);
  return rc;
}

}  // namespace iorace::kern::iopf
