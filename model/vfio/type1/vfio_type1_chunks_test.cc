// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Memory that is not contiguous is pinned and mapped chunk by chunk, and any chunk may fail: what
// was pinned, mapped and charged before it is taken back. Invariants look at each end of
// iommu->lock; here the codes and what is left are looked at as well.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using call = faulty_call;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

// One page is a chunk.
config in_pages(settings s = {}) {
  return with(with(type1_config(), {{"contiguous_pages", "1"}}), s);
}
void only_domain(world* w) {
  make_call(w, "container_open");
  make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_COHERENT});
}
void map_four(world* w) {
  make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x4000, 3});
}
void attach_snooping(world* w) { make_call(w, "group_attach", {1, 0, type1::VFIO_IOMMU_SNOOPING}); }
// Everything that was pinned and charged has gone again.
void expect_nothing_left(call& c) {
  c.after.push_back([](world* w) {
    EXPECT_EQ(first_mm(w)->locked_vm.peek(), 0);
    for (unsigned long pfn = 0; pfn < 8; ++pfn)
      EXPECT_TRUE(is_unpinned(&pfn_to_page(pfn)->memory[0])) << pfn;
  });
}
error_row failing(const char* what, int code, const std::function<void(call&)>& cause) {
  return {what, code,
          [=](call& c) {
            cause(c);
            expect_nothing_left(c);
          },
          99};
}

// The tutorial: four pages are four chunks, each pinned and then mapped.
TEST(type1_chunks, steps_of_a_map) {
  const char* const lock = "container#1.lock";
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = only_domain,
                .cpu1 =
                    [](world* w) {
                      make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000, 3});
                    },
                .steps = {{"L+ lock", "mutex_lock container#1.lock"},
                          {"pin 1", "down_read user_mm#1.mmap_lock", lock},
                          {"map 1", "write vdomain#1.pte", lock},
                          {"pin 2", "down_read user_mm#1.mmap_lock", lock},
                          {"map 2", "write vdomain#1.pte", lock},
                          {"L- lock", "mutex_unlock container#1.lock", lock}},
                .c = in_pages()});
}

TEST(type1_chunks, errors_of_a_map) {
  expect_errors({.flow = "type1_map",
                 .setup = only_domain,
                 .base = [](call& c) { c["length"] = 0x4000; },
                 .rows = {failing("the second is not there", EFAULT,
                                  [](call& c) { c["vaddr"] = user_memory_start + 0x7000; }),
                          failing("the third does not fit into the table", ENOMEM,
                                  [](call& c) { c.fail("iommu_map", 3); }),
                          failing("the third is one too many", ENOMEM,
                                  [](call& c) {
                                    c.before.push_back(
                                        [](world* w) { w->limit[limit::memlock_pages] = 2; });
                                  })},
                 .elsewhere = {EBADF, ESRCH, EINVAL, ENOENT, EEXIST, ENOSPC},
                 .c = in_pages()});
}

// A second domain, whose table cannot take the third page: the first one's entries go, too.
TEST(type1_chunks, a_map_into_two_domains) {
  expect_errors({.flow = "type1_map",
                 .setup =
                     [](world* w) {
                       only_domain(w);
                       attach_snooping(w);
                     },
                 .base = [](call& c) { c["length"] = 0x4000; },
                 .rows = {failing("the second domain's third page", ENOMEM,
                                  [](call& c) { c.fail("iommu_map", 6); })},
                 .elsewhere = {EBADF, ESRCH, EINVAL, ENOENT, EEXIST, ENOSPC, EFAULT},
                 .c = in_pages()});
}

// The first domain comes to a container that has mappings: they are pinned then.
TEST(type1_chunks, errors_of_a_replay) {
  expect_errors(
      {.flow = "group_attach",
       .setup =
           [](world* w) {
             make_call(w, "container_open");
             map_four(w);
             make_call(w, "type1_map", {1, 0, 0x18000, user_memory_start, 0x1000, 3});
           },
       .base = [](call& c) { c["type"] = type1::VFIO_IOMMU_COHERENT; },
       .rows = {failing("the third page", ENOMEM, [](call& c) { c.fail("iommu_map", 3); }),
                failing("the second mapping", ENOMEM, [](call& c) { c.fail("iommu_map", 5); }),
                failing("one too many", ENOMEM,
                        [](call& c) {
                          c.before.push_back([](world* w) { w->limit[limit::memlock_pages] = 3; });
                        }),
                failing("not there", EFAULT,
                        [](call& c) {
                          c.before.push_back([](world* w) {
                            first_dma(w)->vaddr.poke(user_memory_start + 0x6000);
                          });
                        })},
       .elsewhere = {EBADF, ESRCH, EINVAL, EBUSY, EMFILE},
       .c = in_pages()});
}

// Whatever fails, and whoever pins, unmaps or attaches beside it.
TEST(type1_chunks, unwinds_leave_nothing_behind) {
  const auto setup = [](world* w) {
    only_domain(w);
    make_call(w, "group_attach", {1, 0});
    make_call(w, "mdev_open", {2});
  };
  const auto maps = [](world* w) {
    map_four(w);
    make_call(w, "type1_unmap", {1, 0x10000, 0x4000});
  };
  const auto pins = [](world* w) { make_call(w, "mdev_pin", {1, 0x11000, 0x2000}); };
  EXPECT_THAT(titles(program_of(in_pages(), setup, {maps, pins, attach_snooping}), "portfolio",
                     6'000, 1, 2),
              testing::IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
