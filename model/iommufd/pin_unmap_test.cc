// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The races of the selftest driver: each is found where it is, and not next door.
#include <gmock/gmock.h>

#include "model/test_calls.h"
#include "scheduler/explore/keep.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t iova = 0x10000;
constexpr const char* strategies[] = {"random", "pct:3", "pos"};
constexpr std::uint64_t many = 6'000;

// Ioas 1 with [iova, +0x2000) mapped, and access 3 attached to it.
void attached(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_map", {1, iova, 0x2000});
  make_call(w, "access_create");
  make_call(w, "access_attach", {3, 1});
}
void one_item(world* w) {
  attached(w);
  make_call(w, "access_pages", {3, iova, 0x1000});
}
void two_items(world* w) {
  one_item(w);
  make_call(w, "access_pages", {3, iova, 0x2000});
}
void unmap_all(world* w) { make_call(w, "ioas_unmap_all", {1}); }
void pages(world* w) { make_call(w, "access_pages", {3, iova, 0x2000}); }
void item_destroy(world* w) { make_call(w, "item_destroy", {3, 0}); }

config spin() { return with(repaired_config(), {{"selftest_access.lock", "spin"}}); }

std::string pin_survives(const char* by) {
  return std::string("pin-survives-unmap: iommufd_test_access_unmap v ") + by;
}

