// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant of fault objects has a planted bug that it convicts and a near miss that it
// acquits. The knobs plant those of the kernel; here a moment is where it cannot be.
#include <gmock/gmock.h>

#include "model/iopf/contracts.h"
#include "model/iopf/fault_machine_test.h"
#include "model/iopf/iopf_world.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;

// Runs `cpu` where the device and the mock device are attached, and a group of the latter waits.
std::string title_of(const body& cpu) {
  const body attached = [](world* w) {
    fault_machine(w);
    make_call(w, "fault_attach", {requester, other_page_table});
    make_call(w, "fault_attach", {mock_requester, fault_page_table});
    make_call(w, "trigger_iopf", {mock_requester});
  };
  return title_alone(fault_config(), attached, cpu);
}

pri_device* dev(std::uint64_t number = requester) {
  return static_cast<pri_device*>(hw_by_handle(number));
}
template <class T>
T* object(std::uint64_t id) {
  return container_of(static_cast<iommufd_object*>(xa_peek(&this_world().ictx->objects, id)), T,
                      obj);
}
iommufd_fault* fault() { return object<iommufd_fault>(fault_id); }
iommufd_hw_pagetable* page_table(std::uint64_t id = fault_page_table) {
  return object<iommufd_hw_pagetable>(id);
}
iommufd_attach_handle* handle(std::uint64_t of = mock_requester) {
  return to_iommufd_handle(static_cast<iommu_attach_handle*>(
      xa_peek(&dev(of)->group.peek()->pasid_array, IOMMU_NO_PASID)));
}
iopf_group* waiting() {
  return list_entry(const_cast<list_head*>(list_peek_next(&fault()->deliver)), iopf_group, node);
}
page_request request_of(pri_device* d, unsigned pasid = 0) {
  return {.rid = static_cast<unsigned>(d->rid.peek()),
          .pasid = pasid,
          .grpid = 1,
          .page = PAGE_WRITABLE,
          .flags = REQUEST_READ | REQUEST_LAST | (pasid == 0 ? 0u : unsigned{REQUEST_PASID}),
          .number = 77};
}

TEST(fault_contracts, sound_calls_are_acquitted) {
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "fault_serve", {the_fault});
              make_call(w, "trigger_iopf", {mock_requester});
              make_call(w, "fault_read", {the_fault});
              make_call(w, "trigger_iopf", {mock_requester});
              make_call(w, "fault_replace", {mock_requester, other_page_table});
              make_call(w, "fault_detach", {mock_requester});
              make_call(w, "fault_detach", {requester});
            }),
            "");
}

// On the list, and among the responses; by a detach, and by a replacement.
TEST(fault_contracts, a_group_left_behind) {
  for (const char* how : {"fault_poll", "fault_read", "fault_serve"})
    for (const bool replaced : {false, true}) {
      const std::string title = title_of([=](world* w) {
        make_call(w, how, {the_fault});
        if (replaced)
          contract::fault_replaced(page_table(), handle());
        else
          contract::fault_detached(dev(mock_requester), page_table(), handle());
      });
      EXPECT_EQ(verdict_of(title), how == std::string("fault_serve") ? "" : "request-left-behind")
          << how;
    }
  EXPECT_EQ(title_of([](world*) { contract::fault_replaced(page_table(), handle(requester)); }), "")
      << "the group is another device's";
}

TEST(fault_contracts, a_handle_that_a_report_has) {
  const auto replaced = [](bool left, std::uint64_t whose) {
    return title_of([=](world*) {
      contract::handle_found(&handle(requester)->handle);
      if (left) contract::handle_left();
      contract::fault_replaced(page_table(), handle(whose));
      contract::handle_left();
    });
  };
  EXPECT_EQ(verdict_of(replaced(false, requester)), "request-left-behind");
  EXPECT_EQ(replaced(true, requester), "");
  EXPECT_EQ(title_of([](world* w) {
              make_call(w, "fault_serve", {the_fault});
              contract::handle_found(&handle()->handle);
              contract::fault_replaced(page_table(), handle());
              contract::handle_left();
            }),
            "")
      << "of a mock device";
}

