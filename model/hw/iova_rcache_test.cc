// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where an IOVA goes when it is given back, and where the next one comes from.
#include <gmock/gmock.h>

#include "model/hw/machine_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;

// IOVAs of one page, by CPU1 alone: none is mapped.
class space {
 public:
  space() : iovad_(&cookie_under_test()->iovad) {}
  u64 alloc(u64 pages = 1) { return alloc_iova_fast(iovad_, pages, 15, true); }
  void free(std::initializer_list<u64> pfns) {
    for (const u64 pfn : pfns) free_iova_fast(iovad_, pfn, 1);
  }
  u64 depot_size() const { return iovad_->rcaches.peek()->depot_size.peek(); }
  iova_domain* iovad_;
};

// What `body` notes, with magazines of `mag_size`, and one CPU.
std::vector<u64> noted(u64 mag_size, void (*body)(space&, std::vector<u64>&)) {
  config c = hw_config();
  c.limits[limit::iova_mag_size] = mag_size;
  c.limits[limit::online_cpus] = 1;
  std::vector<u64> notes;
  EXPECT_EQ(title_alone(c, machine,
                        [&](world*) {
                          space s;
                          body(s, notes);
                        }),
            "");
  return notes;
}

TEST(iova_rcache, hands_out_what_came_last) {
  EXPECT_THAT(noted(127,
                    [](space& s, std::vector<u64>& notes) {
                      for (int i = 0; i < 3; ++i) notes.push_back(s.alloc());
                      s.free({14, 12, 13});
                      for (int i = 0; i < 4; ++i) notes.push_back(s.alloc());
                    }),
              ElementsAre(14, 13, 12, 13, 12, 14, 11));
}

// Sizes are rounded up, and each has magazines of its own.
TEST(iova_rcache, keeps_sizes_apart) {
  EXPECT_THAT(noted(127,
                    [](space& s, std::vector<u64>& notes) {
                      const u64 three = s.alloc(3);
                      notes.push_back(three);
                      free_iova_fast(s.iovad_, three, 3);
                      for (const u64 pages : {1u, 4u, 3u, 2u}) notes.push_back(s.alloc(pages));
                    }),
              ElementsAre(8, 14, 8, 4, 12));
}

// Of magazines of one: what is loaded and the one before it, then the depot.
TEST(iova_rcache, fills_two_magazines_and_then_the_depot) {
  EXPECT_THAT(noted(1,
                    [](space& s, std::vector<u64>& notes) {
                      for (int i = 0; i < 3; ++i) s.alloc();
                      s.free({14, 13});
                      notes.push_back(s.depot_size());
                      s.free({12});
                      notes.push_back(s.depot_size());
                      for (int i = 0; i < 4; ++i) notes.push_back(s.alloc());
                      notes.push_back(s.depot_size());
                    }),
              ElementsAre(0, 1, 12, 14, 13, 11, 0));
}

// Eight pages have no room beside what is cached of the upper half.
TEST(iova_rcache, is_flushed_when_the_tree_has_no_room) {
  EXPECT_THAT(noted(1,
                    [](space& s, std::vector<u64>& notes) {
                      for (int i = 0; i < 4; ++i) s.alloc();
                      s.free({14, 13, 12, 11});
                      notes.push_back(s.alloc(8));
                      make_call(&this_world(), "dma_unmap", {mapping});
                      notes.push_back(s.alloc(8));
                      notes.push_back(s.depot_size());
                    }),
              ElementsAre(0, 8, 0));
}

// With one CPU, one of three magazines may stay; whoever has trimmed looks again.
TEST(iova_rcache, work_trims_the_depot_to_a_magazine_per_cpu) {
  config c = hw_config();
  c.limits[limit::iova_mag_size] = 1;
  c.limits[limit::online_cpus] = 1;
  const auto give_back = [](world*) {
    space s;
    for (int i = 0; i < 5; ++i) s.alloc();
    s.free({14, 13, 12, 11, 10});
  };
  engine e;
  const auto choose = make_strategy("round-robin");
  e.run(program_of(c, machine, {give_back}), *choose, {});
  EXPECT_EQ(e.last_finding().title, "");
  unsigned pushed = 0, trimmed = 0;
  for (const step& s : e.steps())
    if (s.kind == op_kind::queue_delayed_work) ++(s.task == 1 ? pushed : trimmed);
  EXPECT_EQ(pushed, 3u);
  EXPECT_EQ(trimmed, 2u);
}

}  // namespace
}  // namespace iorace::kern::this_file
