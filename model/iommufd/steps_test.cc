// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the flows on an IO address space: map, copy, unmap, domains, split, removal.
#include "model/iommufd/steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t iova = 0x1000000;

void mapped(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_map", {1, iova, 0x1000});
}
void two_domains(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "hwpt_alloc", {1});
  make_call(w, "hwpt_alloc", {1});
}
void with_item(world* w) {
  mapped(w);
  make_call(w, "hwpt_alloc", {1});
  make_call(w, "test_create_access", {1});
  make_call(w, "access_pages", {3, iova, 0x1000});
}
void two_areas(world* w) {
  mapped(w);
  make_call(w, "ioas_map", {1, iova + 0x4000, 0x1000});
}
void unmap_all(world* w) { make_call(w, "ioas_unmap_all", {1}); }

TEST(steps, map) {
  expect_pairs({.pairs = 13,
                .unlocked = 9,
                .setup = two_domains,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "ioas_map", {1, iova, 0x1000});
                    },
                .steps = {{"1 get ioas", "xa_lock ctx#1.objects"},
                          {"2 pages", "kmalloc pages#1.1"},
                          {"3 area", "kmalloc area#1.1"},
                          {"4 insert", "down_write_arrive ioas#1.iova_rwsem"},
                          {"5 R+ domains", "down_read ioas#1.domains_rwsem"},
                          {"6 L+", "mutex_lock pages#1.1.mutex"},
                          {"6 pin", "copy_from_user", "pages#1.1.mutex"},
                          {"6 domain 1", "read paging#1.root", "pages#1.1.mutex"},
                          {"6 domain 2", "read paging#2.root", "pages#1.1.mutex"},
                          {"6 storage", "write area#1.1.storage_domain", "pages#1.1.mutex"},
                          {"7 publish", "down_write_arrive ioas#1.iova_rwsem"},
                          {"8 R- domains", "up_read ioas#1.domains_rwsem"},
                          {"9 respond", "copy_to_user"},
                          {"10 put ioas", "refcount_dec ioas#1.users"}}});
}

// A domain cannot be filled: the pages are unpinned, the area goes.
TEST(steps, map_unwinds) {
  expect_pairs({.pairs = 8,
                .unlocked = 5,
                .setup = two_domains,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "ioas_map", {1, iova, 0x1000});
                    },
                .steps = {{"6 L+", "mutex_lock pages#1.1.mutex"},
                          {"6 pin", "copy_from_user", "pages#1.1.mutex"},
                          {"6 unpin", "atomic page#1.pincount", "pages#1.1.mutex"},
                          {"6 L-", "mutex_unlock pages#1.1.mutex", "pages#1.1.mutex"},
                          {"8 R- domains", "up_read ioas#1.domains_rwsem"},
                          {"abort_area", "down_write_arrive ioas#1.iova_rwsem"},
                          {"free area", "kfree area#1.1"},
                          {"put pages", "refcount_dec_and_test pages#1.1.kref"},
                          {"10 put ioas", "refcount_dec ioas#1.users"}},
                .fault = "mock_domain_map_pages"});
}

TEST(steps, copy) {
  const auto with_target = [](world* w) {
    mapped(w);
    make_call(w, "ioas_alloc");
    make_call(w, "hwpt_alloc", {2});
  };
  expect_pairs({.pairs = 14,
                .unlocked = 11,
                .setup = with_target,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "ioas_copy", {2, 1, iova, iova, 0x1000});
                    },
                .steps = {{"get source", "xa_lock ctx#1.objects"},
                          {"R+ iova", "down_read ioas#1.iova_rwsem"},
                          {"get pages", "refcount_inc pages#1.kref", "ioas#1.iova_rwsem"},
                          {"R- iova", "up_read ioas#1.iova_rwsem", "ioas#1.iova_rwsem"},
                          {"put source", "refcount_dec ioas#1.users"},
                          {"get target", "xa_lock ctx#1.objects"},
                          {"area", "kmalloc area#1.1"},
                          {"insert", "down_write_arrive ioas#2.iova_rwsem"},
                          {"R+ domains", "down_read ioas#2.domains_rwsem"},
                          {"L+", "mutex_lock pages#1.mutex"},
                          {"fill", "read paging#1.root", "pages#1.mutex"},
                          {"publish", "down_write_arrive ioas#2.iova_rwsem"},
                          {"R- domains", "up_read ioas#2.domains_rwsem"},
                          {"respond", "copy_to_user"},
                          {"put target", "refcount_dec ioas#2.users"}}});
}

