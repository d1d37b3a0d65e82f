// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An IOVA is free, cached, queued or somebody's: planted bugs, and near misses.
#include <gmock/gmock.h>

#include "model/hw/contracts.h"
#include "model/hw/machine_test.h"

namespace iorace::kern::this_file {
namespace {

// The only mapping of a domain is queued, which `meddle` does something to; then another one is.
std::string title_of(void (*meddle)(dma_cookie*), u64 fq_size = 16) {
  config c = hw_config();
  c.limits[limit::fq_size] = fq_size;
  return title_alone(c, machine, [=](world* w) {
    make_call(w, "dma_init_fq", {dma_domain});
    make_call(w, "dma_unmap", {mapping});
    meddle(cookie_under_test());
    make_call(w, "dma_unmap", {make_call(w, "dma_map", {dma_domain}).out});
  });
}
void leave(dma_cookie*) {}
void empty_the_ring(dma_cookie* cookie) {
  iova_fq* const fq = cookie->single_fq.peek();
  fq->head.poke(fq->tail.peek());
}

TEST(iova_contracts, what_leaves_the_ring_is_lost_unless_it_is_free_or_cached) {
  EXPECT_EQ(title_of(empty_the_ring), "iova-lost in queue_iova");
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              empty_the_ring(cookie);
              free_iova_fast(&cookie->iovad, 15, 1);
            }),
            "");
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              empty_the_ring(cookie);
              free_iova_fast(&cookie->iovad, 15, 1);
              free_cpu_cached_iovas(1, &cookie->iovad);
            }),
            "");
}

TEST(iova_contracts, who_has_one_has_not_lost_it) {
  EXPECT_EQ(title_of([](dma_cookie* cookie) { alloc_iova_fast(&cookie->iovad, 1, 7, false); }), "");
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              alloc_iova_fast(&cookie->iovad, 1, 7, false);
              contract::iova_given_back(&cookie->iovad, 7);
            }),
            "iova-lost in queue_iova");
}

// A ring of one entry, which makes room for the other one.
TEST(iova_contracts, a_full_ring_makes_room) { EXPECT_EQ(title_of(leave, 2), ""); }

// Two IOVAs are cached by one CPU, which `meddle` does something to; then two are handed out, and
// the space goes.
std::string title_of_cached(void (*meddle)(iova_domain*)) {
  return title_alone(hw_config(), machine, [=](world*) {
    iova_domain* const iovad = &cookie_under_test()->iovad;
    const u64 first = alloc_iova_fast(iovad, 1, 15, false);
    const u64 second = alloc_iova_fast(iovad, 1, 15, false);
    free_iova_fast(iovad, first, 1);
    free_iova_fast(iovad, second, 1);
    meddle(iovad);
    for (int i = 0; i < 2; ++i) alloc_iova_fast(iovad, 1, 15, false);
  });
}
iova_cpu_rcache& cache_of(iova_domain* iovad, u64 cpu) {
  return iovad->rcaches.peek()->cpu_rcaches.peek()[cpu];
}

TEST(iova_contracts, an_iova_that_is_cached_twice_is_handed_out_to_two) {
  EXPECT_EQ(title_of_cached([](iova_domain*) {}), "");
  EXPECT_EQ(title_of_cached([](iova_domain* iovad) {
              iova_magazine* const mag = cache_of(iovad, 1).loaded.peek();
              mag->pfns[0].poke(mag->pfns[1].peek());
            }),
            "iova-in-two-places in __iova_rcache_get");
}

TEST(iova_contracts, an_iova_that_is_handed_out_is_in_no_magazine_of_another_cpu) {
  const auto copy = [](iova_domain* iovad) {
    iova_magazine* const to = cache_of(iovad, 2).loaded.peek();
    to->pfns[0].poke(cache_of(iovad, 1).loaded.peek()->pfns[1].peek());
    to->size.poke(1);
  };
  EXPECT_EQ(title_of_cached(copy), "iova-in-two-places in __iova_rcache_get");
  EXPECT_EQ(title_of_cached([](iova_domain* iovad) {
              iova_magazine* const to = cache_of(iovad, 2).loaded.peek();
              iova_magazine* const from = cache_of(iovad, 1).loaded.peek();
              to->pfns[0].poke(from->pfns[1].peek());
              to->size.poke(1);
              from->size.poke(1);
            }),
            "");
}

// What a flush has given back to the tree is not cached any more.
TEST(iova_contracts, an_iova_of_the_tree_is_in_no_magazine) {
  EXPECT_EQ(title_of_cached([](iova_domain* iovad) { free_cpu_cached_iovas(1, iovad); }), "");
  EXPECT_EQ(title_of_cached([](iova_domain* iovad) {
              free_cpu_cached_iovas(1, iovad);
              cache_of(iovad, 2).loaded.peek()->pfns[0].poke(14);
              cache_of(iovad, 2).loaded.peek()->size.poke(1);
            }),
            "iova-in-two-places in __alloc_and_insert_iova_range");
}

// Nobody is handed one: the end of the space tells.
TEST(iova_contracts, a_space_that_goes_has_each_iova_in_one_place) {
  const auto of_two = [](u64 other) {
    return title_alone(hw_config(), machine, [=](world*) {
      iova_domain* const iovad = &cookie_under_test()->iovad;
      free_iova_fast(iovad, alloc_iova_fast(iovad, 1, 14, false), 1);
      iova_magazine* const mag = cache_of(iovad, 2).loaded.peek();
      mag->pfns[0].poke(other);
      mag->size.poke(1);
    });
  };
  EXPECT_EQ(of_two(14), "iova-in-two-places in put_iova_domain");
  EXPECT_EQ(of_two(13), "");
}

}  // namespace
}  // namespace iorace::kern::this_file
