// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Numbers as bytes: seven bits each, lowest first, the top bit set in all but the last. Writing is
// canonical (shortest form). Reading is total: past the end everything is 0, bits beyond the 64th
// are dropped. Nothing here fails; who needs to know whether bytes are canonical writes them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace iorace {

class byte_reader {
 public:
  explicit byte_reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return next_ == bytes_.size(); }
  std::uint8_t byte() { return at_end() ? std::uint8_t{0} : bytes_[next_++]; }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t b = byte();
      if (shift < 64) value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return value;
    }
  }
  std::span<const std::uint8_t> rest() const { return bytes_.subspan(next_); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t next_ = 0;
};

inline void put_number(std::vector<std::uint8_t>& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace iorace
