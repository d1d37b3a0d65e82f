// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Every flow alone on one CPU: each error that it can return, and with two faults present the one
// that the kernel finds first.
#include <gmock/gmock.h>

#include "model/test_calls.h"

namespace iorace::kern {
namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};
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
void expect_codes(const std::vector<step_of_test>& steps, config c = repaired_config()) {
  std::vector<long> rcs;
  program p = program_of(c, [](world*) {}, {[&](world* w) {
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

TEST(errors, map) {
  expect_codes(after_setup({
      {"ioas_map", {1, iova, 0x1000, memory, 8}, -EOPNOTSUPP},
      {"ioas_map", {1, all, 0x1000, memory, 8 | 7}, -EOPNOTSUPP},  // before the overflow
      {"ioas_map", {1, all, 0x1000}, -EOVERFLOW},
      {"ioas_map", {1, iova, all}, -EOVERFLOW},
      {"ioas_map", {1, all, 0x1000, memory, 1}, -EOVERFLOW},  // before the missing direction
      {"ioas_map", {1, iova, 0x1000, memory, 1}, -EINVAL},    // neither read nor write
      {"ioas_map", {9, iova, 0x1000, memory, 1}, -EINVAL},    // before the bad id
      {"ioas_map", {9, iova, 0x1000}, -ENOENT},
      {"ioas_map", {9, iova, 0}, -ENOENT},  // before the empty range
      {"ioas_map", {1, iova, 0}, -EINVAL},
      {"ioas_map", {1, iova, all - 1}, -EINVAL},  // longer than SIZE_MAX - a page
      {"ioas_map", {1, iova, 0x1000, all}, -EOVERFLOW},
      {"ioas_map", {1, iova, 0x800, memory}, -EINVAL},           // length not aligned
      {"ioas_map", {1, iova + 0x800, 0x1000, memory}, -EINVAL},  // iova not aligned
      {"ioas_map", {1, iova, 0x1000, memory}, -EEXIST},
      {"ioas_map", {1, iova + 0x4000, 0x1000, memory + 0x800}, -EINVAL},  // page_offset not aligned
      {"ioas_map", {1, iova, 0x1000, memory + 0x800}, -EEXIST},           // the overlap comes first
      {"ioas_map", {1, all - 0xfff, 0x2000, memory}, -EOVERFLOW},         // iova wraps
      {"ioas_add_reserved", {1, 0x40000, 0x1000}, 0},
      {"ioas_map", {1, 0x40000, 0x1000, memory}, -EINVAL},
      {"ioas_map", {1, 0x0, 0x100000, memory}, -EINVAL},    // reserved before overlapping
      {"ioas_map", {1, 0, 1ul << 63, 0, 6}, -EOVERFLOW},    // no iova for half of everything
      {"ioas_map", {1, 0, (1ul << 63) - 0x2000, 0, 6}, 0},  // finds the upper half
      {"ioas_map", {1, 0, (1ul << 63) - 0x2000, 0, 6}, -ENOSPC},
      {"ioas_map", {1, 0, 0x1000, memory, 6}, 0},  // finds one
      {"ioas_map", {1, iova + 0x4000, all - 0xffff, 0}, -EOVERFLOW},
  }));
}

TEST(errors, map_pins_for_domains) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"hwpt_alloc", {1}, 0},
      {"ioas_map", {1, aperture, 0x1000, memory}, 0},
      {"ioas_map", {1, aperture + 0x1000, 0x1000, 0x1000}, -EFAULT},
      {"ioas_map", {1, aperture + 0x1000, 0x800, memory}, 0},  // domains take half pages
      {"ioas_map", {1, aperture + 0x1800, 0x800, memory + 0x800}, 0},
      {"ioas_map", {1, aperture + 0x2000, 0x1000, memory + 0x400}, -EINVAL},
      {"ioas_map", {1, aperture + 0x2000, 0x100000, memory}, -EFAULT},
      {"ioas_map", {1, iova, 0x1000, memory}, -EINVAL},      // below the aperture
      {"ioas_map", {1, aperture, 0x1000, 0x1000}, -EEXIST},  // before the fault
      {"hwpt_destroy", {2}, 0},
      {"ioas_unmap_all", {1}, 0},
  });
}

