// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/return_code.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/record/scanner.h"

namespace iorace {
namespace {

constexpr int errno_last = 133;  // EHWPOISON

}  // namespace

std::string code_text(long code) {
  if (code < 0 && code >= -errno_last)
    if (const char* name = strerrorname_np(static_cast<int>(-code)))
      return fmt::format("-{}", name);
  return fmt::format("{}", code);
}

tl::expected<long, std::string> code_from(std::string_view word) {
  if (word.starts_with("-E"))
    for (int e = 1; e <= errno_last; ++e)
      if (const char* name = strerrorname_np(e); name != nullptr && word.substr(1) == name)
        return -e;
  long code = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), code);
  if (word.empty() || error != std::errc{} || stop != word.data() + word.size())
    return tl::unexpected(
        fmt::format("{} is not a return code, expected 0 or one like -ENOENT", quoted(word)));
  return code;
}

}  // namespace iorace
