// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A map from hashes to small values that is emptied in no time: what a strategy notes during one
// execution. Its room is fixed, so that nothing is allocated per step; once it is full, new keys
// get a value that is forgotten at once.
#pragma once

#include <cstdint>
#include <vector>

namespace iorace {

template <class Value>
class scratch_map {
 public:
  explicit scratch_map(unsigned bits) : slots_(std::size_t{1} << bits), mask_(slots_.size() - 1) {}

  void clear() {
    used_ = 0;
    if (++generation_ != 0) return;
    for (slot& s : slots_) s.generation = 0;
    generation_ = 1;
  }

  // Returns the value at `key`, which is a new Value{} if there was none. Valid until the next call
  // that inserts. `key` is a hash: its low bits are spread already.
  Value& operator[](std::uint64_t key) {
    slot& s = slots_[key & mask_];
    const bool known = s.generation == generation_;
    if (__builtin_expect(full() | (known & (s.key != key)), 0)) return search(key);
    // Without a branch: whether a key is new is what no processor can predict.
    s = {key, generation_, known ? s.value : Value{}};
    used_ += !known;
    return s.value;
  }
  // Returns the value at `key`, or `otherwise` if there is none.
  Value get(std::uint64_t key, Value otherwise) const {
    const slot& s = slots_[key & mask_];
    const bool known = s.generation == generation_;
    if (__builtin_expect(known & (s.key != key), 0)) {
      const Value* const at = find(key);
      return at != nullptr ? *at : otherwise;
    }
    return known ? s.value : otherwise;
  }
  // Returns the value at `key`, or null.
  const Value* find(std::uint64_t key) const {
    const slot& s = slots_[home_of(key)];
    return s.generation == generation_ ? &s.value : nullptr;
  }
  bool full() const { return used_ > mask_ / 4 * 3; }
  // Notes `key`. Returns true iff it is new and there was room for it.
  bool insert(std::uint64_t key) {
    const std::size_t before = used_;
    (*this)[key];
    return used_ != before;
  }

 private:
  struct slot {
    std::uint64_t key = 0;
    std::uint32_t generation = 0;
    Value value{};
  };
  // The slot that has `key`, or else the free one where it belongs.
  std::size_t home_of(std::uint64_t key) const {
    std::size_t i = key & mask_;
    while (slots_[i].generation == generation_ && slots_[i].key != key) i = (i + 1) & mask_;
    return i;
  }
  // As operator[], where slots are taken.
  [[gnu::noinline]] Value& search(std::uint64_t key) {
    slot& s = slots_[home_of(key)];
    if (s.generation == generation_) return s.value;
    if (full()) return overflow_ = {};
    ++used_;
    s = {key, generation_, {}};
    return s.value;
  }

  std::vector<slot> slots_;
  std::size_t mask_;
  std::size_t used_ = 0;
  std::uint32_t generation_ = 1;
  Value overflow_{};
};

}  // namespace iorace
