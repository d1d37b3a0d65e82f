// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One test for each knob of fault objects: what the faulty value shows, that the repaired one does
// not, and where the faulty one is harmless.
#include "model/iopf/fault_machine_test.h"
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

constexpr std::uint64_t next_page_table = 6;  // of the next fault object

body after(const body& first, const char* flow, std::initializer_list<std::uint64_t> args) {
  return both(first, call_of(flow, args));
}
body asks_without_pasid(std::uint64_t flags = asks_last, std::uint64_t grpid = 0) {
  return asks(flags, IOMMU_NO_PASID, grpid);
}

const body attached = after(fault_machine, "fault_attach", {requester, fault_page_table});
const body mock_attached = after(fault_machine, "fault_attach", {mock_requester, fault_page_table});
const body next_made = after(call_of("fault_alloc", {}), "fault_hwpt_alloc", {next_fault});
const body detaches = calls("fault_detach", requester);
const body triggers = calls("trigger_iopf", mock_requester);
const body reads = calls("fault_read", the_fault);
const body serves = calls("fault_serve", the_fault);
const body two_groups = both(asks_without_pasid(), asks_without_pasid(asks_last, 1));

std::vector<std::string> found_faulty(const settings& s, const body& setup,
                                      const std::vector<body>& cpus, std::uint32_t faults = 0) {
  return found_in(fault_config(), s, setup, cpus, faults);
}
void expect_fault_variant(const settings& faulty, const body& setup, const std::vector<body>& cpus,
                          const char* title, std::uint32_t faults = 0) {
  expect_variant_in(fault_config(), faulty, setup, cpus, title, faults);
}

TEST(fault_variants, fault_detach_answers) {
  const settings flushes = {{"fault_detach.answers", "flush_only"}};
  expect_fault_variant(flushes, attached, {detaches, asks_without_pasid()},
                       "request-unanswered in iommufd_hwpt_detach_device");
  EXPECT_THAT(found_faulty(flushes, attached, {detaches, asks_without_pasid(asks_first)}),
              IsEmpty());
}

// What has not its last request yet is nothing that a user could answer.
TEST(fault_variants, fault_detach_awaits_its_user) {
  const settings awaits = {{"fault_detach.answers", "awaits_user"}};
  expect_fault_variant(awaits, attached, {detaches, asks_without_pasid()},
                       "hung-task in iommufd_fault_await_answers");
  EXPECT_THAT(found_faulty(awaits, attached, {detaches, asks_without_pasid(asks_first)}),
              IsEmpty());
}

// The answer that fails has been given all the same.
TEST(fault_variants, auto_response_error) {
  const settings stops = {{"auto_response.error", "stops"}};
  expect_fault_variant(stops, attached, {detaches, two_groups},
                       "request-unanswered in iommufd_hwpt_detach_device", 1);
  EXPECT_THAT(found_faulty(stops, attached, {detaches, two_groups}), IsEmpty());
  EXPECT_THAT(found_faulty(stops, attached, {detaches, asks_without_pasid()}, 1), IsEmpty());
}

TEST(fault_variants, fault_replace_answers) {
  const settings of_new = {{"fault_replace.answers", "new_hwpt"}};
  const body setup = both(mock_attached, next_made);
  const auto moved_to = [](std::uint64_t page_table) {
    return call_of("fault_replace", {mock_requester, page_table});
  };
  expect_fault_variant(of_new, setup, {moved_to(next_page_table), triggers},
                       "request-left-behind in iommufd_hwpt_replace_device");
  EXPECT_THAT(found_faulty(of_new, setup, {moved_to(other_page_table), triggers}), IsEmpty())
      << "both have one fault object";
}

// Who asks what there is copies nothing.
TEST(fault_variants, fault_deliver_lock) {
  const settings by_mutex = {{"fault_deliver.lock", "mutex"}};
  expect_fault_variant(by_mutex, attached, {serves, two_groups},
                       "interrupt-stalled in iommufd_fault_iopf_handler");
  EXPECT_THAT(found_faulty(by_mutex, attached, {calls("fault_poll", the_fault), two_groups}),
              IsEmpty());
}

TEST(fault_variants, fault_read_failure) {
  const body group = both(asks_without_pasid(asks_first), asks_without_pasid());
  const settings messages = {{"fault_read.failure", "messages"}};
  expect_fault_variant(messages, attached, {both(reads, both(reads, reads)), group},
                       "group-torn in iommufd_fault_fops_read", 1);
  EXPECT_THAT(found_faulty(messages, attached, {reads, asks_without_pasid()}, 1), IsEmpty());
  const settings drops = {{"fault_read.failure", "drops_group"}};
  expect_fault_variant(drops, attached, {both(reads, detaches), group},
                       "request-unanswered in iommufd_hwpt_detach_device", 1);
  EXPECT_THAT(found_faulty(drops, attached, {both(reads, detaches), group}), IsEmpty());
}

