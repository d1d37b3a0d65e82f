// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the flows of an access: made, attached, replaced, detached, pinned, destroyed.
#include "model/iommufd/steps_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t iova = 0x1000000;
constexpr const char* ioas_lock = "access#1.ioas_lock";

void access(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "access_create");
}
void attached(world* w) {
  access(w);
  make_call(w, "access_attach", {3, 1});
  make_call(w, "ioas_map", {1, iova, 0x1000});
}
void two_ioas(world* w) {
  attached(w);
  make_call(w, "ioas_alloc");
}
void two_areas(world* w) {
  attached(w);
  make_call(w, "ioas_map", {1, iova + 0x1000, 0x1000});
}
void with_item(world* w) {
  attached(w);
  make_call(w, "access_pages", {3, iova, 0x1000});
}

TEST(steps, access_create) {
  expect_pairs({.pairs = 6,
                .unlocked = 6,
                .setup = [](world*) {},
                .cpu1 = [](world* w) { make_call(w, "access_create"); },
                .steps = {{"1 object", "kmalloc access#1.1"},
                          {"1 id", "xa_alloc ctx#1.objects"},
                          {"2 init", "write access#1.1.data"},
                          {"2 users", "refcount_inc access#1.1.users"},
                          {"2 file", "refcount_inc file#1.f_count"},
                          {"3 finalize", "xa_store ctx#1.objects"},
                          {"4 ioas_lock", "read access#1.1.id"}}});
}

