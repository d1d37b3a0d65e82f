// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The locks of the chapter's variants: which of them are held where the lists and the pointer to
// them are used. One row for each era, as the thread tells their history, and one test for each
// knob that moves a lock.
#include <gmock/gmock.h>

#include "model/iommufd/steps_test.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;

// All of one device.
constexpr const char* lists = "fault_param#1.lock";
constexpr const char* pointer = "dev_fault#1.lock";
constexpr const char* queue = "iopf_queue#1.lock";
constexpr const char* device = "prq#1.iopf_lock";
constexpr const char* pasids = "prq#1.pasid_mutex";
constexpr const char* driver = "pdev#1.driver";
constexpr const char* sva = "iommu_sva#1.lock";
constexpr const char* group_mutex = "pgroup#1.mutex";

using locks = std::vector<std::string>;

void discards(world*) { iopf_queue_discard_partial(the_prq()->iopf_queue.peek()); }

// What a CPU does, which discards in the end what it has left.
std::vector<done_op> ops_of(const config& c, const body& setup, const body& cpu1) {
  engine e;
  const body all = [&cpu1](world* w) {
    cpu1(w);
    discards(w);
  };
  const stepped_flow flow = {.pairs = 0, .unlocked = 0, .setup = setup, .cpu1 = all, .steps = {}};
  return run_with_switch(e, program_of(c, setup, {all}), flow, ~0u).ops;
}

// The mutexes that CPU1 holds, in the order in which it took them, where it first does `op`.
locks held_at(const config& c, const body& setup, const body& cpu1, const std::string& op) {
  locks held;
  for (const done_op& done : ops_of(c, setup, cpu1)) {
    if (done.text.starts_with(op)) return held;
    const std::string object = done.text.substr(done.text.find(' ') + 1);
    if (done.text.starts_with("mutex_lock")) held.push_back(object);
    if (done.text.starts_with("mutex_unlock")) std::erase(held, object);
  }
  ADD_FAILURE() << "no " << op;
  return held;
}

const page_request partial = request_of(1, 0, 1, asks_first);
const page_request last = request_of(1, 0, 2);

body reports(const page_request& request) {
  return [request](world*) { iommu_report_device_fault(the_pdev(), request); };
}
void has_partial(world* w) {
  one_bond(w);
  reports(partial)(w);
}
// Of a group that nobody else works on.
void responds(world*) {
  pri_device* const dev = the_pdev();
  iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
  bool aborted = false;
  iopf_group* const group = iopf_group_alloc(fault_param, dev, last, &aborted);
  if (era().pointer != pointer_kept::by_reference) iopf_put_dev_fault_param(fault_param, dev);
  iopf_group_response(group, RESPONSE_SUCCESS);
  iopf_free_group(group);
}
void flushes(world*) { iopf_queue_flush_dev(the_pdev(), 1); }
// And the driver knows.
void removes(world*) {
  iopf_queue_remove_device(the_prq()->iopf_queue.peek(), the_pdev());
  the_pdev()->pri_enabled.poke(0);
  the_pdev()->users.poke(0);
}

struct era_row {
  const char* name;
  locks partial, pending, handler, response, discard, flush, remove;
};

void expect_era(const era_row& row) {
  SCOPED_TRACE(row.name);
  const config c = iopf_config({{"iopf.locking", row.name}});
  const auto held = [&c](const body& setup, const body& cpu1, const char* op) {
    return held_at(c, setup, cpu1, op);
  };
  EXPECT_EQ(held(one_bond, reports(partial), "list_add fault_param#1.partial"), row.partial);
  EXPECT_EQ(held(one_bond, responds, "list_add fault_param#1.faults"), row.pending);
  EXPECT_EQ(held(one_bond, reports(last), "queue_work"), row.handler);
  EXPECT_EQ(held(one_bond, responds, "device_submit"), row.response);
  EXPECT_EQ(held(has_partial, discards, "list_del iopf#1"), row.discard);
  EXPECT_EQ(held(one_bond, flushes, "flush_workqueue"), row.flush);
  EXPECT_EQ(held(has_partial, removes, "kfree iopf#1"), row.remove);
}

// One lock keeps the pointer, and the lists only where they are reported to: a discard has another
// one, a response a third.
TEST(iopf_locks, three_for_one_list) {
  for (const char* name : {"three_locks", "asserts"})
    expect_era({.name = name,
                .partial = {pointer},
                .pending = {pointer, lists},
                .handler = {pointer},
                .response = {lists},
                .discard = {queue},
                .flush = {pointer},
                .remove = {queue, pointer}});
}

// The lists have theirs; the pointer's is held across a flush, and a response wants it.
TEST(iopf_locks, both) {
  expect_era({.name = "both_locks",
              .partial = {pointer, lists},
              .pending = {pointer, lists},
              .handler = {pointer},
              .response = {pointer, lists},
              .discard = {queue, lists},
              .flush = {pointer},
              .remove = {queue, pointer}});
}

// The pointer's is for those who count.
TEST(iopf_locks, count) {
  expect_era({.name = "counted",
              .partial = {lists},
              .pending = {lists},
              .handler = {lists},
              .response = {lists},
              .discard = {queue, lists},
              .flush = {},
              .remove = {queue, pointer}});
}

