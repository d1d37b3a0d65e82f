// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: tables of pages that a command writes.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fuzz/trace_file.h"

namespace iorace {

// What stands between `<!-- mark -->` and `<!-- /mark -->` in the page.
struct marked_part {
  std::string page;
  std::size_t first = 0, size = 0;
  std::string text() const { return page.substr(first, size); }
};
inline marked_part part_of_page(const std::string& path, std::string_view mark) {
  const auto page = read_file(path);
  const std::string open = fmt::format("<!-- {} -->\n", mark),
                    end = fmt::format("<!-- /{} -->", mark);
  const std::size_t at = page ? page->find(open) : std::string::npos;
  const std::size_t stop = page ? page->find(end) : std::string::npos;
  if (at == std::string::npos || stop == std::string::npos) {
    ADD_FAILURE() << path << " has no place for " << mark;
    return {};
  }
  return {*page, at + open.size(), stop - at - open.size()};
}

// IORACE_UPDATE=1 writes the table, otherwise it has to be there.
inline bool updates_pages() {
  const char* update = std::getenv("IORACE_UPDATE");
  return update != nullptr && *update == '1';
}
inline void compare_with_page(const std::string& path, std::string_view mark,
                              const std::string& table) {
  const std::string full = IORACE_SOURCE_DIR "/" + path;
  marked_part part = part_of_page(full, mark);
  if (updates_pages()) {
    part.page.replace(part.first, part.size, table);
    ASSERT_TRUE(write_file(full, part.page, existing::replace));
  } else {
    EXPECT_EQ(part.text(), table);
  }
}

}  // namespace iorace