TEST(fault_contracts, a_request_left_in_the_queue) {
  const auto drained = [](unsigned pasid) {
    return title_of([=](world*) {
      pri_iommu* const iommu = dev()->iommu.peek();
      const u64 tail = iommu->tail.peek();
      iommu->ring[tail].poke(to_word(request_of(dev(), pasid)));
      iommu->tail.poke(next_slot(tail));
      contract::rid_drained(dev());
      iommu->tail.poke(tail);
    });
  };
  EXPECT_EQ(verdict_of(drained(0)), "request-left-behind");
  EXPECT_EQ(drained(1), "");
}

TEST(fault_contracts, a_request_unanswered) {
  const auto detached = [](bool answered, std::uint64_t whose) {
    return title_of([=](world*) {
      const page_request request = request_of(dev());
      contract::request_sent(dev(), request);
      contract::request_accepted(request);
      if (answered) contract::response_arrived(dev(), request);
      contract::fault_detached(dev(whose), page_table(other_page_table), handle(requester));
      if (!answered) contract::response_arrived(dev(), request);
    });
  };
  EXPECT_EQ(verdict_of(detached(false, requester)), "request-unanswered");
  EXPECT_EQ(detached(true, requester), "");
  EXPECT_EQ(detached(false, virtual_requester), "") << "of another device";
}

TEST(fault_contracts, an_interrupt_stalled) {
  using moment = void (*)(const iommufd_fault*);
  const auto after = [](std::initializer_list<moment> moments) {
    return title_of([all = std::vector<moment>(moments)](world*) {
      for (const moment m : all) m(fault());
    });
  };
  using namespace contract;
  EXPECT_EQ(verdict_of(after({copy_begins, deliver_wanted})), "interrupt-stalled");
  EXPECT_EQ(verdict_of(after({deliver_wanted, copy_begins})), "interrupt-stalled");
  EXPECT_EQ(after({copy_begins, copies_end, deliver_wanted, deliver_taken}), "");
  EXPECT_EQ(after({deliver_wanted, deliver_taken, copy_begins, copies_end}), "");
}

TEST(fault_contracts, a_group_torn) {
  const auto read = [](u64 count) {
    return title_of([=](world*) {
      page_request partial = request_of(dev());
      partial.flags = REQUEST_READ;
      const fault_message messages[] = {
          {.prm = to_word(partial), .dev_id = 0, .cookie = 1},
          {.prm = to_word(request_of(dev())), .dev_id = 0, .cookie = 1}};
      contract::fault_was_read(messages, count);
    });
  };
  EXPECT_EQ(verdict_of(read(1)), "group-torn");
  EXPECT_EQ(read(2), "");
  EXPECT_EQ(read(0), "");
}

TEST(fault_contracts, a_device_misnamed) {
  const auto named = [](u64 rid) {
    return title_of([=](world*) {
      const fault_message message = {
          .prm = to_word(request_of(dev(mock_requester))), .dev_id = rid, .cookie = 1};
      contract::fault_was_read(&message, 1);
    });
  };
  EXPECT_EQ(verdict_of(named(0)), "device-misnamed");
  EXPECT_EQ(named(1), "");
}

TEST(fault_contracts, an_answer_misplaced) {
  const auto answered = [](u64 other) {
    return title_of([=](world*) {
      contract::fault_answered(waiting()->last_fault.prm.peek() + other, waiting());
    });
  };
  EXPECT_EQ(verdict_of(answered(1)), "answer-misplaced");
  EXPECT_EQ(answered(0), "");
  EXPECT_EQ(title_of([](world*) { contract::fault_answered(0, waiting()); }), "")
      << "who writes a cookie of his own means whatever has it";
}

}  // namespace
}  // namespace iorace::kern::this_file
