// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the device of a mock domain reaches: what is mapped, wherever in the aperture, and nothing
// else. Its pages are halves of the user's.
#include <gmock/gmock.h>

#include "model/iommufd/mock_domain.h"
#include "model/test_calls.h"

namespace iorace::kern::this_file {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t mock_first = 0x1000000, mock_last = 0x7ffff800;  // of the aperture's pages
constexpr std::uint64_t half_page = 0x800;
constexpr std::uint64_t mock_memory = 0x100000;
constexpr std::uint64_t same_slot = tlb_slots * half_page;  // so far apart

struct mock_call {
  const char* flow;
  std::vector<std::uint64_t> args;
};

// What the calls return that come after ioas 1 and its page table 2 have been made.
std::vector<long> codes_of(
    const std::vector<mock_call>& calls, const std::function<void()>& look = [] {}) {
  const config c = repaired_config();
  std::vector<long> rc;
  const program p = program_of(c,
                               [](world* w) {
                                 make_call(w, "ioas_alloc");
                                 make_call(w, "hwpt_alloc", {1});
                               },
                               {[&](world* w) {
                                 for (const mock_call& call : calls)
                                   rc.push_back(make_call(w, call.flow, call.args).rc);
                                 look();
                               }});
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(p, choose, {}).how, ended::finished) << e.last_finding().title;
  return rc;
}
// Whether a device has written there. No operation.
bool is_written(unsigned long pfn, unsigned half) {
  return pfn_to_page(pfn)->memory[half].data.peek() != 0;
}

TEST(mock_dma, reaches_what_is_mapped_while_it_is) {
  EXPECT_THAT(codes_of({{"hwpt_dma_read", {2, mock_first}},
                        {"ioas_map", {1, mock_first, 0x1000}},
                        {"hwpt_dma_read", {2, mock_first}},
                        {"hwpt_dma_write", {2, mock_first}},
                        {"hwpt_dma_read", {2, mock_first + 0x1000}},
                        {"ioas_unmap_all", {1}},
                        {"hwpt_dma_read", {2, mock_first}}}),
              ElementsAre(-EFAULT, 0, 0, 0, -EFAULT, 0, -EFAULT));
}

TEST(mock_dma, reaches_nothing_without_its_domain) {
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000}},
                        {"hwpt_dma_read", {2, mock_first}},
                        {"hwpt_destroy", {2}},
                        {"hwpt_dma_read", {2, mock_first}}}),
              ElementsAre(0, 0, 0, -EFAULT));
}

// The next device has the requester id of the one that is gone, and not its number.
TEST(mock_dma, reaches_nothing_by_the_domain_of_the_next_device) {
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000}},
                        {"hwpt_destroy", {2}},
                        {"ioas_alloc", {}},
                        {"hwpt_alloc", {1}},
                        {"hwpt_dma_read", {3, mock_first}},
                        {"hwpt_dma_read", {2, mock_first}}}),
              ElementsAre(0, 0, 0, 0, 0, -EFAULT));
}

TEST(mock_dma, halves_of_a_page_are_pages_of_their_own) {
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000}},
                        {"hwpt_dma_write", {2, mock_first + half_page}}},
                       [] {
                         EXPECT_FALSE(is_written(0, 0));
                         EXPECT_TRUE(is_written(0, 1));
                       }),
              ElementsAre(0, 0));
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, half_page, mock_memory + half_page}},
                        {"hwpt_dma_write", {2, mock_first}},
                        {"hwpt_dma_write", {2, mock_first + half_page}}},
                       [] {
                         EXPECT_FALSE(is_written(0, 0));
                         EXPECT_TRUE(is_written(0, 1));
                       }),
              ElementsAre(0, 0, -EFAULT));
}

TEST(mock_dma, both_ends_of_the_aperture) {
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, half_page, mock_memory}},
                        {"ioas_map", {1, mock_last, half_page, mock_memory + 0x1000}},
                        {"hwpt_dma_read", {2, mock_first - half_page}},
                        {"hwpt_dma_read", {2, mock_first}},
                        {"hwpt_dma_read", {2, mock_last - half_page}},
                        {"hwpt_dma_write", {2, mock_last}},
                        {"hwpt_dma_read", {2, mock_last + half_page}},
                        {"ioas_unmap", {1, mock_last, half_page}},
                        {"hwpt_dma_read", {2, mock_last}},
                        {"hwpt_dma_read", {2, mock_first}}},
                       [] {
                         EXPECT_FALSE(is_written(0, 0));
                         EXPECT_TRUE(is_written(1, 0));
                       }),
              ElementsAre(0, 0, -EFAULT, 0, -EFAULT, 0, -EFAULT, 0, -EFAULT, 0));
}

// They take each other's place in the TLB, and in what is cached of tables.
TEST(mock_dma, pages_of_one_slot_are_not_mixed_up) {
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000, mock_memory}},
                        {"hwpt_dma_write", {2, mock_first}},
                        {"hwpt_dma_read", {2, mock_first + same_slot}},
                        {"ioas_map", {1, mock_first + same_slot, 0x1000, mock_memory + 0x1000}}},
                       [] { EXPECT_FALSE(is_written(1, 0)); }),
              ElementsAre(0, 0, -EFAULT, 0));
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000, mock_memory}},
                        {"ioas_map", {1, mock_first + same_slot, 0x1000, mock_memory + 0x1000}},
                        {"hwpt_dma_read", {2, mock_first}},
                        {"hwpt_dma_write", {2, mock_first + same_slot}}},
                       [] {
                         EXPECT_FALSE(is_written(0, 0));
                         EXPECT_TRUE(is_written(1, 0));
                       }),
              ElementsAre(0, 0, 0, 0));
  // An unmap drops the page's own entry, and only that.
  EXPECT_THAT(codes_of({{"ioas_map", {1, mock_first, 0x1000, mock_memory}},
                        {"ioas_map", {1, mock_first + same_slot, 0x1000, mock_memory + 0x1000}},
                        {"hwpt_dma_read", {2, mock_first}},
                        {"ioas_unmap", {1, mock_first + same_slot, 0x1000}},
                        {"hwpt_dma_read", {2, mock_first + same_slot}},
                        {"hwpt_dma_read", {2, mock_first}}}),
              ElementsAre(0, 0, 0, 0, -EFAULT, 0));
}

}  // namespace
}  // namespace iorace::kern::this_file