// The pointer's is for those who change it. A removal that answers takes both; before, it relied on
// nobody being left who reports.
TEST(iopf_locks, one_for_the_lists) {
  era_row row = {.name = nullptr,
                 .partial = {lists},
                 .pending = {lists},
                 .handler = {},
                 .response = {lists},
                 .discard = {queue, lists},
                 .flush = {},
                 .remove = {queue, pointer}};
  for (const char* name : {"refcounted", "plain_pointer", "plain_pointer_early"}) {
    row.name = name;
    expect_era(row);
  }
  row.remove = {queue, pointer, lists};
  for (const char* name :
       {"answers_copies", "links_groups", "handles", "frees_groups", "dequeues"}) {
    row.name = name;
    expect_era(row);
  }
}

// What keeps the pointer while a request is reported, besides a lock.
TEST(iopf_locks, references) {
  const auto counted = [](const char* name) {
    const config c = iopf_config({{"iopf.locking", name}});
    const std::vector<done_op> ops = ops_of(c, one_bond, reports(partial));
    return std::ranges::any_of(ops, [](const done_op& op) {
      return op.text == "refcount_inc_not_zero fault_param#1.users";
    });
  };
  for (const char* name :
       {"refcounted", "answers_copies", "links_groups", "handles", "frees_groups", "dequeues"})
    EXPECT_TRUE(counted(name)) << name;
  for (const char* name :
       {"three_locks", "asserts", "both_locks", "plain_pointer", "plain_pointer_early"})
    EXPECT_FALSE(counted(name)) << name;
}

// The lists are looked at before the group is locked for the detach.
TEST(iopf_locks, assert_no_pending_iopf) {
  const body other_has_partial = [](world* w) {
    two_bonds(w);
    reports(request_of(2, 0, 1, asks_first))(w);
  };
  const body unbinds = calls("sva_unbind", first_bond);
  const auto held_under = [&](const char* knob, const char* value) {
    const config c = iopf_config({{"drain_pasid_prq.partial", "left"}, {knob, value}});
    return held_at(c, other_has_partial, unbinds, "list_next fault_param#1.partial");
  };
  EXPECT_EQ(held_under("iopf.locking", "asserts"), (locks{driver, sva, lists}));
  EXPECT_EQ(held_under("assert_no_pending_iopf.when", "before_detach"),
            (locks{driver, sva, lists}));
}

TEST(iopf_locks, prq_event_thread) {
  const auto held_under = [](const char* value, unsigned pasid, const char* op) {
    const config c = iopf_config({{"prq_event_thread.lock", value}});
    const body queued = [pasid](world* w) {
      one_bond(w);
      into_queue(request_of(pasid, 0, 1, pasid == 1 ? asks_first : asks_last));
    };
    return held_at(c, queued, prq_thread, op);
  };
  for (const char* value : {"to_report", "alone"}) {
    const bool reported = std::string_view(value) == "to_report";
    EXPECT_EQ(held_under(value, 1, "read prq#1.devices"), locks{device});
    EXPECT_EQ(held_under(value, 1, "list_add fault_param#1.partial"),
              reported ? (locks{device, lists}) : locks{lists});
    EXPECT_EQ(held_under(value, 3, "device_submit"), reported ? locks{device} : locks{});
    EXPECT_EQ(held_under(value, 1, "complete"), locks{});
  }
}

TEST(iopf_locks, page_response) {
  const body unbinds = calls("sva_unbind", first_bond);
  for (const char* value : {"none", "pasid_mutex"}) {
    const bool locked = std::string_view(value) == "pasid_mutex";
    const config c = iopf_config({{"drain_pasid_prq.partial", "left"},
                                  {"page_response.lock", value},
                                  {"prq_drain.lock", "none"}});
    EXPECT_EQ(held_at(c, one_bond, responds, "device_submit"),
              locked ? (locks{lists, pasids}) : locks{lists});
    for (const char* of_drain : {"reinit_completion", "flush_workqueue", "device_poll"})
      EXPECT_EQ(
          held_at(c, one_bond, unbinds, of_drain),
          locked ? (locks{driver, sva, group_mutex, pasids}) : (locks{driver, sva, group_mutex}));
    EXPECT_EQ(held_at(c, one_bond, unbinds, "xa_erase pgroup#1.pasid_array"),
              (locks{driver, sva, group_mutex}));
  }
}

TEST(iopf_locks, drain_pasid_prq) {
  for (const char* value : {"swept", "swept_to_another"}) {
    const config c = iopf_config({{"drain_pasid_prq.partial", value}, {"prq_drain.lock", "none"}});
    EXPECT_EQ(held_at(c, has_partial, calls("sva_unbind", first_bond), "list_del iopf#1.list"),
              (locks{driver, sva, group_mutex, lists}));
  }
}

TEST(iopf_locks, prq_drain) {
  for (const char* value : {"none", "per_iommu"}) {
    locks expected = {driver, sva, group_mutex};
    if (std::string_view(value) == "per_iommu") expected.push_back("prq#1.drains");
    const config c = iopf_config({{"prq_drain.lock", value}});
    for (const char* of_drain : {"reinit_completion", "flush_workqueue", "device_poll"})
      EXPECT_EQ(held_at(c, one_bond, calls("sva_unbind", first_bond), of_drain), expected);
  }
}

TEST(iopf_locks, overflow) {
  const body overflown = [](world* w) {
    has_partial(w);
    the_prq()->overflowed.poke(1);
  };
  EXPECT_EQ(held_at(iopf_config(), overflown, prq_thread, "list_del iopf#1.list"),
            (locks{queue, lists}));
  EXPECT_EQ(held_at(iopf_config(), overflown, prq_thread, "write_once prq#1.overflowed"), locks{});
}

}  // namespace
}  // namespace iorace::kern::this_file
