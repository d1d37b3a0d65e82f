// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <algorithm>
#include <cctype>

#include "tools/tidy/tidy.h"

namespace iorace::tidy {
namespace {

// Where the comment or literal that starts at `at` ends; `at` itself if none starts there.
std::size_t end_of_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") {
    const std::size_t end = text.find("*/", at + 2);
    return end == text.npos ? text.size() : end + 2;
  }
  return at;
}

std::size_t end_of_literal(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "R\"") {
    const std::size_t open = text.find('(', at);
    if (open == text.npos) return text.size();
    const std::string close = ")" + std::string(text.substr(at + 2, open - at - 2)) + "\"";
    const std::size_t end = text.find(close, open);
    return end == text.npos ? text.size() : end + close.size();
  }
  const char quote = text[at];
  if (quote != '"' && quote != '\'') return at;
  // 1'000'000: a separator of digits.
  if (quote == '\'' && at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1]))) return at;
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != quote && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size());
}

}  // namespace

std::string code_of(std::string_view text, bool keep_strings) {
  std::string code;
  code.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comment = end_of_comment(text, at);
    const std::size_t literal = comment > at ? at : end_of_literal(text, at);
    const std::string_view piece = text.substr(at, std::max(comment, literal) - at);
    if (piece.empty()) {
      code += text[at++];
      continue;
    }
    if (literal > at && keep_strings) {
      code += piece;
    } else {
      if (literal > at) code += piece.back();
      code.append(static_cast<std::size_t>(std::ranges::count(piece, '\n')), '\n');
      if (literal > at) code += piece.back();
    }
    at += piece.size();
  }
  return code;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace iorace::tidy