// One area with a pin: asks, comes again, takes it out.
TEST(steps, unmap) {
  const char* const iova_rwsem = "ioas#1.iova_rwsem";
  expect_pairs({.pairs = 32,
                .unlocked = 14,
                .setup = with_item,
                .cpu1 = unmap_all,
                .steps = {{"1 get ioas", "xa_lock ctx#1.objects"},
                          {"2 R+ domains", "down_read ioas#1.domains_rwsem"},
                          {"3 W+ iova", "down_write_arrive ioas#1.iova_rwsem"},
                          {"4 first area", "itree_find ioas#1.area_itree", iova_rwsem},
                          {"5 busy?", "read area#1.pages", iova_rwsem},
                          {"6 sticks out?", "", iova_rwsem},
                          {"7 tries", "", iova_rwsem},
                          {"8 accesses?", "read area#1.num_accesses", iova_rwsem},
                          {"8 revoke", "write area#1.prevent_access", iova_rwsem},
                          {"8 W- iova", "up_write ioas#1.iova_rwsem", iova_rwsem},
                          {"8 R- domains", "up_read ioas#1.domains_rwsem"},
                          {"8 notify", "xa_lock ioas#1.access_list"},
                          {"2 again", "down_read ioas#1.domains_rwsem"},
                          {"3", "down_write_arrive ioas#1.iova_rwsem"},
                          {"4", "itree_find ioas#1.area_itree", iova_rwsem},
                          {"5", "read area#1.pages", iova_rwsem},
                          {"6", "", iova_rwsem},
                          {"7", "", iova_rwsem},
                          {"8", "read area#1.num_accesses", iova_rwsem},
                          {"9 detach", "write area#1.pages", iova_rwsem},
                          {"9 W- iova", "up_write ioas#1.iova_rwsem", iova_rwsem},
                          {"10 L+", "mutex_lock pages#1.mutex"},
                          {"10 unmap", "read paging#1.root", "pages#1.mutex"},
                          {"10 unpin", "atomic page#1.pincount", "pages#1.mutex"},
                          {"11 remove", "down_write_arrive ioas#1.iova_rwsem"},
                          {"11 free", "kfree area#1"},
                          {"12 put pages", "refcount_dec_and_test pages#1.kref"},
                          {"13 go on", "down_write_arrive ioas#1.iova_rwsem"},
                          {"4 none", "itree_find ioas#1.area_itree", iova_rwsem},
                          {"14 W- iova", "up_write ioas#1.iova_rwsem", iova_rwsem},
                          {"14 R- domains", "up_read ioas#1.domains_rwsem"},
                          {"15 respond", "copy_to_user"},
                          {"16 put ioas", "refcount_dec ioas#1.users"}}});
}

// The area that ends the range ends the unmap, without another look.
TEST(steps, unmap_of_the_last_area) {
  expect_pairs({.pairs = 3,
                .unlocked = 2,
                .setup = mapped,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "ioas_unmap", {1, iova, 0x1000});
                    },
                .steps = {{"12 put pages", "refcount_dec_and_test pages#1.kref"},
                          {"13 done", "down_write_arrive ioas#1.iova_rwsem"},
                          {"14 W- iova", "up_write ioas#1.iova_rwsem", "ioas#1.iova_rwsem"},
                          {"14 R- domains", "up_read ioas#1.domains_rwsem"}}});
}

TEST(steps, notify) {
  expect_pairs({.pairs = 8,
                .unlocked = 5,
                .setup = with_item,
                .cpu1 = unmap_all,
                .steps = {{"1 L+", "xa_lock ioas#1.access_list"},
                          {"2 users", "refcount_inc_not_zero access#1.users", "ioas#1.access_list"},
                          {"2 shortterm", "refcount_inc_not_zero access#1.shortterm_users",
                           "ioas#1.access_list"},
                          {"3 L-", "xa_unlock ioas#1.access_list", "ioas#1.access_list"},
                          {"4 callback", "mutex_lock staccess#1.lock"},
                          {"4 returns", "mutex_unlock staccess#1.lock"},
                          {"5 users", "refcount_dec access#1.users"},
                          {"5 shortterm", "refcount_dec_and_test access#1.shortterm_users"},
                          {"6 L+", "xa_lock ioas#1.access_list"}},
                .c = upstream_config()});
}

