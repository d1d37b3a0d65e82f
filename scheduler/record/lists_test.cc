// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/lists.h"

#include <gmock/gmock.h>

namespace iorace::this_file {
namespace {

using enum op_kind;
using testing::ElementsAre;

constexpr std::uint64_t first = 1, second = 2, item = 3, other = 4, third = 5;  // of these 3 lists

struct lists : testing::Test {
  std::vector<std::uint64_t> run(op_kind kind, std::uint64_t place, std::uint64_t entry) {
    const auto all = of.concerned(kind, place, entry);
    of.follow(kind, place, entry);
    return all;
  }
  std::vector<std::uint64_t> add(std::uint64_t list, std::uint64_t entry) {
    return run(list_add, list, entry);
  }
  std::vector<std::uint64_t> del(std::uint64_t entry) { return run(list_del, entry, entry); }
  std::vector<std::uint64_t> next(std::uint64_t node) { return run(list_next, node, node); }

  list_nodes of;
};

TEST_F(lists, an_entry_is_in_the_list_of_its_neighbour) {
  EXPECT_THAT(add(first, item), ElementsAre(first, item));
  EXPECT_THAT(add(item, other), ElementsAre(first, other));
  EXPECT_THAT(next(other), ElementsAre(first));
  EXPECT_THAT(next(second), ElementsAre(second));
}

// Who takes it out twice, adds it or looks at it conflicts with who took it out.
TEST_F(lists, an_entry_that_was_taken_out_is_a_list_of_its_own) {
  add(first, item);
  EXPECT_THAT(del(item), ElementsAre(first, item));
  EXPECT_THAT(del(item), ElementsAre(item));
  EXPECT_THAT(next(item), ElementsAre(item));
  EXPECT_THAT(add(second, item), ElementsAre(second, item));
  EXPECT_THAT(next(item), ElementsAre(second));
}

TEST_F(lists, an_entry_that_was_taken_out_can_be_a_head) {
  add(first, item);
  del(item);
  EXPECT_THAT(add(item, other), ElementsAre(item, other));
  EXPECT_THAT(next(other), ElementsAre(item));
}

// The mistake: it was not taken out before.
TEST_F(lists, an_entry_that_is_added_elsewhere_leaves_the_others_behind) {
  add(first, item);
  add(first, other);
  EXPECT_THAT(add(second, other), ElementsAre(second, first));
  EXPECT_THAT(next(other), ElementsAre(second));
  EXPECT_THAT(next(item), ElementsAre(first));
}

TEST_F(lists, a_splice_takes_all_entries_along_and_no_others) {
  add(first, item);
  add(third, other);
  EXPECT_THAT(add(second, first), ElementsAre(second, first));
  EXPECT_THAT(next(item), ElementsAre(second));
  EXPECT_THAT(next(first), ElementsAre(first));
  EXPECT_THAT(next(other), ElementsAre(third));
}

TEST_F(lists, a_node_that_is_made_anew_is_in_no_list) {
  add(first, item);
  EXPECT_THAT(run(list_init, item, item), ElementsAre(first));
  EXPECT_THAT(next(item), ElementsAre(item));
}

}  // namespace
}  // namespace iorace::this_file