TEST(errors, copy) {
  expect_codes(after_setup({
      {"ioas_alloc", {}, 0},
      {"ioas_copy", {3, 1, iova, iova, 0x1000, 8}, -EOPNOTSUPP},
      {"ioas_copy", {3, 1, iova, iova, all, 8}, -EOPNOTSUPP},
      {"ioas_copy", {3, 1, iova, iova, all, 1}, -EOVERFLOW},
      {"ioas_copy", {3, 1, iova, all, 0x1000}, -EOVERFLOW},
      {"ioas_copy", {3, 1, all, iova, 0x1000}, -EOVERFLOW},
      {"ioas_copy", {3, 9, iova, iova, 0x1000, 1}, -EINVAL},
      {"ioas_copy", {3, 9, iova, iova, 0x1000}, -ENOENT},
      {"ioas_copy", {3, 1, iova, iova, 0}, -EINVAL},
      {"ioas_copy", {3, 1, iova, iova, 0x3000}, -ENOENT},  // hole in the source
      {"ioas_copy", {9, 1, iova, iova, 0x1000}, -ENOENT},
      {"ioas_copy", {9, 1, iova, iova, 0}, -EINVAL},  // the source is read first
      {"ioas_copy", {3, 1, iova, iova, 0x1000}, 0},
      {"ioas_copy", {3, 1, iova, iova, 0x1000}, -EEXIST},
      {"ioas_map", {1, iova + 0x8000, 0x1000, memory, 5}, 0},  // read only
      {"ioas_copy", {3, 1, iova + 0x8000, iova + 0x8000, 0x1000}, -EPERM},
  }));
}

TEST(errors, unmap) {
  expect_codes(after_setup({
      {"ioas_unmap", {9, iova, 0x1000}, -ENOENT},
      {"ioas_unmap", {9, iova, all}, -ENOENT},  // the id comes first here
      {"ioas_unmap", {1, iova, all}, -EOVERFLOW},
      {"ioas_unmap", {1, all, 0}, -EOVERFLOW},
      {"ioas_unmap", {1, iova, 0}, -EINVAL},
      {"ioas_unmap", {1, iova, all - 1}, -EOVERFLOW},
      {"ioas_unmap", {1, iova, 0x1000}, -ENOENT},  // sticks out
      {"ioas_unmap", {1, iova + 0x1000, 0x1000}, -ENOENT},
      {"ioas_unmap", {1, iova + 0x8000, 0x1000}, -ENOENT},  // nothing there
      {"ioas_unmap", {1, iova, 0x2000}, 0},
      {"ioas_unmap", {1, iova, 0x2000}, -ENOENT},
      {"ioas_unmap_all", {1}, 0},
      {"ioas_unmap_all", {9}, -ENOENT},
      {"ioas_unmap", {1, 0, all}, 0},
  }));
}

TEST(errors, unmap_is_not_atomic) {
  expect_codes(after_setup({
      {"ioas_map", {1, iova + 0x2000, 0x2000, memory}, 0},
      {"ioas_unmap", {1, iova, 0x3000}, -ENOENT},
      {"ioas_unmap", {1, iova, 0x2000}, -ENOENT},  // gone all the same
      {"ioas_unmap", {1, iova + 0x2000, 0x2000}, 0},
  }));
}

