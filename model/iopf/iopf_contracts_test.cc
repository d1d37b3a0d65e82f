// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each invariant has a planted bug that it convicts and a near miss that it acquits. The knobs
// plant those of the history; here state is changed as no sound caller would.
#include <gmock/gmock.h>

#include "model/iopf/contracts.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;

std::string title_of(const body& cpu, const body& setup = two_bonds) {
  return title_alone(iopf_config(), setup, cpu);
}
std::string name_of(const body& cpu) { return verdict_of(title_of(cpu)); }

constexpr unsigned made_up = 1000;  // a number that no task gets to

// Sent by the device, and in the queue.
page_request accepted(const page_request& request) {
  contract::request_sent(the_pdev(), request);
  contract::request_accepted(request);
  return request;
}
void answered(const page_request& request) { contract::response_arrived(the_pdev(), request); }
void drain(unsigned pasid) { contract::drained(the_pdev(), pasid); }

// A group of that last request and what `add` gives it.
iopf_group* group_of(const page_request& last) {
  auto* const group = make<iopf_group>();
  group->last_fault.prm = to_word(last);
  INIT_LIST_HEAD(&group->faults);
  list_add(&group->last_fault.list, &group->faults);
  return group;
}
void link(const page_request& request, list_head* head) {
  auto* const fault = make<iopf_fault>();
  fault->prm = to_word(request);
  list_add(&fault->list, head);
}

TEST(iopf_contracts, sound_calls_are_acquitted) {
  EXPECT_EQ(title_of([](world* w) {
              asks(asks_first)(w);
              asks(asks_last)(w);
              asks(asks_last, 2, 1)(w);
              asks(asks_first, 2, 2)(w);
              make_call(w, "iopf_discard_partial", {first_prq});
              make_call(w, "sva_unbind", {first_bond});
              asks()(w);
              make_call(w, "sva_process_exit", {first_process});
              make_call(w, "sva_close", {second_bond});
              make_call(w, "pri_device_release", {first_pdev});
            }),
            "");
}

// Requests that wait for an answer are those that are the last of their group, and in the queue.
TEST(iopf_contracts, request_unanswered_when_a_driver_has_unbound) {
  const auto unbound = [](unsigned pasid) {
    return name_of([=](world*) {
      const page_request request = accepted(request_of(1, 0, made_up));
      contract::unbound(the_pdev(), pasid);
      answered(request);
    });
  };
  EXPECT_EQ(unbound(1), "request-unanswered");
  EXPECT_EQ(unbound(2), "");
}

TEST(iopf_contracts, request_unanswered_when_a_drain_returns) {
  EXPECT_EQ(name_of([](world*) {
              accepted(request_of(1, 0, made_up));
              drain(1);
            }),
            "request-unanswered");
  EXPECT_EQ(title_of([](world*) {
              answered(accepted(request_of(1, 0, made_up)));
              accepted(request_of(1, 1, made_up + 1, asks_first));
              accepted(request_of(1, 2, made_up + 2, REQUEST_LAST));
              contract::request_sent(the_pdev(), request_of(1, 3, made_up + 3));
              drain(1);
            }),
            "");
  EXPECT_EQ(title_of([](world*) {
              const page_request other = accepted(request_of(2, 0, made_up));
              const page_request nobodys = accepted(request_of(3, 0, made_up));
              drain(1);
              drain(3);
              answered(other);
              answered(nobodys);
            }),
            "");
}

TEST(iopf_contracts, request_unanswered_in_the_end) {
  EXPECT_EQ(title_of([](world*) { accepted(request_of(3, 0, made_up)); }),
            "request-unanswered in finish_world");
  EXPECT_EQ(title_of([](world*) { answered(accepted(request_of(3, 0, made_up))); }), "");
}

TEST(iopf_contracts, request_left_behind_in_the_queue) {
  const auto title_with = [](page_request request) {
    return title_of([request](world*) {
      into_queue(request);
      drain(1);
      the_prq()->head.poke(the_prq()->tail.peek());
    });
  };
  EXPECT_EQ(verdict_of(title_with(request_of(1, 0, made_up))), "request-left-behind");
  EXPECT_EQ(title_with(request_of(2, 0, made_up)), "");
  page_request of_another = request_of(1, 0, made_up);
  of_another.rid = 1;
  EXPECT_EQ(title_with(of_another), "");
}

TEST(iopf_contracts, request_left_behind_by_its_group) {
  const auto name_with = [](const page_request& partial) {
    return name_of([partial](world*) {
      iommu_report_device_fault(the_pdev(), partial);
      contract::group_made(group_of(request_of(1, 0, made_up)), the_fault_param());
      iopf_queue_discard_partial(the_prq()->iopf_queue.peek());
    });
  };
  EXPECT_EQ(name_with(request_of(1, 0, made_up + 1, asks_first)), "request-left-behind");
  EXPECT_EQ(name_with(request_of(1, 1, made_up + 1, asks_first)), "");
  EXPECT_EQ(name_with(request_of(2, 0, made_up + 1, asks_first)), "");
}

