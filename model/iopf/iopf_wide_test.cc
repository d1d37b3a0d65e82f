// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// PASIDs of up to 20 bits and indices of up to 9: what a device knows by them beyond the words that
// it has of its own.
#include "model/iopf/iopf_variants_test.h"
#include "model/iopf/pri_state.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;
using testing::IsEmpty;

constexpr u64 wide_pasid = (1u << pasid_bits) - 2, next_pasid = wide_pasid + 1;
constexpr u64 wide_grpid = (1u << grpid_bits) - 1;
const settings wide = {
    {"max_pasids", "1048576"}, {"prg_indices", "512"}, {"first_pasid", "1048574"}};

settings wide_and(settings more) {
  more.insert(more.end(), wide.begin(), wide.end());
  return more;
}
long request(world* w, u64 pasid, u64 grpid, u64 flags = asks_last) {
  return make_call(w, "page_request", {first_pdev, pasid, grpid, PAGE_WRITABLE, flags}).rc;
}

TEST(iopf_wide, words_hold_them) {
  const page_request r = {.rid = rids_max - 1,
                          .pasid = next_pasid,
                          .grpid = wide_grpid,
                          .page = PAGE_MISSING,
                          .flags = 63,
                          .number = 249u << 16 | 0xffff};
  const page_request same = to_request(to_word(r));
  EXPECT_EQ(same.rid, r.rid);
  EXPECT_EQ(same.pasid, r.pasid);
  EXPECT_EQ(same.grpid, r.grpid);
  EXPECT_EQ(same.page, r.page);
  EXPECT_EQ(same.flags, r.flags);
  EXPECT_EQ(same.number, r.number);
}

TEST(iopf_wide, processes_get_the_last_ones) {
  const auto bound = [](world* w) {
    EXPECT_EQ(request(w, wide_pasid, wide_grpid), 0);
    EXPECT_EQ(request(w, next_pasid, wide_grpid - 1), 0);
    EXPECT_EQ(request(w, 1, 0), -EACCES);
    EXPECT_EQ(request(w, wide_pasid - 1, 0), -EACCES);
    EXPECT_EQ(request(w, next_pasid + 1, 0), -EINVAL);
    EXPECT_EQ(request(w, wide_pasid, wide_grpid + 1), -EINVAL);
  };
  EXPECT_EQ(title_alone(under(wide), two_bonds, bound), "");
  const auto third = [](world* w) {
    two_bonds(w);
    make_call(w, "sva_process_start");
    EXPECT_EQ(make_call(w, "sva_bind", {first_pdev, second_bond + 1}).rc, -ENOSPC);
  };
  EXPECT_EQ(title_alone(under(wide), third, [](world*) {}), "");
}

// Without the limits they are as narrow as ever.
TEST(iopf_wide, are_unknown_by_default) {
  const auto asks_wide = [](world* w) {
    EXPECT_EQ(request(w, iopf_pasids, 0), -EINVAL);
    EXPECT_EQ(request(w, 1, iopf_prgs), -EINVAL);
  };
  EXPECT_EQ(title_alone(iopf_config(), one_bond, asks_wide), "");
}

// An index is in use until it has been answered, and has one PASID at a time.
TEST(iopf_wide, an_index_is_taken_once) {
  const auto taken = [](world* w) {
    auto* const dev = iopf_part_of<pri_device>(first_pdev);
    const pri_place index = outstanding_of(dev, IOMMU_NO_PASID, wide_grpid);
    EXPECT_EQ(claim(index), 0u);
    EXPECT_EQ(claim(index), 1u);
    EXPECT_EQ(request(w, wide_pasid, wide_grpid), -EBUSY);
    write_once(index, 0);
    EXPECT_EQ(request(w, wide_pasid, wide_grpid, asks_first), 0);
    EXPECT_EQ(request(w, next_pasid, wide_grpid), -EBUSY);
    EXPECT_EQ(request(w, wide_pasid, wide_grpid), 0);
    EXPECT_EQ(request(w, wide_pasid, wide_grpid - 1, asks_first), 0);
    make_call(w, "sva_unbind", {first_bond});
    EXPECT_EQ(request(w, wide_pasid, wide_grpid - 1), -EACCES);
    EXPECT_EQ(peek(begun_of(dev, wide_grpid - 1)), 0u);
  };
  EXPECT_EQ(title_alone(under(wide), two_bonds, taken), "");
}

// Requests of a driver that closes; and the planted bug of narrow ones, groups that are told apart
// by index alone.
TEST(iopf_wide, are_drained_and_told_apart) {
  const body asks_wide = asks(asks_last, wide_pasid, wide_grpid);
  EXPECT_THAT(found(wide, one_bond, {closes, asks_wide, asks_wide}), IsEmpty());
  const auto by_both = [](world* w) {
    two_bonds(w);
    iopf_part_of<pri_device>(first_pdev)->flags.poke(PRI_PRG_PER_PASID);
  };
  const body first = asks(asks_first, wide_pasid, wide_grpid);
  const std::vector<body> cpus = {first, both(asks(asks_last, next_pasid, wide_grpid), asks_wide)};
  EXPECT_THAT(found(wide, by_both, cpus), IsEmpty());
  EXPECT_TRUE(convicted_in(iopf_config(), wide_and({{"iopf_group_alloc.match", "grpid"}}), by_both,
                           cpus, "group-mixed in iopf_group_alloc"));
}

}  // namespace
}  // namespace iorace::kern::this_file