TEST(errors, pin) {
  expect_codes(after_setup({
      {"access_pages", {3, iova, 0x1000001, 0, 2}, -ENOMEM},
      {"access_pages", {9, iova, 0x1000, 0, 2}, -EOPNOTSUPP},
      {"access_pages", {9, iova, 0x1000}, -EBADFD},
      {"access_pages", {3, iova, 0}, -EINVAL},
      {"access_pages", {3, all - 0xfff, 0x2000}, -EOVERFLOW},
      {"access_pages", {3, iova + 0x800, 0x1000}, -EINVAL},  // not aligned
      {"access_pages", {3, iova + 0x800, 0x3000, 0, 1}, -EINVAL},
      {"access_pages", {3, 0, 0x1000}, -ENOENT},
      {"access_pages", {3, iova, 0x3000}, -ENOENT},  // hole behind
      {"access_pages", {3, iova, 0x1000, memory + 0x1000}, -EBADE},
      {"access_pages", {3, iova, 0x1000, 0x1000}, -EFAULT},
      {"access_pages", {3, iova, 0x1000, memory}, 0},
      {"ioas_map", {1, iova + 0x4000, 0x1000, memory, 5}, 0},  // read only
      {"access_pages", {3, iova + 0x4000, 0x1000, 0, 1}, -EPERM},
      {"access_pages", {3, iova + 0x4000, 0x2000, 0, 1}, -EPERM},  // before the hole behind
      {"access_pages", {3, iova + 0x4000, 0x1000}, 0},
      {"ioas_map", {1, iova + 0x8000, 0x1000, 0x1000}, 0},  // no memory there
      {"access_pages", {3, iova + 0x8000, 0x1000}, -EFAULT},
      {"access_detach", {3}, 0},
      {"access_pages", {3, iova, 0x1000}, -ENOENT},
      {"access_pages", {3, iova, 0}, -EINVAL},  // before the missing ioas
      {"item_destroy", {3, 7}, -ENOENT},
      {"item_destroy", {9, 0}, -EBADFD},
  }));
}

TEST(errors, pin_beyond_the_limit_is_cut) {
  const config c = with(repaired_config(), {{"pages_per_call", "1"}});
  program p = program_of(c,
                         [](world* w) {
                           make_call(w, "ioas_alloc");
                           make_call(w, "ioas_map", {1, iova, 0x2000});
                           make_call(w, "test_create_access", {1});
                         },
                         {[](world* w) { make_call(w, "access_pages", {3, iova, 0x2000}); }});
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(p, choose, {}).how, ended::cut);
}

TEST(errors, driver_pins) {
  expect_codes(after_setup({
      {"access_pin_pages", {9, iova, 0x1000}, -EBADFD},
      {"access_pin_pages", {3, iova, 0}, -EINVAL},
      {"access_pin_pages", {3, iova, 0x1000}, 0},
      {"access_unpin_pages", {3, iova, 0x2000}, -ENOENT},
      {"access_unpin_pages", {9, iova, 0x1000}, -EBADFD},
      {"access_unpin_pages", {3, iova, 0x1000}, 0},
      {"access_unpin_pages", {3, iova, 0x1000}, -ENOENT},
      {"test_create_access", {1, 0}, 0},  // one that cannot pin
      {"access_pages", {4, iova, 0x1000}, -EOPNOTSUPP},
      {"access_pages", {4, iova, 0}, -EOPNOTSUPP},
      {"access_pin_pages", {4, iova, 0x1000}, -EOPNOTSUPP},
      {"access_rw", {4, iova + 1, 0x10}, 0},  // but it can copy, unaligned
  }));
}

TEST(errors, rw) {
  expect_codes(after_setup({
      {"access_rw", {3, iova, 0x1000001, 2}, -ENOMEM},
      {"access_rw", {9, iova, 0x1000, 2}, -EOPNOTSUPP},
      {"access_rw", {9, iova, 0x1000}, -EBADFD},
      {"access_rw", {3, iova, 0}, -EINVAL},
      {"access_rw", {3, all - 0xfff, 0x2000}, -EOVERFLOW},
      {"access_rw", {3, iova, 0x1000}, 0},
      {"access_rw", {3, iova, 0x1000, 1}, 0},
      {"access_rw", {3, iova, 0x1000, 4}, 0},
      {"access_rw", {3, iova, 0x2000, 5}, 0},
      {"access_rw", {3, iova, 0x3000}, -ENOENT},
      {"ioas_map", {1, iova + 0x4000, 0x1000, memory, 5}, 0},
      {"access_rw", {3, iova + 0x4000, 0x1000, 1}, -EPERM},
      {"access_rw", {3, iova + 0x4000, 0x2000, 1}, -EPERM},
      {"ioas_map", {1, iova + 0x8000, 0x2000, 0x1000}, 0},
      {"access_rw", {3, iova + 0x8000, 0x1000}, -EFAULT},
      {"access_rw", {3, iova + 0x8000, 0x1000, 4}, -EFAULT},
      {"access_rw", {3, iova + 0x8000, 0x2000, 4}, -EFAULT},
      {"access_detach", {3}, 0},
      {"access_rw", {3, iova, 0x1000}, -ENOENT},
      {"access_rw", {3, iova, 0}, -EINVAL},
  }));
}