TEST(iopf_contracts, request_left_behind_by_an_overflow) {
  for (const bool discarded : {false, true})
    EXPECT_EQ(name_of([discarded](world*) {
                iommu_report_device_fault(the_pdev(), request_of(1, 0, made_up, asks_first));
                if (discarded) iopf_queue_discard_partial(the_prq()->iopf_queue.peek());
                contract::overflow_cleared(the_prq());
              }),
              discarded ? "" : "request-left-behind");
}

TEST(iopf_contracts, group_mixed) {
  const auto name_with = [](const page_request& other) {
    return name_of([other](world*) {
      iopf_group* const group = group_of(request_of(1, 0, made_up));
      link(other, &group->faults);
      contract::group_made(group, the_fault_param());
    });
  };
  page_request of_another = request_of(1, 0, made_up + 1, asks_first);
  of_another.rid = 1;
  EXPECT_EQ(name_with(request_of(2, 0, made_up + 1, asks_first)), "group-mixed");
  EXPECT_EQ(name_with(request_of(1, 1, made_up + 1, asks_first)), "group-mixed");
  EXPECT_EQ(name_with(of_another), "group-mixed");
  EXPECT_EQ(name_with(request_of(1, 0, made_up + 1, asks_first)), "");
}

TEST(iopf_contracts, response_pasid_wrong) {
  const auto name_with = [](u64 device_flags, unsigned request_flags) {
    return name_of([=](world*) {
      the_pdev()->flags.poke(device_flags);
      page_request request = request_of(1, 0, made_up);
      request.flags = request_flags;
      intel_iommu_page_response(the_pdev(), request, RESPONSE_SUCCESS);
    });
  };
  constexpr unsigned with_pasid = unsigned{asks_last} | REQUEST_PASID;
  EXPECT_EQ(name_with(PRI_NO_PASID_IN_RESPONSE, with_pasid), "response-pasid-wrong");
  EXPECT_EQ(name_with(PRI_NO_PASID_IN_RESPONSE, asks_last), "");
  EXPECT_EQ(name_with(PRI_PRG_PER_PASID, with_pasid), "");
}

// A later group that has the same index and PASID is another one.
TEST(iopf_contracts, request_answered_twice) {
  for (const unsigned next : {0u, 1u})
    EXPECT_EQ(name_of([next](world*) {
                const page_request first = accepted(request_of(1, 0, made_up));
                const page_request second = accepted(request_of(1, 0, made_up + 1));
                intel_iommu_page_response(the_pdev(), first, RESPONSE_SUCCESS);
                intel_iommu_page_response(the_pdev(), next == 0 ? first : second, RESPONSE_SUCCESS);
              }),
              next == 0 ? "request-answered-twice" : "");
}

TEST(iopf_contracts, queue_not_empty) {
  const auto name_with = [](const body& change, const body& back) {
    return name_of([&](world* w) {
      change(w);
      contract::iopf_queue_freed(the_prq()->iopf_queue.peek());
      back(w);
    });
  };
  const body report = [](world*) {
    iommu_report_device_fault(the_pdev(), request_of(1, 0, made_up, asks_first));
  };
  const body discard = calls("iopf_discard_partial", first_prq);
  const body nothing = [](world*) {};
  EXPECT_EQ(name_with(report, discard), "queue-not-empty");
  EXPECT_EQ(name_with(
                [&](world* w) {
                  report(w);
                  discard(w);
                },
                nothing),
            "");
  EXPECT_EQ(name_with(
                [](world*) {
                  iopf_group* const group = group_of(request_of(1, 0, made_up));
                  list_add(&group->pending_node, &the_fault_param()->faults);
                },
                nothing),
            "queue-not-empty");
  EXPECT_EQ(name_with(
                [&](world* w) {
                  report(w);
                  make_call(w, "sva_unbind", {first_bond});
                  make_call(w, "sva_unbind", {second_bond});
                  make_call(w, "iopf_disable", {first_pdev});
                },
                nothing),
            "")
      << "no device has it";
}

TEST(iopf_contracts, wrong_address_space) {
  const auto name_with = [](unsigned pasid, std::uint64_t process) {
    return name_of([=](world*) {
      const page_request request = request_of(pasid, 0, made_up);
      contract::request_sent(the_pdev(), request);
      contract::iopf_handled(request, mm_of(process));
    });
  };
  EXPECT_EQ(name_with(1, second_process), "wrong-address-space");
  EXPECT_EQ(name_with(1, first_process), "");
  EXPECT_EQ(name_with(2, second_process), "");
  EXPECT_EQ(name_with(3, second_process), "") << "the device meant nobody";
}

// The PASID has been given to somebody else since the request was sent.
TEST(iopf_contracts, wrong_address_space_by_the_time_of_the_request) {
  EXPECT_EQ(name_of([](world* w) {
              const page_request request = request_of(1, 0, made_up);
              contract::request_sent(the_pdev(), request);
              make_call(w, "sva_unbind", {first_bond});
              make_call(w, "sva_process_exit", {first_process});
              const u64 third = make_call(w, "sva_process_start").out;
              EXPECT_EQ(make_call(w, "sva_bind", {first_pdev, third}).rc, 0);
              EXPECT_EQ(mm_of(third)->iommu_mm.peek()->pasid.peek(), 1u);
              contract::iopf_handled(request, mm_of(third));
            }),
            "wrong-address-space");
}

}  // namespace
}  // namespace iorace::kern::this_file