TEST(steps, domain_add) {
  expect_pairs(
      {.pairs = 9,
       .unlocked = 0,
       .setup = two_areas,
       .cpu1 = [](world* w) { make_call(w, "hwpt_alloc", {1}); },
       .steps = {{"W+ domains", "down_write_arrive ioas#1.domains_rwsem"},
                 {"W+ iova", "down_write_arrive ioas#1.iova_rwsem", "ioas#1.domains_rwsem"},
                 {"L+", "mutex_lock pages#1.mutex", "ioas#1.iova_rwsem"},
                 {"fill", "read paging#1.1.root", "pages#1.mutex"},
                 {"L-", "mutex_unlock pages#1.mutex", "pages#1.mutex"},
                 {"L+", "mutex_lock pages#2.mutex", "ioas#1.iova_rwsem"},
                 {"fill", "read paging#1.1.root", "pages#2.mutex"},
                 {"L-", "mutex_unlock pages#2.mutex", "pages#2.mutex"},
                 {"W- iova", "up_write ioas#1.iova_rwsem", "ioas#1.iova_rwsem"},
                 {"W- domains", "up_write ioas#1.domains_rwsem", "ioas#1.domains_rwsem"}}});
}

TEST(steps, domain_remove) {
  const auto with_domain = [](world* w) {
    two_areas(w);
    make_call(w, "hwpt_alloc", {1});
  };
  expect_pairs(
      {.pairs = 11,
       .unlocked = 0,
       .setup = with_domain,
       .cpu1 = [](world* w) { make_call(w, "hwpt_destroy", {2}); },
       .steps = {{"W+ domains", "down_write_arrive ioas#1.domains_rwsem"},
                 {"W+ iova", "down_write_arrive ioas#1.iova_rwsem", "ioas#1.domains_rwsem"},
                 {"L+", "mutex_lock pages#1.mutex", "ioas#1.iova_rwsem"},
                 {"unmap", "read paging#1.root", "pages#1.mutex"},
                 {"unpin", "atomic page#1.pincount", "pages#1.mutex"},
                 {"L-", "mutex_unlock pages#1.mutex", "pages#1.mutex"},
                 {"L+", "mutex_lock pages#2.mutex", "ioas#1.iova_rwsem"},
                 {"unmap", "read paging#1.root", "pages#2.mutex"},
                 {"unpin", "atomic page#1.pincount", "pages#2.mutex"},
                 {"L-", "mutex_unlock pages#2.mutex", "pages#2.mutex"},
                 {"W- iova", "up_write ioas#1.iova_rwsem", "ioas#1.iova_rwsem"},
                 {"W- domains", "up_write ioas#1.domains_rwsem", "ioas#1.domains_rwsem"}}});
}

TEST(steps, split) {
  const auto in_a_domain = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_huge_pages", {1, 0});
    make_call(w, "hwpt_alloc", {1});
    make_call(w, "ioas_map", {1, iova, 0x2000});
  };
  expect_pairs({.pairs = 10,
                .unlocked = 2,
                .setup = in_a_domain,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "vfio_unmap_dma", {1, iova, 0x1000});
                    },
                .steps = {{"get ioas", "xa_lock ctx#1.objects"},
                          {"W+ iova", "down_write_arrive ioas#1.iova_rwsem"},
                          {"busy?", "read area#1.pages", "ioas#1.iova_rwsem"},
                          {"areas", "kmalloc area#1.1", "ioas#1.iova_rwsem"},
                          {"L+", "mutex_lock pages#1.mutex", "ioas#1.iova_rwsem"},
                          {"accesses?", "read area#1.num_accesses", "pages#1.mutex"},
                          {"replace", "itree_remove ioas#1.area_itree", "pages#1.mutex"},
                          {"domains_itree", "itree_remove pages#1.domains_itree", "pages#1.mutex"},
                          {"L-", "mutex_unlock pages#1.mutex", "pages#1.mutex"},
                          {"W- iova", "up_write ioas#1.iova_rwsem", "ioas#1.iova_rwsem"},
                          {"unmap", "down_read ioas#1.domains_rwsem"}}});
}

// IOMMU_DESTROY, and the destroy operation of an ioas.
TEST(steps, ioas_destroy) {
  expect_pairs({.pairs = 8,
                .unlocked = 5,
                .setup = mapped,
                .cpu1 = [](world* w) { make_call(w, "ioas_destroy", {1}); },
                .steps = {{"2 L+", "xa_lock ctx#1.objects"},
                          {"3 users", "refcount_dec_if_one ioas#1.users", "ctx#1.objects"},
                          {"4 slot", "xa_erase ctx#1.objects", "ctx#1.objects"},
                          {"4 L-", "xa_unlock ctx#1.objects", "ctx#1.objects"},
                          {"5 shortterm", "refcount_dec_and_test ioas#1.shortterm_users"},
                          {"6 unmap_all", "down_read ioas#1.domains_rwsem"},
                          {"6 reserved", "down_write_arrive ioas#1.iova_rwsem"},
                          {"6 table", "xa_find ioas#1.access_list"},
                          {"7 free", "kfree ioas#1"}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
