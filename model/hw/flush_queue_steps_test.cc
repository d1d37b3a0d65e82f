// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps of the DMA API: strict and lazy unmaps, flushes, the timer, the first and the last of a
// domain, and of IOVAs.
#include "model/hw/machine_test.h"
#include "model/iommufd/steps_test.h"

namespace iorace::kern::this_file {
namespace {

// One CPU, one size of IOVAs that are cached, a ring of one entry.
config small_config() {
  return hw_config(with(repaired_config(),
                        {{"fq_size", "2"}, {"iova_rcache_sizes", "1"}, {"online_cpus", "1"}}));
}

void strict(world* w) {
  machine(w);
  make_call(w, "endpoint_attach", {vtd_dev, dma_domain});
}
void lazy(world* w) {
  strict(w);
  make_call(w, "dma_init_fq", {dma_domain});
}
void unmaps(world* w) { make_call(w, "dma_unmap", {mapping}); }

constexpr const char* tags = "paging#3.cache_lock";
constexpr const char* ring = "fq#1.lock";
constexpr const char* cpu = "cpu_rcache#1.lock";

TEST(flush_queue_steps, strict_unmap) {
  expect_pairs({.pairs = 9,
                .unlocked = 5,
                .setup = strict,
                .cpu1 = unmaps,
                .steps = {{"1 queued?", "load_acquire cookie#1.fq_domain"},
                          {"2 clear", "write_once table#4.pte"},
                          {"3 L+ tags", "spin_lock paging#3.cache_lock"},
                          {"3 WAIT", "device_poll iommu#1.status", tags},
                          {"3 L- tags", "spin_unlock paging#3.cache_lock", tags},
                          {"3 tables", "list_empty freelist#1.1.head"},
                          {"3 L+ IOVAs", "spin_lock cpu_rcache#1.lock"},
                          {"3 IOVA", "write magazine#1.pfns", cpu},
                          {"3 L- IOVAs", "spin_unlock cpu_rcache#1.lock", cpu},
                          {"the buffer", "kfree buffer#1"}},
                .c = small_config()});
}

TEST(flush_queue_steps, lazy_unmap) {
  expect_pairs({.pairs = 9,
                .unlocked = 5,
                .setup = lazy,
                .cpu1 = unmaps,
                .steps = {{"1 queued?", "load_acquire cookie#1.fq_domain"},
                          {"2 clear", "write_once table#4.pte"},
                          {"4 L+ ring", "spin_lock fq#1.lock"},
                          {"4 free", "read_once cookie#1.fq_flush_finish_cnt", ring},
                          {"4 append", "write fq#1.tail", ring},
                          {"4 counter", "read_once cookie#1.fq_flush_start_cnt", ring},
                          {"4 L- ring", "spin_unlock fq#1.lock", ring},
                          {"4 timer on?", "read_once cookie#1.fq_timer_on"},
                          {"4 timer_on", "atomic_sync cookie#1.fq_timer_on"},
                          {"4 arm", "mod_timer timer#1"}},
                .c = small_config()});
}

TEST(flush_queue_steps, unmap_into_a_full_ring) {
  expect_pairs({.pairs = 9,
                .unlocked = 0,
                .setup =
                    [](world* w) {
                      lazy(w);
                      make_call(w, "dma_unmap", {make_call(w, "dma_map", {dma_domain}).out});
                    },
                .cpu1 = unmaps,
                .steps = {{"L+ ring", "spin_lock fq#1.lock"},
                          {"FLUSH start", "atomic cookie#1.fq_flush_start_cnt", ring},
                          {"FLUSH ring", "device_submit hw#1", ring},
                          {"FLUSH WAIT", "device_poll iommu#1.status", ring},
                          {"FLUSH finish", "atomic cookie#1.fq_flush_finish_cnt", ring},
                          {"tables", "list_empty fq_entry#1.freelist", ring},
                          {"IOVA", "write magazine#1.pfns", ring},
                          {"out of the ring", "write fq#1.head", ring},
                          {"append", "write fq#1.tail", ring},
                          {"L- ring", "spin_unlock fq#1.lock", ring}},
                .c = small_config()});
}

// The handler, as if CPU1 took the interrupt.
TEST(flush_queue_steps, timer) {
  expect_pairs({.pairs = 9,
                .unlocked = 4,
                .setup =
                    [](world* w) {
                      lazy(w);
                      unmaps(w);
                    },
                .cpu1 =
                    [](world*) {
                      timer_list* const timer = &cookie_under_test()->fq_timer;
                      timer->function(timer);
                    },
                .steps = {{"timer_on", "write_once cookie#1.fq_timer_on"},
                          {"FLUSH start", "atomic cookie#1.fq_flush_start_cnt"},
                          {"FLUSH L+ tags", "spin_lock paging#3.cache_lock"},
                          {"FLUSH WAIT", "device_poll iommu#1.status", tags},
                          {"FLUSH L- tags", "spin_unlock paging#3.cache_lock", tags},
                          {"FLUSH finish", "atomic cookie#1.fq_flush_finish_cnt"},
                          {"L+ ring", "spin_lock fq#1.lock"},
                          {"tables", "list_empty fq_entry#1.freelist", ring},
                          {"IOVA", "write magazine#1.pfns", ring},
                          {"L- ring", "spin_unlock fq#1.lock", ring}},
                .c = small_config()});
}

TEST(flush_queue_steps, teardown) {
  expect_pairs({.pairs = 5,
                .unlocked = 5,
                .setup =
                    [](world* w) {
                      machine(w);
                      make_call(w, "dma_init_fq", {dma_domain});
                      unmaps(w);
                    },
                .cpu1 = [](world* w) { make_call(w, "paging_free", {dma_domain}); },
                .steps = {{"timer", "timer_delete_sync timer#1"},
                          {"ring", "kfree fq#1"},
                          {"cached IOVAs", "kfree rcache#1"},
                          {"IOVAs", "kfree iova#1"},
                          {"cookie", "kfree cookie#1"},
                          {"tree", "kfree table#3"}},
                .c = small_config()});
}

TEST(flush_queue_steps, live_upgrade) {
  constexpr const char* group = "owner#3.group";
  expect_pairs({.pairs = 5,
                .unlocked = 0,
                .setup = strict,
                .cpu1 = [](world* w) { make_call(w, "dma_init_fq", {dma_domain}); },
                .steps = {{"lazy already?", "read_once cookie#1.fq_domain"},
                          {"counters", "write_once cookie#1.fq_flush_start_cnt", group},
                          {"ring", "kmalloc fq#1.1", group},
                          {"entries", "kmalloc fq_entry#1.1", group},
                          {"single_fq", "write cookie#1.single_fq", group},
                          {"publish", "store_release cookie#1.fq_domain", group}},
                .c = small_config()});
}

TEST(flush_queue_steps, the_first_probe_of_a_group) {
  constexpr const char* lock = "cookie#2.lock";
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = machine,
                .cpu1 = [](world* w) { make_call(w, "dma_init_domain", {raw_domain}); },
                .steps = {{"L+", "mutex_lock cookie#2.lock"},
                          {"initialised?", "read cookie#2.start_pfn", lock},
                          {"start_pfn", "write cookie#2.start_pfn", lock},
                          {"caches", "kmalloc rcache#1.1", lock},
                          {"L-", "mutex_unlock cookie#2.lock", lock}},
                .c = small_config()});
}

// No magazine has an IOVA, so that the tree is asked.
TEST(flush_queue_steps, map) {
  constexpr const char* depot = "rcache#1.lock";
  constexpr const char* tree = "cookie#1.iova_rbtree_lock";
  expect_pairs({.pairs = 9,
                .unlocked = 4,
                .setup = strict,
                .cpu1 = [](world* w) { make_call(w, "dma_map", {dma_domain}); },
                .steps = {{"L+ cpu", "spin_lock cpu_rcache#1.lock"},
                          {"L+ depot", "spin_lock rcache#1.lock", cpu},
                          {"L- depot", "spin_unlock rcache#1.lock", depot},
                          {"L- cpu", "spin_unlock cpu_rcache#1.lock", cpu},
                          {"M node", "kmalloc iova#1.1"},
                          {"L+ tree", "spin_lock cookie#1.iova_rbtree_lock"},
                          {"insert", "itree_insert cookie#1.rbroot", tree},
                          {"L- tree", "spin_unlock cookie#1.iova_rbtree_lock", tree},
                          {"walk", "read_once table#3.pte"},
                          {"leaf", "atomic_sync table#4.pte"}},
                .c = small_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
