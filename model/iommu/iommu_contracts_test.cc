// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant has a planted bug that it convicts and a near miss that it acquits: here the core
// is used as no sound caller would.
#include <gmock/gmock.h>

#include "model/hw/context.h"
#include "model/iommu/contracts.h"
#include "model/iommu/iommu_inside_test.h"
#include "model/iommu/smmu_driver.h"
#include "model/iommu/vfio_group.h"
#include "model/world.h"

namespace iorace::kern::this_file {
namespace {

device* dev(unsigned i) { return this_world().iommu->devices[i]; }

// Runs `cpu` with two devices of one group that are aliases iff `rid` is 0; returns the title.
std::string title_of(std::uint64_t rid, const body& cpu) {
  const body of_vfio = [rid](world* w) {
    make_call(w, "iommu_add");
    make_call(w, "device_add", {1});
    make_call(w, "device_add", {1, rid});
    make_call(w, "device_probe", {1});
    make_call(w, "device_probe", {2});
    make_call(w, "vfio_device_bind", {1});
    make_call(w, "vfio_device_bind", {2});
    make_call(w, "vfio_group_set_container", {1});
  };
  return title_alone(of_iommu(repaired_config()), of_vfio, cpu);
}
constexpr std::uint64_t own_rid = 1, shared_rid = 0;

TEST(iommu_contracts, sound_calls_are_acquitted) {
  for (const std::uint64_t rid : {own_rid, shared_rid})
    EXPECT_EQ(title_of(rid,
                       [](world* w) {
                         make_call(w, "vfio_group_open_device", {2});
                         make_call(w, "device_remove", {1});
                         make_call(w, "vfio_group_close_device", {2});
                         make_call(w, "vfio_group_unset_container", {2});
                         make_call(w, "device_remove", {2});
                       }),
              "")
        << rid;
}

// The owner's domain goes while the group is attached to it, and once the group is not.
TEST(iommu_contracts, a_freed_table_is_named) {
  const auto free_after = [](bool detached) {
    return title_of(own_rid, [detached](world*) {
      vfio_iommu_group* const vgroup = this_world().iommu->slots[0]->vfio_group.peek();
      core_domain* const domain = vgroup->domain;
      iommu_group* const group = vgroup->group;
      if (detached) iommu_detach_group(domain, group);
      iommu_domain_free(domain);
      iommu_group_release_dma_owner(group);
      vgroup->domain = nullptr;
    });
  };
  EXPECT_EQ(free_after(false), "root-freed-in-use in pgtable_free");
  EXPECT_EQ(free_after(true), "");
}

// One device of the group is attached elsewhere, and put back before the mutex is dropped.
TEST(iommu_contracts, a_device_off_the_domain_of_its_group) {
  const auto stray = [](bool back) {
    return title_of(own_rid, [back](world*) {
      iommu_group* const group = dev(0)->iommu_group;
      iommu_group_lock(group);
      core_domain* const normal = group->default_domain;
      core_domain* const domain = group->domain;
      driver_attach_dev(normal, dev(0), domain);
      if (back) driver_attach_dev(domain, dev(0), normal);
      iommu_group_unlock(group);
    });
  };
  EXPECT_THAT(stray(false), testing::StartsWith("device-off-group-domain"));
  EXPECT_EQ(stray(true), "");
}

// The count of an owner is lost; it is set again before the mutex is dropped.
TEST(iommu_contracts, an_owner_without_a_count) {
  const auto lose = [](bool again) {
    return title_of(own_rid, [again](world*) {
      iommu_group* const group = dev(0)->iommu_group;
      iommu_group_lock(group);
      group->owner_cnt = 0;
      if (again) group->owner_cnt = 1;
      iommu_group_unlock(group);
    });
  };
  EXPECT_THAT(lose(false), testing::StartsWith("owner-without-its-domain"));
  EXPECT_EQ(lose(true), "");
}

// The default domain of a group that drivers use is another one; it is put back before the mutex is
// dropped.
TEST(iommu_contracts, users_of_a_default_domain_that_is_not_attached) {
  const auto replace = [](bool back) {
    const body driven = [](world* w) {
      both_probed(w);
      make_call(w, "driver_bind", {1});
    };
    return title_alone(of_iommu(repaired_config()), driven, [back](world*) {
      iommu_group* const group = dev(0)->iommu_group;
      core_domain* const other = iommu_paging_domain_alloc(dev(0), IOMMU_DOMAIN_DMA);
      iommu_group_lock(group);
      core_domain* const normal = group->default_domain;
      group->default_domain = other;
      if (back) group->default_domain = normal;
      iommu_group_unlock(group);
      iommu_domain_free(other);
    });
  };
  EXPECT_THAT(replace(false), testing::StartsWith("owner-without-its-domain"));
  EXPECT_EQ(replace(true), "");
}

// A driver that does not look for aliases is convicted iff there is one.
TEST(iommu_contracts, an_alias_is_cut_off) {
  const auto release = [](std::uint64_t rid) {
    const body probed = [rid](world* w) {
      make_call(w, "iommu_add");
      make_call(w, "device_add", {1});
      make_call(w, "device_add", {1, rid});
      make_call(w, "device_probe", {1});
      make_call(w, "device_probe", {2});
    };
    return title_alone(
        with(of_iommu(repaired_config()), {{"release_device", "release_domain_shared"}}), probed,
        [](world* w) { make_call(w, "device_remove", {1}); });
  };
  EXPECT_EQ(release(shared_rid), "alias-cut-off in write_entry");
  EXPECT_EQ(release(own_rid), "");
}

// The entry is written again after the driver has let go; an alias may still use it.
TEST(iommu_contracts, a_released_device_translates) {
  const auto rewrite = [](std::uint64_t rid) {
    return title_of(rid, [](world* w) {
      make_call(w, "device_remove", {1});
      const vfio_iommu_group* const vgroup = this_world().iommu->slots[0]->vfio_group.peek();
      core_domain* const domain = vgroup->domain;
      write_entry(dev(0), IOMMU_NO_PASID, domain);
      {
        KFUNC();
        CONTRACT(release_returned, dev(0));
      }
      write_entry(dev(0), IOMMU_NO_PASID, nullptr);
      write_entry(dev(1), IOMMU_NO_PASID, domain);
    });
  };
  EXPECT_THAT(rewrite(own_rid), testing::StartsWith("released-device-translates"));
  EXPECT_EQ(rewrite(shared_rid), "");
}

// A default domain that a driver uses is freed; one that has been replaced may be.
TEST(iommu_contracts, a_default_domain_is_freed_early) {
  const auto free_default = [](bool replaced) {
    return title_of(own_rid, [replaced](world* w) {
      make_call(w, "vfio_group_unset_container", {1});
      if (replaced) {
        make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA_FQ});
        make_call(w, "iommu_group_type", {1, IOMMU_DOMAIN_DMA});
        return;
      }
      iommu_group* const group = dev(0)->iommu_group;
      core_domain* const normal = group->default_domain;
      iommu_domain_free(normal);
    });
  };
  EXPECT_THAT(free_default(false), testing::StartsWith("core-domain-freed-early"));
  EXPECT_EQ(free_default(true), "");
}

// A group is given a default domain after its last device has left, and before.
TEST(iommu_contracts, the_first_device_of_an_empty_group) {
  const auto set_up = [](unsigned removed) {
    return title_of(own_rid, [removed](world* w) {
      iommu_group* const group = dev(0)->iommu_group;
      iommu_group_get(group);
      make_call(w, "vfio_group_unset_container", {1});
      for (unsigned i = 1; i <= removed; ++i) make_call(w, "device_remove", {i});
      iommu_group_lock(group);
      iommu_setup_default_domain(group, 0);
      iommu_group_unlock(group);
      iommu_group_put(group);
    });
  };
  EXPECT_EQ(set_up(2), "device-of-an-empty-group in iommu_group_first_dev");
  EXPECT_EQ(set_up(1), "");
}

}  // namespace
}  // namespace iorace::kern::this_file
