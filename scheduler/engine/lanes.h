// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include <cstddef>
#include <cstring>

namespace iorace {

// Raises `into` to `from`, element by element, 16 bytes at a time. Requires: `n` is not 0, and what
// there is of both beyond `n` fills the last 16 bytes.
template <class Element>
void raise_to(void* into, const void* from, unsigned n) {
  using lanes [[gnu::vector_size(16)]] = Element;
  std::size_t i = 0;
  do {
    lanes a, b;
    std::memcpy(&a, static_cast<char*>(into) + i, sizeof a);
    std::memcpy(&b, static_cast<const char*>(from) + i, sizeof b);
    a = a > b ? a : b;
    std::memcpy(static_cast<char*>(into) + i, &a, sizeof a);
    i += sizeof(lanes);
  } while (i < n * sizeof(Element));
}

}  // namespace iorace
