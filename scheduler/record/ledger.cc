// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/ledger.h"

#include <charconv>

namespace iorace {

ledger_writer& ledger_writer::line(std::string_view key) {
  if (!text_.empty()) text_ += '\n';
  text_ += key;
  return *this;
}

ledger_writer& ledger_writer::number(std::uint64_t n, int base) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, n, base).ptr;
  text_ += ' ';
  text_.append(digits, end);
  return *this;
}

ledger_writer& ledger_writer::words(std::string_view text) {
  text_ += ' ';
  for (const char c : text) {
    if (c == '\n' || c == '\\') text_ += '\\';
    text_ += c == '\n' ? 'n' : c;
  }
  return *this;
}

ledger_reader& ledger_reader::line(std::string_view key) {
  end_line();
  if (!ok()) return *this;
  const std::size_t end = text_.find('\n');
  ++line_;
  now_ = text_.substr(0, end);
  width_ = now_.size();
  if (end == text_.npos) {
    fail(fmt::format("the text ends here, expected '{}'", key));
    return *this;
  }
  text_.remove_prefix(end + 1);
  if (now_.starts_with(key) && (now_.size() == key.size() || now_[key.size()] == ' '))
    now_.remove_prefix(key.size());
  else
    fail(fmt::format("expected '{}'", key));
  return *this;
}

std::uint64_t ledger_reader::number(int base, std::uint64_t max) {
  if (!ok()) return 0;
  const std::string_view digits = now_.substr(now_.starts_with(' ') ? 1 : 0);
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
  const bool whole = end == digits.data() + digits.size() || *end == ' ';
  if (error != std::errc{} || !whole || n > max) {
    fail(fmt::format("expected a {}number up to {}", base == 16 ? "hexadecimal " : "", max));
    return 0;
  }
  now_ = digits.substr(static_cast<std::size_t>(end - digits.data()));
  return n;
}

std::string ledger_reader::words() {
  std::string text;
  if (!ok()) return text;
  if (now_.starts_with(' ')) now_.remove_prefix(1);
  for (std::size_t i = 0; i < now_.size(); ++i) {
    const bool escaped = now_[i] == '\\' && i + 1 < now_.size();
    if (escaped) ++i;
    text += escaped && now_[i] == 'n' ? '\n' : now_[i];
  }
  now_ = {};
  return text;
}

void ledger_reader::end_line() {
  if (ok() && !now_.empty()) fail("is left over, expected the end of the line");
}

void ledger_reader::fail(std::string what) {
  if (!ok()) return;
  const auto column = static_cast<unsigned>(width_ - now_.size() + 1);
  error_ = tl::unexpected(text_error{line_, column, std::move(what)});
  now_ = {};
}

tl::expected<void, text_error> ledger_reader::finish() {
  end_line();
  return error_;
}

}  // namespace iorace