TEST(fault_variants, fault_write_match) {
  const body waits = both(mock_attached, triggers);
  const body leaves = calls("fault_detach", mock_requester);
  const body comes_back = after(leaves, "fault_attach", {mock_requester, fault_page_table});
  for (const char* match : {"cookie", "index"}) {
    const settings by = {{"fault_write.match", match}};
    expect_fault_variant(by, waits, {serves, both(comes_back, both(triggers, reads))},
                         "answer-misplaced in iommufd_fault_fops_write");
    EXPECT_THAT(found_faulty(by, waits, {serves, both(leaves, reads)}), IsEmpty()) << match;
  }
}

// Page tables keep their fault object.
TEST(fault_variants, fault_release_reads) {
  const settings last = {{"fault_release.reads", "reads_last"}};
  const body setup = after(fault_machine, "fault_alloc", {});
  const auto closed_and_destroyed = [](std::uint64_t object) -> std::vector<body> {
    return {calls("fault_close", object), calls("fault_destroy", object)};
  };
  expect_fault_variant(last, setup, closed_and_destroyed(next_fault),
                       "use-after-free: iommufd_fault_fops_release v iommufd_object_remove");
  EXPECT_THAT(found_faulty(last, setup, closed_and_destroyed(the_fault)), IsEmpty());
}

TEST(fault_variants, fault_abort_file) {
  const settings deferred = {{"fault_abort.file", "fput"}};
  expect_fault_variant(deferred, fault_machine, {call_of("fault_alloc", {})},
                       "use-after-free: iommufd_fault_fops_release v iommufd_object_abort", 1);
  EXPECT_THAT(found_faulty(deferred, fault_machine, {call_of("fault_alloc", {})}), IsEmpty());
}

TEST(fault_variants, trigger_iopf_lock) {
  const settings free = {{"trigger_iopf.lock", "none"}};
  const body setup = after(mock_attached, "fault_attach", {requester, fault_page_table});
  const auto moved = [](std::uint64_t device) {
    return call_of("fault_replace", {device, other_page_table});
  };
  expect_fault_variant(free, setup, {triggers, moved(mock_requester)},
                       "use-after-free: report_last_fault v iommufd_hwpt_replace_device");
  EXPECT_THAT(found_faulty(free, setup, {triggers, moved(requester)}), IsEmpty());
}

// What is attached to a PASID is not what is detached.
TEST(fault_variants, rid_block_drain) {
  const settings alone = {{"rid_block.drain", "blocks_only"}};
  expect_fault_variant(alone, attached, {detaches, asks_without_pasid()},
                       "request-unanswered in iommufd_hwpt_detach_device");
  EXPECT_THAT(found_faulty(alone, attached, {detaches, asks()}), IsEmpty());
}

TEST(fault_variants, rid_drain_waits) {
  const settings for_answers = {{"rid_drain.waits_for", "answers"}};
  expect_fault_variant(for_answers, attached, {detaches, asks_without_pasid()},
                       "deadlock in qi_submit_sync");
  EXPECT_THAT(found_faulty(for_answers, attached, {detaches, asks_without_pasid(asks_first)}),
              IsEmpty());
}

// What is pending is looked up by index until it is the group itself.
TEST(fault_variants, flush_dev_pending) {
  const settings answers = {{"iopf_queue_flush_dev.pending", "answered"},
                            {"iopf.locking", "answers_copies"}};
  const body moves = call_of("fault_replace", {requester, other_page_table});
  const body waits = both(attached, asks_without_pasid());
  expect_fault_variant(answers, waits, {moves, serves, asks_without_pasid()},
                       "request-answered-twice in device_gets_response");
  EXPECT_THAT(found_faulty(answers, waits, {moves, serves, asks_without_pasid(asks_last, 1)}),
              IsEmpty());
  for (const char* era : {"links_groups", "handles"})
    EXPECT_THAT(found_faulty({answers[0], {"iopf.locking", era}}, waits,
                             {moves, serves, asks_without_pasid()}),
                IsEmpty())
        << era;
}

TEST(fault_variants, rid_replace_drain) {
  const settings once = {{"rid_replace.drain", "once"}};
  const body moves = after(call_of("fault_replace", {requester, other_page_table}), "fault_replace",
                           {requester, fault_page_table});
  expect_fault_variant(once, attached,
                       {moves, asks_without_pasid(), asks_without_pasid(asks_last, 1),
                        asks_without_pasid(asks_last, 2)},
                       "request-left-behind in iommufd_hwpt_replace_device");
  EXPECT_THAT(found_faulty(once, attached, {moves, asks(), asks(asks_last, 1, 1)}), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
