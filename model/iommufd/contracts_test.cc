// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant has a planted bug that it convicts and a near miss that it acquits. The knobs
// plant those of the upstream history; here the kernel functions are called as no sound caller
// would.
#include "model/iommufd/contracts.h"

#include <gmock/gmock.h>

#include "model/iommufd/inside_test.h"
#include "model/iommufd/mock_domain.h"
#include "model/iommufd/pages.h"
#include "model/test_calls.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t iova = 0x10000;

// Runs `cpu` after ioas 1 was made, [iova, +0x2000) mapped and access 3 attached; returns the
// title.
std::string title_of(const body& cpu) {
  const body attached = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_map", {1, iova, 0x2000});
    make_call(w, "access_create");
    make_call(w, "access_attach", {3, 1});
  };
  return title_alone(repaired_config(), attached, cpu);
}

TEST(contracts, sound_calls_are_acquitted) {
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "access_pages", {3, iova, 0x2000});
              make_call(w, "ioas_unmap_all", {1});
            }),
            "");
}

// A pin that the driver never wrote down.
TEST(contracts, pin_survives_unmap) {
  EXPECT_EQ(title_of([](world* w) {
              iommufd_access_pin_pages(access_of(w), iova, 0x1000, nullptr, 0);
              make_call(w, "ioas_unmap_all", {1});
            }),
            "pin-survives-unmap: iommufd_test_access_unmap v iommufd_access_pin_pages");
}

// The same when the access leaves its ioas.
TEST(contracts, pin_survives_a_change_of_ioas) {
  EXPECT_EQ(title_of([](world* w) {
              iommufd_access_pin_pages(access_of(w), iova, 0x1000, nullptr, 0);
              make_call(w, "access_detach", {3});
            }),
            "pin-survives-unmap: iommufd_test_access_unmap v iommufd_access_pin_pages");
}

TEST(contracts, area_freed_with_accesses) {
  EXPECT_EQ(title_of([](world* w) {
              iommufd_access_pin_pages(access_of(w), iova, 0x1000, nullptr, 0);
              iopt_area* const area = first_area(w);
              area->pages = nullptr;
              iopt_abort_area(area);
            }),
            "area-freed-with-accesses in iopt_abort_area");
}

TEST(contracts, unpinned_while_mapped) {
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "ioas_alloc");
              make_call(w, "hwpt_alloc", {3});
              make_call(w, "ioas_map", {3, 0x1000000, 0x1000});
              unpin_user_page(0);
            }),
            "unpinned-while-mapped in unpin_user_page");
}

TEST(contracts, pinned_not_once) {
  EXPECT_EQ(title_of([](world* w) {
              iopt_pages* const pages = first_area(w)->pages;
              u32 pfns[1];
              mutex_lock(&pages->mutex);
              iopt_pages_fill_from_mm(pages, 0, 0, pfns);
              CONTRACT(pages_settled, pages);
            }).substr(0, 15),
            "pinned-not-once");
}

TEST(contracts, callback_after_destroy) {
  EXPECT_EQ(title_of([](world* w) {
              iommufd_access* const access = access_of(w);
              CONTRACT(access_destroyed, access);
              iommufd_access_notify_unmap(iopt_of(w), iova, 0x1000);
            }),
            "callback-after-destroy in iommufd_access_notify_unmap");
}

TEST(contracts, area_survives_unmap) {
  EXPECT_EQ(title_of([](world* w) {
              CONTRACT(unmap_entered);
              CONTRACT(unmap_returned, iopt_of(w), iova, iova + 0xfff, 0);
            }).substr(0, 19),
            "area-survives-unmap");
}

// A mapping that is younger than the unmap is none of its business.
TEST(contracts, area_younger_than_the_unmap) {
  EXPECT_EQ(title_of([](world* w) {
              CONTRACT(unmap_entered);
              make_call(w, "ioas_map", {1, iova + 0x4000, 0x1000});
              CONTRACT(unmap_returned, iopt_of(w), iova + 0x4000, iova + 0x4fff, 0);
            }),
            "");
}

// The kernel's own check of an area that its domains hold and no tree has.
TEST(contracts, area_in_no_tree) {
  const auto unmapped_after = [](bool tampered) {
    return title_of([=](world* w) {
      make_call(w, "ioas_alloc");
      make_call(w, "hwpt_alloc", {3});
      make_call(w, "ioas_map", {3, 0x1000000, 0x1000});
      iopt_area* const area = first_area(w, 3);
      iopt_pages* const pages = area->pages;
      if (tampered) interval_tree_remove(&area->pages_node, &pages->domains_itree);
      make_call(w, "ioas_unmap_all", {3});
    });
  };
  EXPECT_EQ(unmapped_after(true), "kernel-warn in iopt_area_unfill_domains");
  EXPECT_EQ(unmapped_after(false), "");
}

