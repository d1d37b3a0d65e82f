// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of devices that iommufd has as they come: bind and attach. All lie under the lock of
// the device's file, some under a lock that others take as well.
#include "model/iommufd/idev_steps_test.h"

namespace iorace::kern::this_file {
namespace {

TEST(idev_steps, bind_the_first_device) {
  expect_pairs({.pairs = 17,
                .unlocked = 9,
                .setup = cdevs(one_group),
                .cpu1 = calling("vfio_cdev_bind"),
                .steps = {{"registered", "refcount_inc_not_zero device#1.registered"},
                          {"B+", "mutex_lock vgroup#1.group_lock"},
                          {"container?", "read vgroup#1.domain", idev_vgroup_lock},
                          {"block", "write vgroup#1.cdev_device_open_cnt", idev_vgroup_lock},
                          {"L+", "mutex_lock cdevs#1.cdev"},
                          {"group", "read device#1.iommu_group"},
                          {"reference", "refcount_inc group#1.kobj"},
                          {"known?", "xa_lock ctx#1.groups"},
                          {"new one", "kmalloc igroup#1.1"},
                          {"still not known?", "xa_lock ctx#1.groups"},
                          {"publish", "xa_store ctx#1.groups", idev_groups_lock},
                          {"claim", "mutex_lock group#1.mutex"},
                          {"block", "write group#1.domain", idev_core_mutex},
                          {"owner", "write group#1.owner", idev_core_mutex},
                          {"device", "xa_alloc ctx#1.objects"},
                          {"publish the device", "xa_store ctx#1.objects", "cdevs#1.cdev"},
                          {"answer", "copy_to_user", "cdevs#1.cdev"},
                          {"L-", "mutex_unlock cdevs#1.cdev", "cdevs#1.cdev"}},
                .c = stepped_idev()});
}

TEST(idev_steps, bind_the_second_device) {
  expect_pairs({.pairs = 7,
                .unlocked = 4,
                .setup = then(cdevs(one_group), "vfio_cdev_bind", 2),
                .cpu1 = calling("vfio_cdev_bind"),
                .steps = {{"L+", "mutex_lock cdevs#1.cdev"},
                          {"reference", "refcount_inc group#1.kobj"},
                          {"known?", "xa_lock ctx#1.groups"},
                          {"get it", "refcount_inc_not_zero igroup#1.ref", idev_groups_lock},
                          {"claim", "mutex_lock group#1.mutex"},
                          {"by us?", "read group#1.owner", idev_core_mutex},
                          {"count", "write group#1.owner_cnt", idev_core_mutex},
                          {"device", "xa_alloc ctx#1.objects"}},
                .c = stepped_idev()});
}

// The domain is attached before what is mapped is put into it.
TEST(idev_steps, attach_makes_a_domain) {
  expect_pairs({.pairs = 20,
                .unlocked = 4,
                .setup = with_a_page(own_group),
                .cpu1 = attaching(1, 1),
                .steps = {{"L+", "mutex_lock cdevs#1.cdev"},
                          {"get ioas", "xa_lock ctx#1.objects"},
                          {"users", "refcount_inc_not_zero ioas#1.users", idev_objects_lock},
                          {"M+", "mutex_lock ioas#1.mutex"},
                          {"others?", "list_next ioas#1.hwpt_list", idev_ioas_mutex},
                          {"page table", "xa_alloc ctx#1.objects", idev_ioas_mutex},
                          {"domain", "kmalloc dom#1.1", idev_ioas_mutex},
                          {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex},
                          {"attached?", "list_empty igroup#1.device_list", idev_igroup_lock},
                          {"attach", "mutex_lock group#1.mutex", idev_igroup_lock},
                          {"entry", "write_once context#1.word", idev_core_mutex},
                          {"set", "write group#1.domain", idev_core_mutex},
                          {"hwpt", "write igroup#1.hwpt", idev_igroup_lock},
                          {"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock},
                          {"fill", "down_write_arrive ioas#1.domains_rwsem", idev_ioas_mutex},
                          {"P+", "mutex_lock pages#1.mutex", "ioas#1.domains_rwsem"},
                          {"pin", "atomic page#1.pincount", "pages#1.mutex"},
                          {"listed", "list_add ioas#1.hwpt_list", idev_ioas_mutex},
                          {"publish", "xa_store ctx#1.objects", idev_ioas_mutex},
                          {"put ioas", "refcount_dec ioas#1.users"},
                          {"attached", "refcount_inc idevice#1.users"}},
                .c = stepped_idev()});
}

// The first device of another group: the domain is that which there is.
TEST(idev_steps, attach_shares_a_domain) {
  expect_pairs({.pairs = 12,
                .unlocked = 2,
                .setup = in_order({with_a_page(own_group), attaching(2, 1)}),
                .cpu1 = attaching(1, 1),
                .steps = {{"get ioas", "xa_lock ctx#1.objects"},
                          {"M+", "mutex_lock ioas#1.mutex"},
                          {"automatic?", "read hwpt#1.auto_domain", idev_ioas_mutex},
                          {"get it", "refcount_inc_not_zero hwpt#1.users", idev_ioas_mutex},
                          {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex},
                          {"fits?", "read igroup#1.hwpt", idev_igroup_lock},
                          {"attach", "mutex_lock group#1.mutex", idev_igroup_lock},
                          {"entry", "write_once context#1.word", idev_core_mutex},
                          {"set", "write group#1.domain", idev_core_mutex},
                          {"hwpt", "write igroup#1.hwpt", idev_igroup_lock},
                          {"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock},
                          {"put it", "refcount_dec hwpt#1.users", idev_ioas_mutex},
                          {"put ioas", "refcount_dec ioas#1.users"}},
                .c = stepped_idev()});
}

// The second device of a group follows it.
TEST(idev_steps, attach_follows_the_group) {
  expect_pairs({.pairs = 6,
                .unlocked = 1,
                .setup = in_order({with_a_page(one_group), attaching(2, 1)}),
                .cpu1 = attaching(1, 1),
                .steps = {{"automatic?", "read hwpt#1.auto_domain"},
                          {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex},
                          {"attached?", "list_empty igroup#1.device_list", idev_igroup_lock},
                          {"count", "refcount_inc hwpt#1.users", idev_igroup_lock},
                          {"listed", "list_add igroup#1.device_list", idev_igroup_lock},
                          {"put it", "refcount_dec hwpt#1.users", idev_ioas_mutex},
                          {"put ioas", "refcount_dec ioas#1.users"}},
                .c = stepped_idev()});
}

}  // namespace
}  // namespace iorace::kern::this_file