TEST(errors, attach) {
  expect_codes({
      {"access_create", {2}, -EOPNOTSUPP},
      {"access_create", {1}, 0},  // object 1, descriptor 3
      {"access_attach", {9, 9}, -EBADFD},
      {"access_attach", {3, 9}, -ENOENT},
      {"access_attach", {3, 1}, -ENOENT},  // an object of another type
      {"access_replace", {3, 9}, -ENOENT},
      {"access_detach", {3}, -EINVAL},
      {"ioas_alloc", {}, 0},
      {"access_attach", {3, 2}, 0},
      {"access_attach", {3, 9}, -EINVAL},
      {"access_replace", {9, 2}, -EBADFD},
      {"access_replace", {3, 2}, 0},  // to the same
      {"access_replace", {3, 9}, -ENOENT},
      {"ioas_alloc", {}, 0},
      {"ioas_map", {3, iova, 0x800, memory}, 0},  // too small for pins
      {"access_replace", {3, 3}, -EADDRINUSE},
      {"ioas_unmap_all", {3}, 0},
      {"access_replace", {3, 3}, 0},
      {"access_detach", {3}, 0},
      {"access_detach", {9}, -EBADFD},
      {"test_create_access", {9, 2}, -EOPNOTSUPP},
      {"test_create_access", {9, 1}, -ENOENT},
  });
}

TEST(errors, lifetimes) {
  expect_codes({
      {"ioas_alloc", {}, 0},
      {"access_create", {}, 0},
      {"access_attach", {3, 1}, 0},
      {"ioas_destroy", {1}, -EBUSY},
      {"object_destroy", {2}, -EBUSY},  // a driver's
      {"object_destroy", {7}, -ENOENT},
      {"access_detach", {3}, 0},
      {"hwpt_alloc", {1}, 0},
      {"hwpt_alloc", {3}, -EINVAL},  // not an ioas
      {"hwpt_alloc", {9}, -EINVAL},
      {"hwpt_alloc", {9, 1}, -EINVAL},
      {"hwpt_alloc", {1, 1}, -EOPNOTSUPP},
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

TEST(errors, split) {
  expect_codes(after_setup({
      {"vfio_unmap_dma", {1, iova, 0x1000}, -ENOENT},  // large pages: no splitting
      {"ioas_huge_pages", {1, 2}, -EINVAL},
      {"ioas_huge_pages", {9, 0}, -ENOENT},
      {"ioas_huge_pages", {1, 0}, 0},
      {"vfio_unmap_dma", {9, iova, 0x1000}, -ENOENT},
      {"vfio_unmap_dma", {1, iova, 0x800}, -EINVAL},
      {"access_pages", {3, iova, 0x1000}, 0},
      {"vfio_unmap_dma", {1, iova, 0x1000}, -EINVAL},  // an access is there
      {"item_destroy", {3, 0}, 0},
      {"vfio_unmap_dma", {1, iova, 0x1000}, 0},
      {"vfio_unmap_dma", {1, iova, 0}, -EINVAL},
      {"ioas_unmap", {1, iova + 0x1000, 0x1000}, 0},
      {"ioas_add_reserved", {1, 0, 0}, -EINVAL},
      {"ioas_add_reserved", {1, all, 2}, -EOVERFLOW},
      {"ioas_add_reserved", {9, 0, 1}, -ENOENT},
      {"ioas_add_reserved", {9, all, 2}, -EOVERFLOW},
  }));
}

TEST(errors, split_in_domains) {
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
}  // namespace iorace::kern
