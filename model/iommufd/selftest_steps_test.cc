// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the selftest driver, in the merged form and in the posted one.
#include "model/iommufd/steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t iova = 0x1000000;
constexpr const char* lock = "staccess#1.lock";
constexpr const char* spin = "staccess#1.spin";

void attached(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_map", {1, iova, 0x1000});
  make_call(w, "test_create_access", {1});
}
void with_item(world* w) {
  attached(w);
  make_call(w, "access_pages", {3, iova, 0x1000});
}
void pages(world* w) { make_call(w, "access_pages", {3, iova, 0x1000, 0x100000}); }
void unmap_all(world* w) { make_call(w, "ioas_unmap_all", {1}); }
void item_destroy(world* w) { make_call(w, "item_destroy", {3, 0}); }

config posted() { return with(repaired_config(), {{"selftest_access.lock", "spin"}}); }

TEST(steps, pages) {
  expect_pairs({.pairs = 13,
                .unlocked = 4,
                .setup = attached,
                .cpu1 = pages,
                .steps = {{"1 file", "xa_lock files#1.fdt"},
                          {"1 op", "read access#1.ops"},
                          {"2 array", "kmalloc page_array#1.1"},
                          {"3 L+", "mutex_lock staccess#1.lock"},
                          {"4 pin", "mutex_lock access#1.ioas_lock", lock},
                          {"4 pinned", "mutex_unlock access#1.ioas_lock", lock},
                          {"5 check", "copy_from_user", lock},
                          {"6 item", "kmalloc item#1.1", lock},
                          {"7 fill", "write item#1.1.iova", lock},
                          {"7 id", "write item#1.1.id", lock},
                          {"7 list_add", "list_add staccess#1.items", lock},
                          {"8 respond", "copy_to_user", lock},
                          {"10 L-", "mutex_unlock staccess#1.lock", lock},
                          {"11 fput", "refcount_dec_and_test file#2.f_count"}}});
}

TEST(steps, pages_unwinds) {
  expect_pairs({.pairs = 5,
                .unlocked = 1,
                .setup = attached,
                .cpu1 = pages,
                .steps = {{"8 respond", "copy_to_user"},
                          {"9 list_del", "list_del item#1.1.items_elm", lock},
                          {"9 free", "kfree item#1.1", lock},
                          {"9 unpin", "mutex_lock access#1.ioas_lock", lock},
                          {"10 L-", "mutex_unlock staccess#1.lock", lock},
                          {"11 fput", "refcount_dec_and_test file#2.f_count"}},
                .fault = "access_pages"});
}

TEST(steps, pages_posted) {
  expect_pairs({.pairs = 10,
                .unlocked = 7,
                .setup = attached,
                .cpu1 = pages,
                .steps = {{"2 array", "kmalloc page_array#1.1"},
                          {"4 pin", "mutex_lock access#1.ioas_lock"},
                          {"4 pinned", "mutex_unlock access#1.ioas_lock", "access#1.ioas_lock"},
                          {"5 check", "copy_from_user"},
                          {"6 item", "kmalloc item#1.1"},
                          {"L+", "spin_lock staccess#1.spin"},
                          {"7 list_add", "list_add staccess#1.items", spin},
                          {"L-", "spin_unlock staccess#1.spin", spin},
                          {"id", "read item#1.1.id"},
                          {"8 respond", "copy_to_user"},
                          {"11 fput", "refcount_dec_and_test file#2.f_count"}},
                .c = posted()});
}

TEST(steps, pages_posted_unwinds) {
  expect_pairs({.pairs = 6,
                .unlocked = 4,
                .setup = attached,
                .cpu1 = pages,
                .steps = {{"8 respond", "copy_to_user"},
                          {"9 L+", "spin_lock staccess#1.spin"},
                          {"9 list_del", "list_del item#1.1.items_elm", spin},
                          {"9 L-", "spin_unlock staccess#1.spin", spin},
                          {"9 free", "kfree item#1.1"},
                          {"9 unpin", "mutex_lock access#1.ioas_lock"},
                          {"11 fput", "refcount_dec_and_test file#2.f_count"}},
                .c = posted(),
                .fault = "access_pages"});
}

TEST(steps, callback) {
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = with_item,
                .cpu1 = unmap_all,
                .steps = {{"L+", "mutex_lock staccess#1.lock"},
                          {"walk", "list_next staccess#1.items", lock},
                          {"list_del", "list_del item#1.items_elm", lock},
                          {"unpin", "mutex_lock access#1.ioas_lock", lock},
                          {"free", "kfree item#1", lock},
                          {"L-", "mutex_unlock staccess#1.lock", lock}}});
}

TEST(steps, callback_posted) {
  expect_pairs({.pairs = 7,
                .unlocked = 3,
                .setup = with_item,
                .cpu1 = unmap_all,
                .steps = {{"L+", "spin_lock staccess#1.spin"},
                          {"walk", "list_next staccess#1.items", spin},
                          {"list_del", "list_del item#1.items_elm", spin},
                          {"L-", "spin_unlock staccess#1.spin", spin},
                          {"unpin", "mutex_lock access#1.ioas_lock"},
                          {"free", "kfree item#1"},
                          {"L+", "spin_lock staccess#1.spin"},
                          {"L-", "spin_unlock staccess#1.spin", spin}},
                .c = posted()});
}

TEST(steps, item_destroy) {
  expect_pairs({.pairs = 6,
                .unlocked = 2,
                .setup = with_item,
                .cpu1 = item_destroy,
                .steps = {{"L+", "mutex_lock staccess#1.lock"},
                          {"find", "read item#1.id", lock},
                          {"list_del", "list_del item#1.items_elm", lock},
                          {"unpin", "mutex_lock access#1.ioas_lock", lock},
                          {"L-", "mutex_unlock staccess#1.lock", lock},
                          {"free", "kfree item#1"},
                          {"fput", "refcount_dec_and_test file#2.f_count"}}});
}

TEST(steps, item_destroy_posted) {
  expect_pairs({.pairs = 6,
                .unlocked = 3,
                .setup = with_item,
                .cpu1 = item_destroy,
                .steps = {{"L+", "spin_lock staccess#1.spin"},
                          {"find", "read item#1.id", spin},
                          {"list_del", "list_del item#1.items_elm", spin},
                          {"L-", "spin_unlock staccess#1.spin", spin},
                          {"unpin", "mutex_lock access#1.ioas_lock"},
                          {"free", "kfree item#1"},
                          {"fput", "refcount_dec_and_test file#2.f_count"}},
                .c = posted()});
}

TEST(steps, staccess_release) {
  expect_pairs({.pairs = 6,
                .unlocked = 5,
                .setup = with_item,
                .cpu1 = [](world* w) { make_call(w, "access_close", {3}); },
                .steps = {{"close", "xa_lock files#1.fdt"},
                          {"fput", "refcount_dec_and_test file#2.f_count"},
                          {"1 callback", "mutex_lock staccess#1.lock"},
                          {"1 returns", "mutex_unlock staccess#1.lock", lock},
                          {"2 access_destroy", "refcount_dec_and_test access#1.shortterm_users"},
                          {"2 free", "kfree access#1"},
                          {"3 free", "kfree staccess#1"}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
