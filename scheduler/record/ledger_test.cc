// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/ledger.h"

#include <gtest/gtest.h>

namespace iorace::this_file {
namespace {

// The tutorial: what is written in order is read in order.
TEST(ledger, reads_what_was_written) {
  ledger_writer to;
  to.line("numbers").count(0).count(~std::uint64_t{0}).hash(0xfeedface);
  to.line("").count(1);
  to.line("title").words("a \\ word,\nanother  ");
  to.line("nothing").words("");
  const std::string text = to.take();
  EXPECT_EQ(
      text,
      "numbers 0 18446744073709551615 feedface\n 1\ntitle a \\\\ word,\\nanother  \nnothing \n");

  ledger_reader from(text);
  EXPECT_EQ(from.line("numbers").count(), 0u);
  EXPECT_EQ(from.count(), ~std::uint64_t{0});
  EXPECT_EQ(from.hash(), 0xfeedfaceu);
  EXPECT_TRUE(from.line("").flag());
  EXPECT_EQ(from.line("title").words(), "a \\ word,\nanother  ");
  EXPECT_EQ(from.line("nothing").words(), "");
  EXPECT_TRUE(from.finish());
  EXPECT_EQ(from.rest(), "");
  EXPECT_EQ(from.next_line(), 5u);
}

TEST(ledger, says_where_and_what_was_expected) {
  const struct {
    const char* text;
    unsigned line, column;
    const char* what;
  } cases[] = {
      {"", 1, 1, "the text ends here, expected 'a'"},
      {"b 1 2\n", 1, 1, "expected 'a'"},
      {"ab 1 2\n", 1, 1, "expected 'a'"},
      {"a 1", 1, 1, "the text ends here, expected 'a'"},
      {"a\nb x\n", 1, 2, "expected a number up to 9"},
      {"a 10\nb x\n", 1, 2, "expected a number up to 9"},
      {"a 7x\nb x\n", 1, 2, "expected a number up to 9"},
      {"a -1\nb x\n", 1, 2, "expected a number up to 9"},
      {"a 7 8\nb x\n", 1, 4, "is left over, expected the end of the line"},
      {"a 7\n", 2, 1, "the text ends here, expected 'b'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    ledger_reader from(c.text);
    from.line("a").count(9);
    EXPECT_EQ(from.line("b").words(), "");
    const auto end = from.finish();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error(), (text_error{c.line, c.column, c.what}));
  }
}

TEST(ledger, after_an_error_everything_is_nothing) {
  ledger_reader from("a x\nb 7\n", 5);
  EXPECT_EQ(from.line("a").count(), 0u);
  EXPECT_EQ(from.line("b").count(), 0u);
  EXPECT_FALSE(from.ok());
  from.fail("another complaint");
  EXPECT_EQ(from.finish().error().line, 5u);
}

}  // namespace
}  // namespace iorace::this_file
