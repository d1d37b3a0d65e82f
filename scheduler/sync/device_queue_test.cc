// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/device_queue.h"

#include <new>

#include "scheduler/explore/same_traces_test.h"
#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

// A device, what is queued for it, and a number that its commands write.
struct machine {
  device_queue queue;
  device_status status;
  lab* world = nullptr;
};
IORACE_DESCRIBE(machine, "machine", queue, status);

machine* here() { return static_cast<machine*>(specimen()); }

struct command {
  device_command base;
  shared<int> number;
};
IORACE_DESCRIBE(command, "command", base, number);

// Appends its number to the log, then says that it is done.
void execute(device_command* c) {
  const int number = reinterpret_cast<command*>(c)->number.peek();
  const std::int64_t old = atomic_read(&here()->world->x);
  atomic_set(&here()->world->x, old * 10 + number);
  device_status_set(&here()->status, static_cast<std::uint64_t>(number));
}

void submit(int number) {
  void* const memory = allocate_object(*class_of<command>(), sizeof(command), gfp::atomic, false);
  auto* const c = ::new (memory) command;
  c->base.execute = execute;
  c->number.poke(number);
  device_submit(&here()->queue, &c->base);
}

void with_machine(lab* l) {
  auto* const m = make<machine>();
  specimen() = m;
  m->world = l;
  device_queue_init(&m->queue);
  device_status_init(&m->status);
}

std::string log_of(lab* l) { return std::to_string(atomic_read(&l->x)); }

// The tutorial: what is queued is done some time later; who has polled the status sees that it is.
TEST(litmus_device_queue, a_poll_waits_for_the_command) {
  const lab_body polls = [](lab* l) {
    submit(1);
    device_poll(&here()->status, 1);
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
  };
  const lab_body does_not = [](lab* l) {
    submit(1);
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
  };
  EXPECT_EQ(outcomes(on_lab({polls}, with_machine), results<1>), "1");
  EXPECT_EQ(outcomes(on_lab({does_not}, with_machine), results<1>), "0 1");
  expect_same_traces(on_lab({polls}, with_machine));
  expect_same_traces(on_lab({does_not}, with_machine));
}

TEST(litmus_device_queue, commands_are_done_in_order) {
  const lab_body both = [](lab*) {
    submit(1);
    submit(2);
    device_poll(&here()->status, 2);
  };
  EXPECT_EQ(outcomes(on_lab({both}, with_machine), log_of), "12");
}

// Two submitters in either order; whoever polls for a lower number may find a higher one.
TEST(litmus_device_queue, a_status_that_was_high_enough_stays_so) {
  const lab_body one = [](lab*) {
    submit(1);
    device_poll(&here()->status, 1);
  };
  const lab_body two = [](lab*) {
    submit(2);
    device_poll(&here()->status, 2);
  };
  const program p = on_lab({one, two}, with_machine);
  EXPECT_EQ(outcomes(p, log_of), "12 21");
  expect_same_traces(p);
  const lab_body three = [](lab* l) {
    device_poll(&here()->status, 1);
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
  };
  const program q = on_lab({three, two}, with_machine);
  EXPECT_EQ(outcomes(q, results<1>), "2");
  expect_same_traces(q);
}

// A CPU that polls does not sleep.
TEST(litmus_device_queue, polling_is_allowed_in_atomic_context) {
  const lab_body polls = [](lab* l) {
    spin_lock(&l->s);
    submit(1);
    device_poll(&here()->status, 1);
    spin_unlock(&l->s);
  };
  const program p = on_lab({polls, polls}, with_machine);
  EXPECT_EQ(outcomes(p, log_of), "11");
  expect_same_traces(p);
}

// Nobody sets the status: the poller waits for ever.
TEST(litmus_device_queue, a_poll_that_nothing_answers_is_a_deadlock) {
  const lab_body polls = [](lab*) { device_poll(&here()->status, 1); };
  EXPECT_EQ(outcomes(on_lab({polls}, with_machine), log_of), "deadlock");
}

}  // namespace
}  // namespace iorace::this_file
