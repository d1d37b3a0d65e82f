// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A driver with a thread of its own. Its close stops the thread, which wakes it up from any wait
// for an address: that is the one wake-up of 5.12 to 6.2 that knew whom it was for, and it is
// one-shot as well.
#include <gmock/gmock.h>

#include "model/iommufd/errors_test.h"
#include "model/iommufd/steps_test.h"
#include "model/vfio/type1/type1_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::Contains;
using testing::IsEmpty;
using settings = std::initializer_list<std::pair<const char*, const char*>>;

constexpr u64 with_thread = 1;
constexpr settings wait_for_it = {{"type1_vaddr", "wait"}};

void threaded(world* w) {
  make_call(w, "container_open");
  make_call(w, "group_attach", {1, 0});
  make_call(w, "mdev_open", {1, with_thread});
  make_call(w, "type1_map", {1, 0, 0x10000, user_memory_start, 0x2000, 3});
}
void invalidate(world* w) {
  make_call(w, "type1_unmap", {1, 0x10000, 0x2000, type1::VFIO_DMA_UNMAP_FLAG_VADDR});
}
void invalidated(world* w) {
  threaded(w);
  invalidate(w);
}
void pin_later(world* w) { make_call(w, "mdev_queue_pin", {1, 0x10000, 0x1000}); }
void close_device(world* w) { make_call(w, "mdev_close", {1}); }
void pins_and_closes(world* w) {
  pin_later(w);
  close_device(w);
}
void unmap(world* w) { make_call(w, "type1_unmap", {1, 0x10000, 0x2000}); }

std::vector<std::string> found(settings s, const body& setup, const std::vector<body>& cpus,
                               unsigned faults = 0) {
  const config c = with(type1_config(), s);
  return titles(program_of(c, setup, cpus), "portfolio", 6'000, 1, faults);
}

// The tutorial: the thread pins what it is asked to, an unmap undoes it, and a close ends it
// whatever it does.
TEST(type1_thread, pins_until_it_is_stopped) {
  EXPECT_THAT(found({}, threaded, {pins_and_closes, unmap}), IsEmpty());
  EXPECT_THAT(found({}, threaded, {pin_later, unmap, close_device}, 1), IsEmpty());
}

// The stop finds the thread asleep, and it gives up; or it comes between the thread's look at the
// mapping and its sleep, which nothing ends any more.
TEST(type1_thread, a_stop_ends_a_wait_that_has_begun) {
  EXPECT_THAT(found(wait_for_it, invalidated, {pins_and_closes}),
              Contains("hung-task: mdev_stop_thread v vfio_wait"));
  const config c = with(type1_config(), wait_for_it);
  unsigned ended_well = 0, waited = 0;
  engine e;
  world* last = nullptr;
  const program p = program_of(c,
                               [&](world* w) {
                                 last = w;
                                 invalidated(w);
                               },
                               {pins_and_closes});
  for (std::uint64_t n = 0; n < 300; ++n) {
    const auto choose = make_strategy("random");
    execution_options o;
    o.number = n;
    if (e.run(p, *choose, o).how != ended::finished) continue;
    ++ended_well;
    waited += has_row(probes_reached(*last), probe::vaddr_waited);
  }
  EXPECT_GT(waited, 0u);
  EXPECT_LT(ended_well, 300u);
}

// Whoever is stopped is told so by type1_vaddr=closing before he sleeps, too.
TEST(type1_thread, a_sticky_state_helps_a_thread_as_well) {
  EXPECT_THAT(found({{"type1_vaddr", "closing"}}, invalidated, {pins_and_closes}), IsEmpty());
}

TEST(type1_thread, upstream_leaves_nothing_to_wait_for) {
  EXPECT_THAT(found({}, threaded, {invalidate, pins_and_closes}), IsEmpty());
}

TEST(type1_thread, is_asked_once_at_a_time) {
  const auto asked = [](faulty_call& c) { c.before.push_back(pin_later); };
  expect_errors({.flow = "mdev_queue_pin",
                 .setup = threaded,
                 .base = [](faulty_call&) {},
                 .rows = {{"no device", EBADF, [](faulty_call& c) { c["mdev"] = 9; }},
                          {"asked", EBUSY, asked}},
                 .c = type1_config()});
}

TEST(type1_thread, steps_of_a_close) {
  const char* const set_lock = "mdev#1.dev_set_lock";
  expect_pairs({.pairs = 4,
                .unlocked = 0,
                .setup = threaded,
                .cpu1 = close_device,
                .steps = {{"L+ set", "mutex_lock mdev#1.dev_set_lock"},
                          {"stop", "kthread_stop kthread#1", set_lock},
                          {"its end", "join", set_lock},
                          {"unpin", "mutex_lock mdev#1.pins_lock", set_lock},
                          {"L- set", "mutex_unlock mdev#1.dev_set_lock", set_lock}},
                .c = type1_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
