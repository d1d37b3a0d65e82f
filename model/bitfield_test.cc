// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/bitfield.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::kern::this_file {
namespace {

struct flagged {
  shared<u32> flags[2];
};
IORACE_DESCRIBE(flagged, "flagged", flags);

constexpr flag_place first_bit = {0, 0}, second_bit = {0, 1}, other_word = {1, 0};

flagged* the_flags() { return static_cast<flagged*>(specimen()); }
void init(lab*) { specimen() = make<flagged>(); }
template <const flag_place& at, bool locked>
void sets(lab* l) {
  if (locked) mutex_lock(&l->a);
  write_flag(the_flags()->flags, at, true);
  if (locked) mutex_unlock(&l->a);
}
// Both flags, and where the second one is.
template <const flag_place& second>
std::string both(lab*) {
  const peek_scope looking;
  return std::string(1, read_flag(the_flags()->flags, first_bit) ? '1' : '0') +
         (read_flag(the_flags()->flags, second) ? '1' : '0');
}

// What the words would lose if nobody convicted: an exhaustive search that treats the field as one
// that may race finds the race itself.
TEST(litmus_bitfield, flags_of_one_word_are_one_access) {
  EXPECT_EQ(
      outcomes(on_lab({sets<first_bit, false>, sets<second_bit, false>}, init), both<second_bit>),
      "data-race");
  EXPECT_EQ(
      outcomes(on_lab({sets<first_bit, true>, sets<second_bit, false>}, init), both<second_bit>),
      "data-race")
      << "a lock that one of them takes";
  EXPECT_EQ(
      outcomes(on_lab({sets<first_bit, true>, sets<second_bit, true>}, init), both<second_bit>),
      "11");
}

TEST(litmus_bitfield, flags_of_their_own_words_are_not) {
  EXPECT_EQ(
      outcomes(on_lab({sets<first_bit, false>, sets<other_word, false>}, init), both<other_word>),
      "11");
}

// A change leaves the other bits of the word alone.
TEST(bitfield, changes_one_bit) {
  EXPECT_EQ(outcomes(on_lab({[](lab*) {
                              write_flag(the_flags()->flags, first_bit, true);
                              write_flag(the_flags()->flags, second_bit, true);
                              write_flag(the_flags()->flags, first_bit, false);
                            }},
                            init),
                     both<second_bit>),
            "01");
}

}  // namespace
}  // namespace iorace::kern::this_file
