// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What calls return one after the other on one CPU: codes that depend on what came before.
#include <gmock/gmock.h>

#include "model/test_calls.h"

namespace iorace::kern::this_file {
namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t half = std::uint64_t{1} << 63;
constexpr std::uint64_t iova = 0x10000;
constexpr std::uint64_t memory = 0x100000;
constexpr std::uint64_t aperture = 0x1000000;

struct step_of_test {
  const char* flow;
  std::vector<std::uint64_t> args;
  long rc;
};

long make_step(world* w, const step_of_test& s) {
  const flow_info& flow = flow_called(s.flow);
  call_args a = {};
  for (std::size_t i = 0; i < flow.args.size(); ++i)
    a.value[i] = i < s.args.size() ? s.args[i] : flow.args[i].dull;
  return flow.run(*w, a).rc;
}

// Makes the calls in order on one CPU and expects their codes. Nothing may be found, not even a
// leak.
void expect_codes(const std::vector<step_of_test>& steps) {
  const config c = repaired_config();
  std::vector<long> rcs;
  const program p = program_of(c, [](world*) {}, {[&](world* w) {
                                 for (const step_of_test& s : steps) rcs.push_back(make_step(w, s));
                               }});
  engine e;
  round_robin choose;
  const execution_result r = e.run(p, choose, {});
  EXPECT_EQ(r.how, ended::finished) << e.last_finding().title << ": " << e.last_finding().detail;
  ASSERT_EQ(rcs.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(rcs[i], steps[i].rc) << "call " << i << ": " << steps[i].flow;
}

// Object 1 is an ioas, descriptor 3 an attached access that pins, [iova, +0x2000) is mapped.
std::vector<step_of_test> after_setup(std::vector<step_of_test> steps) {
  std::vector<step_of_test> result = {{"ioas_alloc", {}, 0},
                                      {"access_create", {1}, 0},
                                      {"access_attach", {3, 1}, 0},
                                      {"ioas_map", {1, iova, 0x2000, memory}, 0}};
  result.insert(result.end(), steps.begin(), steps.end());
  return result;
}

TEST(results, map_anywhere) {
  expect_codes(after_setup({
      {"ioas_map", {1, 0, half, 0, 6}, -EOVERFLOW},
      {"ioas_map", {1, 0, half - 0x2000, 0, 6}, 0},  // finds the upper half
      {"ioas_map", {1, 0, half - 0x2000, 0, 6}, -ENOSPC},
      {"ioas_map", {1, 0, 0x1000, memory, 6}, 0},  // finds a page
  }));
}

TEST(results, map_into_a_domain) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"hwpt_alloc", {1}, 0},
      {"ioas_map", {1, aperture, 0x800, memory}, 0},  // domains take half pages
      {"ioas_map", {1, aperture + 0x800, 0x800, memory + 0x800}, 0},
      {"ioas_map", {1, aperture + 0x2000, 0x100000, memory}, -EFAULT},
      {"ioas_map", {1, iova, 0x1000, memory}, -EINVAL},      // below the aperture
      {"ioas_map", {1, aperture, 0x1000, 0x1000}, -EEXIST},  // before the fault
      {"hwpt_destroy", {2}, 0},
      {"ioas_unmap_all", {1}, 0},
  });
}

TEST(results, unmap_is_not_atomic) {
  expect_codes(after_setup({
      {"ioas_map", {1, iova + 0x2000, 0x2000, memory}, 0},
      {"ioas_unmap", {1, iova, 0x3000}, -ENOENT},
      {"ioas_unmap", {1, iova, 0x2000}, -ENOENT},  // gone all the same
      {"ioas_unmap", {1, iova + 0x2000, 0x2000}, 0},
  }));
}

TEST(results, unmap_of_nothing) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"ioas_unmap", {1, iova, 0x1000}, -ENOENT},
      {"ioas_unmap_all", {1}, 0},
      {"ioas_unmap", {1, 0, all}, 0},  // the same
  });
}

TEST(results, pin_beyond_the_limit_is_cut) {
  const config c = with(repaired_config(), {{"pages_per_call", "1"}});
  const program p = program_of(c,
                               [](world* w) {
                                 make_call(w, "ioas_alloc");
                                 make_call(w, "ioas_map", {1, iova, 0x2000});
                                 make_call(w, "test_create_access", {1});
                               },
                               {[](world* w) {
                                 make_call(w, "access_pages", {3, iova, 0x2000});
                               }});
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(p, choose, {}).how, ended::cut);
}

