// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// How many different things have come up, and how many of them once, in bounded memory: adaptive
// sampling (Flajolet, "On adaptive sampling", Computing 1990). Hashes are kept as long as there is
// room, then only those that end in a zero bit, then in two ... : exact up to the room, an estimate
// beyond. The result does not depend on the order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "scheduler/record/ledger.h"

namespace iorace {

class distinct_count {
 public:
  explicit distinct_count(std::size_t room = 65'536) : room_(room) {}

  void add(std::uint64_t hash) {
    if ((hash & mask_) != 0) return;
    ++seen_[hash];
    while (seen_.size() > room_) {
      mask_ = mask_ * 2 + 1;
      std::erase_if(seen_, [this](const auto& one) { return (one.first & mask_) != 0; });
    }
  }
  bool exact() const { return mask_ == 0; }
  std::uint64_t count() const { return seen_.size() * (mask_ + 1); }
  // Those that came up once only.
  std::uint64_t once() const {
    std::uint64_t n = 0;
    for (const auto& [hash, times] : seen_) n += times == 1;
    return n * (mask_ + 1);
  }

  void write(ledger_writer& to, std::string_view key) const {
    to.line(key).hash(mask_).count(seen_.size());
    for (const auto& [hash, times] : seen_) to.line("").hash(hash).count(times);
  }
  void read(ledger_reader& from, std::string_view key) {
    seen_.clear();
    mask_ = from.line(key).hash();
    for (auto n = from.count(room_); n != 0 && from.ok(); --n) {
      const std::uint64_t hash = from.line("").hash();
      seen_.emplace_hint(seen_.end(), hash, static_cast<std::uint32_t>(from.count(~0u)));
    }
  }

 private:
  std::size_t room_;
  std::uint64_t mask_ = 0;  // 2^k - 1
  std::map<std::uint64_t, std::uint32_t> seen_;
};

}  // namespace iorace