// The tutorial: the mail of October 2022. CPU1 makes an access and pins, CPU2 and CPU3 unmap
// everything; with the posted driver an unmap callback returns between the pin and its record.
TEST(pin_unmap, as_the_mail_draws_it) {
  for (const bool bug : {false, true}) {
    const config c = bug ? spin() : repaired_config();
    const program p = program_of(c,
                                 [](world* w) {
                                   make_call(w, "ioas_alloc");
                                   make_call(w, "ioas_map", {1, iova, 0x2000});
                                 },
                                 {[](world* w) {
                                    const std::uint64_t access = make_call(w, "access_create").out;
                                    make_call(w, "access_attach", {access, 1});
                                    make_call(w, "access_pages", {access, iova, 0x2000});
                                  },
                                  unmap_all, unmap_all});
    if (bug)
      EXPECT_TRUE(convicts(p, "pct:3", 2'000, pin_survives("iommufd_test_access_pages")));
    else
      EXPECT_THAT(titles(p, "pct:3", 2'000), IsEmpty());
  }
}

// Race a: the pin is not yet on the list when the callback looks.
TEST(pin_unmap, callback_between_pin_and_record) {
  const config c = spin();
  for (const char* s : strategies)
    EXPECT_TRUE(convicts(program_of(c, attached, {pages, unmap_all}), s, many,
                         pin_survives("iommufd_test_access_pages")))
        << s;
}

// Race b: the callback frees the item that the pages op still reads. No fault is needed, but the
// unlocked read must first be seen to be unordered with the free.
TEST(pin_unmap, callback_frees_the_item_that_is_answered) {
  const config c = spin();
  const program p = program_of(c, attached, {pages, unmap_all});
  EXPECT_TRUE(convicts(p, "pos", many,
                       "use-after-free: iommufd_test_access_pages v iommufd_test_access_unmap"));
}

// Race b, second half: an answer that fails deletes and frees the item again.
TEST(pin_unmap, failed_answer_deletes_twice) {
  const config c = spin();
  const program p = program_of(c, attached, {pages, unmap_all});
  EXPECT_TRUE(convicts(p, "random", many, "list-corruption in iommufd_test_access_pages", 1));
}

// Race c: the saved next item of a callback goes away while its lock is dropped.
TEST(pin_unmap, walk_continues_at_a_freed_item) {
  const config c = spin();
  for (const char* s : {"pct:3", "pos"})
    EXPECT_TRUE(convicts(program_of(c, two_items, {unmap_all, unmap_all}), s, many,
                         "use-after-free: iommufd_test_access_unmap v iommufd_test_access_unmap"))
        << s;
}

// Race d: the item is off the list and not yet unpinned.
TEST(pin_unmap, callback_between_list_del_and_unpin) {
  const config c = spin();
  for (const char* s : strategies) {
    EXPECT_THAT(titles(program_of(c, one_item, {item_destroy, unmap_all}), s, many),
                ElementsAre(pin_survives("iommufd_test_access_item_destroy")))
        << s;
    EXPECT_THAT(titles(program_of(c, one_item, {unmap_all, unmap_all}), s, many),
                ElementsAre(pin_survives("iommufd_test_access_unmap")))
        << s;
  }
}

TEST(pin_unmap, the_merged_driver_keeps_the_contract) {
  const config c = repaired_config();
  for (const char* s : strategies)
    for (const unsigned faults : {0u, 1u})
      EXPECT_THAT(
          titles(program_of(c, two_items, {unmap_all, pages, item_destroy}), s, 4'000, 1, faults),
          IsEmpty())
          << s;
}

TEST(pin_unmap, record_first_is_sound_too) {
  const config c = with(repaired_config(), {{"selftest_access.lock", "record_first"}});
  for (const char* s : strategies)
    EXPECT_THAT(titles(program_of(c, attached, {pages, unmap_all, unmap_all}), s, 3'000, 1, 1),
                IsEmpty())
        << s;
}

// A pin is stopped on its way; does an unmap of [0x20000, +0x1000), where an item is, wait for it?
bool unmap_waits_for_pin_at(std::uint64_t where) {
  const config c = with(repaired_config(), {{"selftest_access.lock", "record_first"}});
  const program p = program_of(c,
                               [](world* w) {
                                 attached(w);
                                 make_call(w, "ioas_map", {1, 0x20000, 0x1000});
                                 make_call(w, "access_pages", {3, 0x20000, 0x1000});
                               },
                               {[where](world* w) {
                                  make_call(w, "access_pages", {3, where, 0x1000});
                                },
                                [](world* w) {
                                  make_call(w, "ioas_unmap", {1, 0x20000, 0x1000});
                                }});
  const auto plan = parse_schedule(
      "cpu1 until iommufd_access_pin_pages mutex_lock access#1.ioas_lock\n"
      "cpu2\n");
  engine e;
  const kept_execution kept = keep(e, p, *plan, {}, {});
  EXPECT_EQ(kept.what.kind, verdict::none);
  return kept.steps.tasks[kept.steps.lines.back().task] == "cpu2";
}
TEST(pin_unmap, record_first_waits_for_the_pins_of_its_range_only) {
  EXPECT_TRUE(unmap_waits_for_pin_at(0x20000));
  EXPECT_FALSE(unmap_waits_for_pin_at(iova));
}

// Without memory for the record there is no pin.
TEST(pin_unmap, record_first_may_find_no_memory) {
  const config c = with(repaired_config(), {{"selftest_access.lock", "record_first"}});
  const program p =
      program_of(c, attached, {[](world* w) {
                   EXPECT_EQ(make_call(w, "access_pages", {3, iova, 0x1000}).rc, -ENOMEM);
                 }});
  const auto plan = parse_schedule("cpu1\nchoose cpu1:iommufd_test_access_pages:kmalloc#2 1\n");
  execution_options o;
  o.faults_max = 1;
  engine e;
  EXPECT_EQ(keep(e, p, *plan, o, {}).what.kind, verdict::none);
}

TEST(pin_unmap, answering_unlocked_loses_the_item) {
  const config c = with(repaired_config(), {{"selftest_access.lock", "respond_unlocked"}});
  const program p = program_of(c, attached, {pages, unmap_all});
  EXPECT_TRUE(convicts(p, "pos", many,
                       "use-after-free: iommufd_test_access_pages v iommufd_test_access_unmap", 1));
}

// No early return passes for soundness: each call succeeds in at least one execution of ten.
TEST(pin_unmap, calls_succeed) {
  const config c = repaired_config();
  unsigned succeeded[3] = {};
  program p =
      program_of(c, attached,
                 {[&](world* w) {
                    succeeded[0] += make_call(w, "access_pages", {3, iova, 0x2000}).rc == 0;
                  },
                  [&](world* w) { succeeded[1] += make_call(w, "ioas_unmap_all", {1}).rc == 0; },
                  [&](world* w) { succeeded[2] += make_call(w, "ioas_unmap_all", {1}).rc == 0; }});
  for (const char* s : strategies) {
    for (unsigned& n : succeeded) n = 0;
    titles(p, s, 1000);
    for (const unsigned n : succeeded) EXPECT_GT(n, in_this_build(100u, 40u)) << s;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