TEST(results, pins) {
  expect_codes(after_setup({
      {"access_pages", {3, iova, 0x1000}, 0},
      {"access_pages", {3, iova, 0x2000}, 0},  // overlaps
      {"item_destroy", {3, 0}, 0},
      {"item_destroy", {3, 0}, -ENOENT},
      {"access_pin_pages", {3, iova, 0x1000}, 0},
      {"access_unpin_pages", {3, iova, 0x1000}, 0},
      {"access_unpin_pages", {3, iova, 0x1000}, -ENOENT},
      {"ioas_unmap_all", {1}, 0},  // the callback undoes the other item
      {"item_destroy", {3, 1}, -ENOENT},
      {"access_pages", {3, iova, 0x1000}, -ENOENT},
  }));
}

TEST(results, copies_need_no_alignment) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"test_create_access", {1, 0}, 0},
      {"ioas_map", {1, iova + 1, 0x1003, memory}, 0},
      {"access_rw", {3, iova + 2, 0x10}, 0},
      {"access_pages", {3, iova + 2, 0x10}, -EOPNOTSUPP},
  });
}

TEST(results, attach) {
  expect_codes({
      {"access_create", {1}, 0},           // object 1, descriptor 3
      {"access_attach", {3, 1}, -ENOENT},  // an object of another type
      {"access_replace", {3, 9}, -ENOENT},
      {"ioas_alloc", {}, 0},
      {"access_attach", {3, 2}, 0},
      {"access_replace", {3, 2}, 0},  // to the same
      {"ioas_alloc", {}, 0},
      {"ioas_map", {3, iova, 0x800, memory}, 0},  // too small for pins
      {"access_replace", {3, 3}, -EADDRINUSE},
      {"ioas_unmap_all", {3}, 0},
      {"access_replace", {3, 3}, 0},
      {"access_detach", {3}, 0},
  });
}

TEST(results, lifetimes) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"access_create", {}, 0},
      {"access_attach", {3, 1}, 0},
      {"ioas_destroy", {1}, -EBUSY},
      {"object_destroy", {2}, -EBUSY},  // a driver's
      {"access_detach", {3}, 0},
      {"hwpt_alloc", {1}, 0},
      {"ioas_destroy", {1}, -EBUSY},
      {"hwpt_destroy", {3}, 0},
      {"hwpt_destroy", {3}, -ENOENT},
      {"ioas_map", {1, iova, 0x1000, memory}, 0},
      {"hwpt_alloc", {1}, -EADDRINUSE},  // outside of the aperture
      {"ioas_unmap_all", {1}, 0},
      {"hwpt_alloc", {1}, 0},
      {"access_destroy", {3}, 0},
      {"access_destroy", {3}, -EBADFD},
      {"access_close", {3}, -EBADF},
      {"hwpt_destroy", {3}, 0},
      {"ioas_destroy", {1}, 0},
      {"ioas_destroy", {1}, -ENOENT},
  });
}

TEST(results, split) {
  expect_codes(after_setup({
      {"vfio_unmap_dma", {1, iova, 0x1000}, -ENOENT},  // large pages: no splitting
      {"ioas_huge_pages", {1, 0}, 0},
      {"access_pages", {3, iova, 0x1000}, 0},
      {"vfio_unmap_dma", {1, iova, 0x1000}, -EINVAL},  // an access is there
      {"item_destroy", {3, 0}, 0},
      {"vfio_unmap_dma", {1, iova, 0x1000}, 0},
      {"ioas_unmap", {1, iova + 0x1000, 0x1000}, 0},
  }));
}

TEST(results, split_in_a_domain) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"ioas_huge_pages", {1, 0}, 0},
      {"hwpt_alloc", {1}, 0},
      {"ioas_map", {1, aperture, 0x3000, memory}, 0},
      {"vfio_unmap_dma", {1, aperture + 0x1000, 0x1000}, 0},
      {"ioas_huge_pages", {1, 0}, 0},
      {"ioas_unmap_all", {1}, 0},
  });
}

}  // namespace
}  // namespace iorace::kern::this_file
