// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <gmock/gmock.h>

#include "model/test_calls.h"

namespace iorace::kern {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t iova = 0x10000;

// The first seed: CPU1 makes an access and pins, CPU2 and CPU3 unmap everything.
program access_pin_unmap(const config& c) {
  return program_of(
      c,
      [](world* w) {
        make_call(w, "ioas_alloc");
        make_call(w, "ioas_map", {1, iova, 0x2000});
      },
      {[](world* w) {
         const std::uint64_t access = make_call(w, "access_create").out;
         make_call(w, "access_attach", {access, 1});
         make_call(w, "access_pages", {access, iova, 0x2000});
       },
       [](world* w) { make_call(w, "ioas_unmap_all", {1}); },
       [](world* w) { make_call(w, "ioas_unmap_all", {1}); }});
}

TEST(pin_unmap, the_posted_driver_breaks_the_contract) {
  const config c = with(upstream_config(), {{"selftest_access.lock", "spin"}});
  for (const char* strategy : {"random", "pct:3", "pos"})
    EXPECT_THAT(titles(access_pin_unmap(c), strategy, 2000),
                Contains("pin-survives-unmap: iommufd_test_access_unmap v iommufd_test_access_pages"))
        << strategy;
}

TEST(pin_unmap, the_merged_driver_keeps_it) {
  const config c = repaired_config();
  for (const char* strategy : {"random", "pct:3", "pos"})
    EXPECT_THAT(titles(access_pin_unmap(c), strategy, 2000), IsEmpty()) << strategy;
}

}  // namespace
}  // namespace iorace::kern