// Behind what it has unmapped an unmap may find what it likes.
TEST(contracts, unmap_goes_back) {
  const auto found_after = [](std::size_t detached, std::size_t found) {
    return title_of([=](world* w) {
      make_call(w, "ioas_map", {1, iova + 0x4000, 0x1000});
      iopt_area* const passed = areas_of(w)[detached];
      iopt_area* const met = areas_of(w)[found];
      CONTRACT(unmap_entered);
      CONTRACT(unmap_detached, passed);
      CONTRACT(unmap_found, met);
    });
  };
  EXPECT_EQ(found_after(1, 0).substr(0, 15), "unmap-goes-back");
  EXPECT_EQ(found_after(0, 0).substr(0, 15), "unmap-goes-back");
  EXPECT_EQ(found_after(0, 1), "");
  // What was mapped across the end of what was passed is met where the unmap goes on.
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "ioas_map", {1, iova + 0x4000, 0x1000});
              iopt_area* const passed = areas_of(w)[0];
              iopt_area* const across = areas_of(w)[1];
              const unsigned long start = across->node.start;
              CONTRACT(unmap_entered);
              CONTRACT(unmap_detached, passed);
              across->node.start = passed->node.last;
              CONTRACT(unmap_found, across);
              across->node.start = start;
            }),
            "");
}

TEST(contracts, unlisted_error) {
  const int errors[] = {ENOENT};
  EXPECT_EQ(title_of([&](world*) { CONTRACT(syscall_returned, "ioas_map", -EIO, errors, 1); }),
            "unlisted-error in ioas_map");
  EXPECT_EQ(title_of([&](world*) { CONTRACT(syscall_returned, "ioas_map", -ENOENT, errors, 1); }),
            "");
}

// Of the pages that are mapped at `iova`, and of others.
void pin_by_hand(unsigned long page) {
  u32 pfns[1];
  pin_user_pages(user_memory_start + page * PAGE_SIZE, 1, pfns);
}

TEST(contracts, pin_not_recorded) {
  const auto pinned_before_an_access = [](unsigned long page, bool undone) {
    return title_of([=](world* w) {
      pin_by_hand(page);
      if (undone) unpin_user_page(page);
      make_call(w, "access_pages", {3, iova, 0x1000});
      if (!undone) unpin_user_page(page);
    });
  };
  const char* const wrong = "pin-not-recorded in iopt_area_add_access";
  EXPECT_EQ(pinned_before_an_access(0, false), wrong);
  EXPECT_EQ(pinned_before_an_access(5, false), wrong);
  EXPECT_EQ(pinned_before_an_access(0, true), "");
}

// Two areas that map a page pin it twice.
TEST(contracts, pins_are_summed) {
  const auto mapped_twice = [](bool one_is_lost) {
    return title_of([=](world* w) {
      make_call(w, "ioas_map", {1, iova + 0x4000, 0x2000});
      make_call(w, "access_pages", {3, iova, 0x1000});
      make_call(w, "access_pages", {3, iova + 0x4000, 0x1000});
      if (one_is_lost) unpin_user_page(0);
      make_call(w, "access_pages", {3, iova + 0x1000, 0x1000});
    });
  };
  EXPECT_EQ(mapped_twice(true), "pin-not-recorded in iopt_area_add_access");
  EXPECT_EQ(mapped_twice(false), "");
}

// A run of pages begins before the user's memory: an access has its index 1 or 256, which is the
// user's first page.
TEST(contracts, pins_of_a_run_that_begins_too_early) {
  const auto accessed = [](unsigned long index, bool lost) {
    const unsigned long at = iova + 0x10000;
    return title_of([=](world* w) {
      const unsigned long before = index * PAGE_SIZE;
      make_call(w, "ioas_map", {1, at, before + 0x2000, user_memory_start - before});
      make_call(w, "access_pages", {3, at + before, 0x1000});
      if (lost) unpin_user_page(0);
      make_call(w, "access_pages", {3, at + before + 0x1000, 0x1000});
    });
  };
  for (const unsigned long index : {1ul, 256ul}) {
    EXPECT_EQ(accessed(index, false), "");
    EXPECT_EQ(accessed(index, true), "pin-not-recorded in iopt_area_add_access");
  }
}

// A copy that has a pin beside all accounting, and who is in the middle of recording, are waited
// for.
TEST(contracts, pins_of_others_under_way) {
  const config c = repaired_config();
  const auto setup = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_map", {1, iova, 0x2000});
    for (const std::uint64_t fd : {3u, 4u}) {
      make_call(w, "access_create");
      make_call(w, "access_attach", {fd, 1});
    }
  };
  const auto copy = [](world* w) {
    make_call(w, "access_rw", {3, iova, 8, MOCK_ACCESS_RW_SLOW_PATH});
  };
  const auto pin = [](world* w) { make_call(w, "access_pages", {4, iova, 0x1000}); };
  EXPECT_THAT(titles(program_of(c, setup, {copy, pin}), "random", 2'000), testing::IsEmpty());
}

// Nothing looks at pages any more, up to the end.
TEST(contracts, pinned_at_end) {
  const body nothing = [](world*) {};
  EXPECT_EQ(title_alone(repaired_config(), nothing, [](world*) { pin_by_hand(0); }),
            "pinned-at-end in finish_world");
  EXPECT_EQ(title_alone(repaired_config(), nothing,
                        [](world*) {
                          pin_by_hand(0);
                          unpin_user_page(0);
                        }),
            "");
}

}  // namespace
}  // namespace iorace::kern::this_file
