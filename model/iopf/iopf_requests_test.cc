// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Which requests the thread of the interrupt answers itself, which it drops, and what becomes of
// the others: by their flags, where they want to go, and what is attached for them.
#include "model/iopf/fault_machine_test.h"
#include "model/iopf/iopf_inside_test.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;

enum outcome : u8 { DROPPED, BAD, REFUSED, HANDLED };

// What becomes of requests of a device that is bound, of its last one if it sends several.
struct sent {
  u64 flags;
  u64 page = PAGE_WRITABLE;
};
outcome outcome_of(const std::vector<sent>& requests) {
  outcome seen = DROPPED;
  const config c = iopf_config();
  program p = program_of(c, one_bond, {[&](world* w) {
                           for (const sent& s : requests)
                             make_call(w, "page_request", {first_pdev, 1, 0, s.page, s.flags});
                         }});
  p.check = [&seen](void* of) {
    world& w = *static_cast<world*>(of);
    const auto reached = [&w](std::size_t probe) { return has_row(probes_reached(w), probe); };
    if (reached(probe::prq_entry_bad)) seen = BAD;
    if (reached(probe::iopf_handled)) seen = HANDLED;
    if (reached(probe::iopf_refused)) seen = REFUSED;
    finish_world(w);
  };
  engine e;
  round_robin choose;
  EXPECT_EQ(e.run(p, choose, {}).how, ended::finished) << e.last_finding().title;
  return seen;
}

constexpr u64 R = REQUEST_READ, W = REQUEST_WRITE, L = REQUEST_LAST, X = REQUEST_EXEC,
              P = REQUEST_PRIVILEGED;

TEST(iopf_requests, by_their_flags) {
  EXPECT_EQ(outcome_of({{R | L}}), HANDLED);
  EXPECT_EQ(outcome_of({{R | W | L}}), HANDLED);
  EXPECT_EQ(outcome_of({{L}}), DROPPED) << "a stop marker";
  EXPECT_EQ(outcome_of({{P | L}}), DROPPED) << "as well";
  EXPECT_EQ(outcome_of({{P | R | L}}), BAD);
  EXPECT_EQ(outcome_of({{P | W | L}}), BAD);
  EXPECT_EQ(outcome_of({{P}, {R | L}}), HANDLED) << "wants nothing";
  EXPECT_EQ(outcome_of({{X | R | L}}), BAD);
  EXPECT_EQ(outcome_of({{X | L}}), DROPPED) << "neither read nor write";
}

TEST(iopf_requests, by_where_they_go) {
  EXPECT_EQ(outcome_of({{R | L, PAGE_READ_ONLY}}), HANDLED);
  EXPECT_EQ(outcome_of({{W | L, PAGE_READ_ONLY}}), REFUSED);
  EXPECT_EQ(outcome_of({{X, PAGE_READ_ONLY}, {R | L}}), HANDLED);
  EXPECT_EQ(outcome_of({{X, PAGE_WRITABLE}, {R | L}}), REFUSED);
  EXPECT_EQ(outcome_of({{X | W | L, PAGE_WRITABLE}}), REFUSED);
  EXPECT_EQ(outcome_of({{R | L, PAGE_MISSING}}), REFUSED);
  EXPECT_EQ(outcome_of({{0, PAGE_MISSING}, {R | L}}), REFUSED);
  EXPECT_EQ(outcome_of({{R | L, PAGE_NOT_CANONICAL}}), BAD);
  EXPECT_EQ(outcome_of({{R, PAGE_NOT_CANONICAL}, {R | L}}), HANDLED) << "it has joined no group";
}

// What is attached is found by PASID and type.
TEST(iopf_requests, handles) {
  const body looks = [](world* w) {
    auto* const dev = iopf_part_of<pri_device>(mock_requester);
    const auto found = [dev](unsigned pasid, iommu_domain_type type) {
      return iommu_attach_handle_get(dev, pasid, type);
    };
    EXPECT_EQ(PTR_ERR(found(IOMMU_NO_PASID, DOMAIN_ANY)), -ENOENT);
    EXPECT_EQ(make_call(w, "fault_attach", {mock_requester, fault_page_table}).rc, 0);
    EXPECT_FALSE(IS_ERR(found(IOMMU_NO_PASID, DOMAIN_ANY)));
    EXPECT_FALSE(IS_ERR(found(IOMMU_NO_PASID, DOMAIN_NESTED)));
    EXPECT_EQ(PTR_ERR(found(IOMMU_NO_PASID, DOMAIN_SVA)), -EBUSY);
    EXPECT_EQ(PTR_ERR(found(1, DOMAIN_ANY)), -ENOENT);
  };
  EXPECT_EQ(title_alone(fault_config(), fault_machine, looks), "");
}

// The selftest's driver says that users have PASID tables of their own: a request of any PASID is
// for whoever has the requests without one. Any other driver has it answered.
TEST(iopf_requests, of_a_pasid_of_the_user) {
  const auto messages = [](std::uint64_t device, const char* flow) {
    u64 read = 0;
    const body asks = [&](world* w) {
      EXPECT_EQ(make_call(w, "fault_attach", {device, fault_page_table}).rc, 0);
      if (std::string_view(flow) == "trigger_iopf")
        EXPECT_EQ(make_call(w, flow, {device, 1, 2}).rc, 0);
      else
        iommu_report_device_fault(iopf_part_of<pri_device>(device), request_of(1, 2, 1));
      read = make_call(w, "fault_read", {the_fault}).out / fault_message_size;
      if (read == 0) return;
      EXPECT_EQ(make_call(w, "fault_write", {the_fault}).rc, 0);
    };
    EXPECT_EQ(title_alone(fault_config(), fault_machine, asks), "");
    return read;
  };
  EXPECT_EQ(messages(mock_requester, "trigger_iopf"), 1u);
  EXPECT_EQ(messages(requester, "page_request"), 0u);
}

// Nothing is attached: the report tells the driver, whichever request of a group it is. Until 6.10
// its caller did, of last ones only.
TEST(iopf_requests, that_nobody_handles) {
  const auto submits = [](const char* era, u64 flags) {
    const config c = iopf_config({{"iopf.locking", era}});
    engine e;
    round_robin choose;
    const body thread_runs = [flags](world* w) {
      into_queue(request_of(3, 0, 1, static_cast<unsigned>(flags)));
      prq_thread(w);
    };
    e.run(program_of(c, one_bond, {thread_runs}), choose, {});
    unsigned submitted = 0;
    for (const step& s : e.steps()) submitted += s.task == 1 && s.kind == op_kind::device_submit;
    return submitted;
  };
  for (const char* era : {"handles", "frees_groups", "dequeues"}) {
    EXPECT_EQ(submits(era, R | L), 1u) << era;
    EXPECT_EQ(submits(era, R), 1u) << era;
  }
  for (const char* era : {"both_locks", "refcounted", "links_groups"}) {
    EXPECT_EQ(submits(era, R | L), 1u) << era;
    EXPECT_EQ(submits(era, R), 0u) << era;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