TEST(steps, access_attach) {
  expect_pairs({.pairs = 13,
                .unlocked = 0,
                .setup = access,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_attach", {3, 1});
                    },
                .steps = {{"1 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas", ioas_lock},
                          {"3 get ioas", "xa_lock ctx#1.objects", ioas_lock},
                          {"4 busy?", "read access#1.ioas_unpin", ioas_lock},
                          {"5 the same?", "", ioas_lock},
                          {"6 no pins", "write access#1.ioas", ioas_lock},
                          {"7 W+ domains", "down_write_arrive ioas#1.domains_rwsem", ioas_lock},
                          {"7 W+ iova", "down_write_arrive ioas#1.iova_rwsem", ioas_lock},
                          {"7 list", "xa_alloc ioas#1.access_list", ioas_lock},
                          {"7 W- iova", "up_write ioas#1.iova_rwsem", ioas_lock},
                          {"7 W- domains", "up_write ioas#1.domains_rwsem", ioas_lock},
                          {"7 users", "refcount_inc ioas#1.users", ioas_lock},
                          {"10 ioas", "write access#1.ioas", ioas_lock},
                          {"11 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

TEST(steps, access_replace) {
  expect_pairs({.pairs = 19,
                .unlocked = 3,
                .setup = two_ioas,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_replace", {3, 3});
                    },
                .steps = {{"1 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas", ioas_lock},
                          {"3 get ioas", "xa_lock ctx#1.objects", ioas_lock},
                          {"4 busy?", "read access#1.ioas_unpin", ioas_lock},
                          {"5 the same?", "", ioas_lock},
                          {"6 no pins", "write access#1.ioas", ioas_lock},
                          {"7 W+ domains", "down_write_arrive ioas#2.domains_rwsem", ioas_lock},
                          {"7 W+ iova", "down_write_arrive ioas#2.iova_rwsem", ioas_lock},
                          {"7 list", "xa_alloc ioas#2.access_list", ioas_lock},
                          {"7 users", "refcount_inc ioas#2.users", ioas_lock},
                          {"8 L-", "mutex_unlock access#1.ioas_lock", ioas_lock},
                          {"8 callback", "mutex_lock staccess#1.lock"},
                          {"8 returns", "mutex_unlock staccess#1.lock"},
                          {"8 L+", "mutex_lock access#1.ioas_lock"},
                          {"9 W+ domains", "down_write_arrive ioas#1.domains_rwsem", ioas_lock},
                          {"9 W+ iova", "down_write_arrive ioas#1.iova_rwsem", ioas_lock},
                          {"9 list", "xa_erase ioas#1.access_list", ioas_lock},
                          {"9 users", "refcount_dec ioas#1.users", ioas_lock},
                          {"10 ioas", "write access#1.ioas", ioas_lock},
                          {"11 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

TEST(steps, access_detach) {
  expect_pairs({.pairs = 13,
                .unlocked = 3,
                .setup = attached,
                .cpu1 = [](world* w) { make_call(w, "access_detach", {3}); },
                .steps = {{"1 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas", ioas_lock},
                          {"4 busy?", "read access#1.ioas_unpin", ioas_lock},
                          {"5 the same?", "", ioas_lock},
                          {"6 no pins", "write access#1.ioas", ioas_lock},
                          {"8 L-", "mutex_unlock access#1.ioas_lock", ioas_lock},
                          {"8 callback", "mutex_lock staccess#1.lock"},
                          {"8 returns", "mutex_unlock staccess#1.lock"},
                          {"8 L+", "mutex_lock access#1.ioas_lock"},
                          {"9 W+ domains", "down_write_arrive ioas#1.domains_rwsem", ioas_lock},
                          {"9 list", "xa_erase ioas#1.access_list", ioas_lock},
                          {"9 users", "refcount_dec ioas#1.users", ioas_lock},
                          {"10 ioas", "write access#1.ioas", ioas_lock},
                          {"11 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

TEST(steps, pin) {
  const char* const mutex = "pages#1.mutex";
  expect_pairs({.pairs = 15,
                .unlocked = 1,
                .setup = attached,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_pages", {3, iova, 0x1000});
                    },
                .steps = {{"1 arguments", "read access#1.iova_alignment"},
                          {"2 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas", ioas_lock},
                          {"3 R+ iova", "down_read ioas#1.iova_rwsem", ioas_lock},
                          {"4 area", "read area#1.pages", ioas_lock},
                          {"4 revoked?", "read area#1.prevent_access", ioas_lock},
                          {"4 direction", "read area#1.iommu_prot", ioas_lock},
                          {"4 L+", "mutex_lock pages#1.mutex", ioas_lock},
                          {"4 node", "kmalloc pages_access#1.1", mutex},
                          {"4 pin", "copy_from_user", mutex},
                          {"4 xarray", "xa_store pages#1.pinned_pfns", mutex},
                          {"4 count", "write area#1.num_accesses", mutex},
                          {"4 L-", "mutex_unlock pages#1.mutex", mutex},
                          {"5 hole?", "read area#1.node", ioas_lock},
                          {"7 R- iova", "up_read ioas#1.iova_rwsem", ioas_lock},
                          {"8 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

// Two areas and a hole: what was pinned is unpinned, area by area.
TEST(steps, pin_unwinds) {
  expect_pairs({.pairs = 7,
                .unlocked = 0,
                .setup = two_areas,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_pages", {3, iova, 0x3000});
                    },
                .steps = {{"4 area", "mutex_lock pages#1.mutex"},
                          {"4 area", "mutex_lock pages#2.mutex", ioas_lock},
                          {"5 hole", "itree_find ioas#1.area_itree", ioas_lock},
                          {"6 area", "mutex_lock pages#1.mutex", ioas_lock},
                          {"6 unpin", "atomic page#1.pincount", "pages#1.mutex"},
                          {"6 area", "mutex_lock pages#2.mutex", ioas_lock},
                          {"7 R- iova", "up_read ioas#1.iova_rwsem", ioas_lock},
                          {"8 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

TEST(steps, unpin) {
  const char* const mutex = "pages#1.mutex";
  expect_pairs({.pairs = 12,
                .unlocked = 1,
                .setup = with_item,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "item_destroy", {3, 0});
                    },
                .steps = {{"1 arguments", "read item#1.length"},
                          {"2 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas_unpin", ioas_lock},
                          {"3 R+ iova", "down_read ioas#1.iova_rwsem", ioas_lock},
                          {"4 L+", "mutex_lock pages#1.mutex", ioas_lock},
                          {"4 count", "write area#1.num_accesses", mutex},
                          {"4 node", "itree_remove pages#1.access_itree", mutex},
                          {"4 xarray", "xa_erase pages#1.pinned_pfns", mutex},
                          {"4 unpin", "atomic page#1.pincount", mutex},
                          {"4 L-", "mutex_unlock pages#1.mutex", mutex},
                          {"5 hole?", "read area#1.node", ioas_lock},
                          {"6 R- iova", "up_read ioas#1.iova_rwsem", ioas_lock},
                          {"6 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

TEST(steps, rw) {
  expect_pairs({.pairs = 7,
                .unlocked = 1,
                .setup = attached,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_rw", {3, iova, 0x1000, 1});
                    },
                .steps = {{"1 arguments", "copy_from_user"},
                          {"2 L+", "mutex_lock access#1.ioas_lock"},
                          {"2 attached?", "read access#1.ioas", ioas_lock},
                          {"3 R+ iova", "down_read ioas#1.iova_rwsem", ioas_lock},
                          {"4 copy", "copy_to_user", ioas_lock},
                          {"5 hole?", "read area#1.node", ioas_lock},
                          {"7 R- iova", "up_read ioas#1.iova_rwsem", ioas_lock},
                          {"8 L-", "mutex_unlock access#1.ioas_lock", ioas_lock}}});
}

// One page: pinned for a moment beside all accounting.
TEST(steps, rw_of_a_page) {
  expect_pairs({.pairs = 6,
                .unlocked = 0,
                .setup = attached,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "access_rw", {3, iova, 0x1000, 4});
                    },
                .steps = {{"3 R+ iova", "down_read ioas#1.iova_rwsem"},
                          {"4 R+ mmap", "down_read mm#1.mmap_lock", ioas_lock},
                          {"4 fault", "copy_from_user", ioas_lock},
                          {"4 pin", "atomic page#1.pincount", ioas_lock},
                          {"4 R- mmap", "up_read mm#1.mmap_lock", ioas_lock},
                          {"4 unpin", "atomic page#1.pincount", ioas_lock},
                          {"7 R- iova", "up_read ioas#1.iova_rwsem", ioas_lock}}});
}

TEST(steps, access_destroy) {
  expect_pairs({.pairs = 17,
                .unlocked = 7,
                .setup = attached,
                .cpu1 = [](world* w) { make_call(w, "access_destroy", {3}); },
                .steps = {{"1 wait", "refcount_dec_and_test access#1.shortterm_users"},
                          {"2 L+", "xa_lock ctx#1.objects"},
                          {"2 ours", "refcount_dec access#1.users", "ctx#1.objects"},
                          {"3 last", "refcount_dec_if_one access#1.users", "ctx#1.objects"},
                          {"4 slot", "xa_erase ctx#1.objects", "ctx#1.objects"},
                          {"4 L-", "xa_unlock ctx#1.objects", "ctx#1.objects"},
                          {"6 L+", "mutex_lock access#1.ioas_lock"},
                          {"6 attached?", "read access#1.ioas", ioas_lock},
                          {"6 no pins", "write access#1.ioas", ioas_lock},
                          {"6 L-", "mutex_unlock access#1.ioas_lock", ioas_lock},
                          {"6 callback", "mutex_lock staccess#1.lock"},
                          {"6 returns", "mutex_unlock staccess#1.lock"},
                          {"6 L+", "mutex_lock access#1.ioas_lock"},
                          {"6 list", "down_write_arrive ioas#1.domains_rwsem", ioas_lock},
                          {"6 ioas", "write access#1.ioas", ioas_lock},
                          {"6 L-", "mutex_unlock access#1.ioas_lock", ioas_lock},
                          {"6 ctx", "refcount_dec_and_test file#1.f_count"},
                          {"7 free", "kfree access#1"}}});
}

}  // namespace
}  // namespace iorace::kern::this_file
