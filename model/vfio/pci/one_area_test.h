// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: a device with an area of the first two pages of its BAR, and an access of the first.
#pragma once

#include "model/test_calls.h"

// A namespace of its own: other tests have areas of their own by the same name.
namespace iorace::kern::of_two_pages {

inline void one_area(world* w) {
  make_call(w, "vdev_open");
  make_call(w, "bar_mmap", {1, 0, 0x1000, 0x2000});
}
inline void touch(world* w) { make_call(w, "bar_touch", {0x1000, 0, 0}); }

}  // namespace iorace::kern::of_two_pages
