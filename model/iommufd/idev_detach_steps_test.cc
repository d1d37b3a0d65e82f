// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of devices that iommufd has as they go: replace, detach and close.
#include "model/iommufd/idev_steps_test.h"

namespace iorace::kern::this_file {
namespace {

// Both devices move. Upstream others find the new page table once they have, and it is marked.
const std::vector<flow_step> group_moves = {
    {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex},
    {"from where?", "read igroup#1.hwpt", idev_igroup_lock},
    {"one of it?", "list_next igroup#1.device_list", idev_igroup_lock},
    {"replace", "mutex_lock group#1.mutex", idev_igroup_lock},
    {"first entry", "write_once context#1.word", idev_core_mutex},
    {"second entry", "write_once context#3.word", idev_core_mutex},
    {"set", "write group#1.domain", idev_core_mutex},
    {"hwpt", "write igroup#1.hwpt", idev_igroup_lock},
    {"one reference", "refcount_inc hwpt#1.1.users", idev_igroup_lock},
    {"and another", "refcount_inc hwpt#1.1.users", idev_igroup_lock},
    {"all but one", "refcount_dec_and_test hwpt#1.users", idev_igroup_lock},
    {"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock},
};
const std::vector<flow_step> mark_and_publish = {
    {"mark", "write hwpt#1.1.auto_domain", idev_ioas_mutex},
    {"publish", "xa_store ctx#1.objects", idev_ioas_mutex},
};
// The old one goes when all is unlocked.
const std::vector<flow_step> old_one_goes = {
    {"M-", "mutex_unlock ioas#1.mutex", idev_ioas_mutex},
    {"automatic?", "read hwpt#1.auto_domain"},
    {"X+", "xa_lock ctx#1.objects"},
    {"the last?", "refcount_dec hwpt#1.users", idev_objects_lock},
    {"it is", "refcount_dec_if_one hwpt#1.users", idev_objects_lock},
    {"nobody finds it", "xa_erase ctx#1.objects", idev_objects_lock},
    {"M+", "mutex_lock ioas#2.mutex"},
    {"not listed", "list_del hwpt#1.hwpt_item", "ioas#2.mutex"},
    {"D+", "down_write_arrive ioas#2.domains_rwsem"},
    {"no domain", "xa_erase ioas#2.domains", "ioas#2.domains_rwsem"},
    {"free", "kfree hwpt#1"},
};

TEST(idev_steps, replace) {
  const auto expect_moves = [](const char* publish,
                               std::initializer_list<std::vector<flow_step>> parts) {
    std::vector<flow_step> steps = {
        {"M+", "mutex_lock ioas#1.mutex"},
        {"fill", "down_write_arrive ioas#1.domains_rwsem", idev_ioas_mutex},
        {"listed", "list_add ioas#1.hwpt_list", idev_ioas_mutex}};
    for (const std::vector<flow_step>& part : parts)
      steps.insert(steps.end(), part.begin(), part.end());
    expect_pairs({.pairs = 27,
                  .unlocked = 5,
                  .setup = in_order({with_a_page(one_group), attaching(1, 2), attaching(2, 2)}),
                  .cpu1 = attaching(1, 1),
                  .steps = steps,
                  .c = stepped_idev(publish)});
  };
  expect_moves("after_attach", {group_moves, mark_and_publish, old_one_goes});
  expect_moves("before_attach", {mark_and_publish, group_moves, old_one_goes});
}

// The domain of another group's device, which the ioas has already.
TEST(idev_steps, replace_by_a_shared_domain) {
  expect_pairs({.pairs = 9,
                .unlocked = 2,
                .setup = in_order({with_a_page(own_group), attaching(1, 2), attaching(2, 1)}),
                .cpu1 = attaching(1, 1),
                .steps = {{"M+", "mutex_lock ioas#1.mutex"},
                          {"automatic?", "read hwpt#2.auto_domain", idev_ioas_mutex},
                          {"get it", "refcount_inc_not_zero hwpt#2.users", idev_ioas_mutex},
                          {"G+", "mutex_lock igroup#1.lock", idev_ioas_mutex},
                          {"replace", "mutex_lock group#1.mutex", idev_igroup_lock},
                          {"hwpt", "write igroup#1.hwpt", idev_igroup_lock},
                          {"count", "refcount_inc hwpt#2.users", idev_igroup_lock},
                          {"put it", "refcount_dec hwpt#2.users", idev_ioas_mutex},
                          {"automatic?", "read hwpt#1.auto_domain"},
                          {"free", "kfree hwpt#1"}},
                .c = stepped_idev()});
}

TEST(idev_steps, detach_one_of_two) {
  const std::vector<flow_step> steps = {
      {"L+", "mutex_lock cdevs#1.cdev"},
      {"G+", "mutex_lock igroup#1.lock"},
      {"from what?", "read igroup#1.hwpt", idev_igroup_lock},
      {"not listed", "list_del idevice#1.group_item", idev_igroup_lock},
      {"the last?", "list_empty igroup#1.device_list", idev_igroup_lock},
      {"reserved", "down_write_arrive ioas#1.iova_rwsem", idev_igroup_lock},
      {"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock},
      {"automatic?", "read hwpt#1.auto_domain"},
      {"X+", "xa_lock ctx#1.objects"},
      {"put", "refcount_dec hwpt#1.users", idev_objects_lock},
      {"detached", "refcount_dec idevice#1.users"},
      {"L-", "mutex_unlock cdevs#1.cdev", "cdevs#1.cdev"}};
  const body attached = in_order({with_a_page(one_group), attaching(1, 1), attaching(2, 1)});
  expect_pairs({.pairs = 11,
                .unlocked = 4,
                .setup = attached,
                .cpu1 = calling("vfio_cdev_detach"),
                .steps = steps,
                .c = stepped_idev()});
  // Upstream it asks first.
  std::vector<flow_step> upstream = steps;
  upstream[1] = {"from what?", "read igroup#1.hwpt"};
  upstream[2] = {"G+", "mutex_lock igroup#1.lock"};
  expect_pairs({.pairs = 11,
                .unlocked = 5,
                .setup = attached,
                .cpu1 = calling("vfio_cdev_detach"),
                .steps = upstream,
                .c = with(stepped_idev(), {{"hw_pagetable_detach.read", "unlocked"}})});
}

TEST(idev_steps, detach_the_last_device) {
  expect_pairs({.pairs = 21,
                .unlocked = 8,
                .setup = in_order({with_a_page(one_group), attaching(1, 1)}),
                .cpu1 = calling("vfio_cdev_detach"),
                .steps = {{"G+", "mutex_lock igroup#1.lock"},
                          {"the last?", "list_empty igroup#1.device_list", idev_igroup_lock},
                          {"detach", "mutex_lock group#1.mutex", idev_igroup_lock},
                          {"owned?", "read group#1.owner", idev_core_mutex},
                          {"entry", "write_once context#1.word", idev_core_mutex},
                          {"invalidated", "device_poll iommu#1.status", idev_core_mutex},
                          {"blocked", "write group#1.domain", idev_core_mutex},
                          {"no hwpt", "write igroup#1.hwpt", idev_igroup_lock},
                          {"G-", "mutex_unlock igroup#1.lock", idev_igroup_lock},
                          {"automatic?", "read hwpt#1.auto_domain"},
                          {"X+", "xa_lock ctx#1.objects"},
                          {"nobody finds it", "xa_erase ctx#1.objects", idev_objects_lock},
                          {"wait for users", "refcount_dec_and_test hwpt#1.shortterm_users"},
                          {"M+", "mutex_lock ioas#1.mutex"},
                          {"not listed", "list_del hwpt#1.hwpt_item", idev_ioas_mutex},
                          {"D+", "down_write_arrive ioas#1.domains_rwsem"},
                          {"no domain", "xa_erase ioas#1.domains", "ioas#1.domains_rwsem"},
                          {"P+", "mutex_lock pages#1.mutex", "ioas#1.domains_rwsem"},
                          {"unpin", "atomic page#1.pincount", "pages#1.mutex"},
                          {"free the domain", "refcount_dec_and_test dom#4.users"},
                          {"free", "kfree hwpt#1"},
                          {"detached", "refcount_dec idevice#1.users"}},
                .c = stepped_idev()});
}

// What is attached is detached first.
TEST(idev_steps, close) {
  expect_pairs({.pairs = 17,
                .unlocked = 11,
                .setup = in_order({both_cdevs_bound(own_group), attaching(1, 1)}),
                .cpu1 = calling("vfio_cdev_close"),
                .steps = {{"L+", "mutex_lock cdevs#1.cdev"},
                          {"G+", "mutex_lock igroup#1.lock"},
                          {"no hwpt", "write igroup#1.hwpt", idev_igroup_lock},
                          {"free the page table", "kfree hwpt#1"},
                          {"detached", "refcount_dec idevice#1.users"},
                          {"unbind", "refcount_dec_and_test idevice#1.shortterm_users"},
                          {"X+", "xa_lock ctx#1.objects"},
                          {"nobody finds it", "xa_erase ctx#1.objects", idev_objects_lock},
                          {"release", "mutex_lock group#1.mutex"},
                          {"no owner", "write group#1.owner", idev_core_mutex},
                          {"default domain", "write group#1.domain", idev_core_mutex},
                          {"put group", "refcount_dec_and_test igroup#1.ref"},
                          {"put context", "refcount_dec_and_test file#1.f_count"},
                          {"free", "kfree idevice#1"},
                          {"L-", "mutex_unlock cdevs#1.cdev", "cdevs#1.cdev"},
                          {"B+", "mutex_lock vgroup#1.group_lock"},
                          {"unblock", "write vgroup#1.cdev_device_open_cnt", idev_vgroup_lock},
                          {"registered", "refcount_dec_and_test device#1.registered"}},
                .c = stepped_idev()});
}

// The group is still claimed for the other device.
TEST(idev_steps, close_one_of_two) {
  expect_pairs({.pairs = 6,
                .unlocked = 5,
                .setup = both_cdevs_bound(one_group),
                .cpu1 = calling("vfio_cdev_close"),
                .steps = {{"L+", "mutex_lock cdevs#1.cdev"},
                          {"unbind", "refcount_dec_and_test idevice#1.shortterm_users"},
                          {"release", "mutex_lock group#1.mutex"},
                          {"count", "write group#1.owner_cnt", idev_core_mutex},
                          {"put group", "refcount_dec_and_test igroup#1.ref"},
                          {"free", "kfree idevice#1"},
                          {"registered", "refcount_dec_and_test device#1.registered"}},
                .c = stepped_idev()});
}

}  // namespace
}  // namespace iorace::kern::this_file
