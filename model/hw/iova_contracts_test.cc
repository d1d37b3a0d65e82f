// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// An IOVA is free, queued or somebody's: planted bugs, and near misses.
#include <gmock/gmock.h>

#include "model/hw/contracts.h"
#include "model/hw/dma_iommu.h"
#include "model/hw/driver.h"
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
    dma_cookie* const cookie = part_of<paging_owner>(dma_domain)->domain.peek()->iova_cookie.peek();
    meddle(cookie);
    make_call(w, "dma_unmap", {make_call(w, "dma_map", {dma_domain}).out});
  });
}
void leave(dma_cookie*) {}

TEST(iova_contracts, what_leaves_the_ring_is_lost_unless_it_is_free) {
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              iova_fq* const fq = cookie->single_fq.peek();
              fq->head.poke(fq->tail.peek());
            }),
            "iova-lost in queue_iova");
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              iova_fq* const fq = cookie->single_fq.peek();
              fq->head.poke(fq->tail.peek());
              iova_rcaches* const rcaches = cookie->iovad.rcaches.peek();
              rcaches->taken.poke(0);
            }),
            "");
}

TEST(iova_contracts, who_has_one_has_not_lost_it) {
  EXPECT_EQ(title_of([](dma_cookie* cookie) { alloc_iova_fast(&cookie->iovad, 1, 7); }), "");
  EXPECT_EQ(title_of([](dma_cookie* cookie) {
              alloc_iova_fast(&cookie->iovad, 1, 7);
              contract::iova_given_back(&cookie->iovad, 7, 1);
            }),
            "iova-lost in queue_iova");
}

// A ring of one entry, which makes room for the other one.
TEST(iova_contracts, a_full_ring_makes_room) { EXPECT_EQ(title_of(leave, 2), ""); }

}  // namespace
}  // namespace iorace::kern::this_file
