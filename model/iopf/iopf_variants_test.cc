// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One test for each other knob: what the faulty value shows, that the repaired one does not, and
// where the faulty one is harmless.
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

TEST(iopf_variants, assert_no_pending_iopf) {
  const settings asserts = {{"assert_no_pending_iopf.when", "before_detach"}};
  expect_variant(asserts, one_bond, {unbinds, asks_group}, "kernel-warn in assert_no_pending_iopf");
  EXPECT_THAT(found(asserts, two_bonds, {unbinds, asks_group_of_other}), IsEmpty());
}

// Only who numbers groups by PASID has two of one index.
TEST(iopf_variants, iopf_group_alloc_match) {
  const auto two_of = [](std::uint64_t flags) -> body {
    return [flags](world* w) {
      two_bonds(w);
      the_pdev()->flags.poke(flags);
    };
  };
  const std::vector<body> cpus = {asks(asks_first), both(asks(asks_last, 2), asks(asks_last))};
  const settings by_index = {{"iopf_group_alloc.match", "grpid"}};
  expect_variant(by_index, two_of(iopf::PRI_PRG_PER_PASID), cpus,
                 "group-mixed in iopf_group_alloc");
  EXPECT_THAT(found(by_index, two_of(0), cpus), IsEmpty());
}

TEST(iopf_variants, iopf_group_alloc_failure) {
  const settings leaves = {{"iopf_group_alloc.failure", "leaves_partial"}};
  expect_variant(leaves, one_bond, {unbinds, asks_group}, "request-left-behind in iopf_group_alloc",
                 1);
  EXPECT_THAT(found(leaves, one_bond, {unbinds, asks_group}), IsEmpty());
  EXPECT_THAT(found(leaves, one_bond, {unbinds, asks()}, 1), IsEmpty()) << "nothing waits for it";
}

// Who has stopped the device and lets the PASID go at once, and one of whom nothing was requested.
TEST(iopf_variants, remove_dev_pasid_drain) {
  const settings none = {{"remove_dev_pasid.drain", "none"}};
  expect_variant(none, one_bond, {unbinds, asks()}, "request-unanswered in sva_driver_unbound");
  expect_variant(none, one_bond, {unbinds, asks()},
                 "use-after-free: iommu_sva_handle_iopf v iommu_domain_free");
  EXPECT_THAT(found(none, one_bond, {unbinds, asks(asks_last, 2)}), IsEmpty());
}

TEST(iopf_variants, report_device_fault_accepted) {
  const settings falls = {{"report_device_fault.accepted", "falls_through"}};
  expect_variant(falls, one_bond, {asks()}, "request-answered-twice in device_gets_response");
  EXPECT_TRUE(convicted_in(iopf_config(), falls, one_bond, {asks()},
                           "use-after-free: iommu_sva_handle_iopf v iopf_free_group"));
  EXPECT_THAT(found(falls, one_bond, {unbinds, asks(asks_first)}), IsEmpty());
}

TEST(iopf_variants, remove_device_partial) {
  const settings early = {{"remove_device.partial", "left_linked_early"}};
  expect_variant(early, one_bond, {closes, both(asks(asks_first), asks(asks_first, 1, 1))},
                 "use-after-free: report_partial_fault v iopf_queue_remove_device");
  EXPECT_THAT(found(early, one_bond, {closes}), IsEmpty());
}

// A device that is unbound before it is released has been drained: nobody looks for it any more.
TEST(iopf_variants, prq_event_thread_lock) {
  const body releases = calls("pri_device_release", first_pdev);
  const settings alone = {{"prq_event_thread.lock", "alone"}};
  const body leaves = both(calls("iopf_disable", first_pdev), releases);
  const body asks_for_any = [](world* w) {
    make_call(w, "prq_add");
    make_call(w, "pri_device_add", {first_prq, 0, iopf::PRI_ANY_PASID});
    make_call(w, "iopf_enable", {first_pdev});
  };
  expect_variant(alone, asks_for_any, {leaves, asks()},
                 "data-race: dev_iommu_ops v pri_device_release");
  EXPECT_THAT(found(alone, one_enabled, {leaves, asks()}), IsEmpty())
      << "it asks for nothing that its driver has not bound";
  EXPECT_THAT(found(alone, one_bond, {both(closes, releases), asks_group}), IsEmpty());
}

TEST(iopf_variants, prq_overflow_partial) {
  const std::vector<body> cpus = {unbinds, asks_group, asks(asks_first, 1, 1)};
  expect_variant({{"prq_overflow.partial", "kept"}, {"prq_size", "1"}, {"page_request_tries", "1"}},
                 one_bond, cpus, "request-left-behind in clear_overflow");
  EXPECT_THAT(found({{"prq_overflow.partial", "kept"}}, one_bond, cpus), IsEmpty())
      << "the queue has room for all";
}

TEST(iopf_variants, drain_pasid_prq_partial) {
  const auto and_processes = [](unsigned bound) -> body {
    return [bound](world* w) {
      one_bond(w);
      make_call(w, "sva_process_start");
      if (bound == 1) return;
      const u64 third = make_call(w, "sva_process_start").out;
      make_call(w, "sva_bind", {first_pdev, third});
    };
  };
  const body reuses = [](world* w) {
    make_call(w, "sva_unbind", {first_bond});
    make_call(w, "sva_process_exit", {first_process});
    make_call(w, "sva_bind", {first_pdev, second_process});
  };
  constexpr const char* wrong = "wrong-address-space in iommu_sva_handle_mm";
  expect_variant({{"drain_pasid_prq.partial", "left"}}, and_processes(1), {reuses, asks_group},
                 wrong);
  const std::vector<body> behind = {reuses, asks_group, asks(asks_first, 2, 1)};
  const settings breaks = {{"drain_pasid_prq.partial", "swept_to_another"}};
  expect_variant(breaks, and_processes(2), behind, wrong);
  EXPECT_THAT(found(breaks, and_processes(1), {reuses, asks_group}), IsEmpty())
      << "no other PASID is before it";
}

// Whose request it is does not matter: the flush waits for all.
TEST(iopf_variants, page_response_lock) {
  const settings locked = {{"page_response.lock", "pasid_mutex"},
                           {"drain_pasid_prq.partial", "left"}};
  for (const body& requests : {asks(), asks(asks_last, 2)})
    expect_variant(locked, two_bonds, {unbinds, requests},
                   "deadlock: intel_iommu_page_response v iopf_queue_flush_dev");
  EXPECT_THAT(found(locked, one_bond, {unbinds, asks(asks_first)}), IsEmpty());
  EXPECT_THAT(found(locked, one_bond, {asks_group}), IsEmpty());
}

TEST(iopf_variants, sva_close_order) {
  const settings first = {{"sva_close.order", "disables_first"}};
  expect_variant(first, one_bond, {closes, asks()},
                 "use-after-free: iommu_sva_handle_iopf v iopf_free_group");
  EXPECT_THAT(found(first, one_bond, {closes}), IsEmpty());
}

TEST(iopf_variants, sva_driver_stop) {
  const settings never = {{"sva_driver.stop", "never"}};
  expect_variant(never, one_bond, {unbinds, asks()},
                 "request-left-behind in intel_iommu_drain_pasid_prq");
  EXPECT_THAT(found(never, two_bonds, {unbinds, asks(asks_last, 2)}), IsEmpty());
}

TEST(iopf_variants, iopf_disable_when) {
  const settings any_time = {{"iopf_disable.when", "any_time"}};
  expect_variant(any_time, one_bond, {calls("iopf_disable", first_pdev), asks()},
                 "use-after-free: iopf_group_response v iopf_free_group");
  EXPECT_THAT(found(any_time, one_enabled, {calls("iopf_disable", first_pdev), asks()}), IsEmpty());
}

TEST(iopf_variants, page_response_pasid) {
  const auto enabled = [](std::uint64_t flags) -> body {
    return [flags](world* w) {
      one_pdev(w);
      the_pdev()->flags.poke(flags);
      make_call(w, "iopf_enable", {first_pdev});
      make_call(w, "sva_bind", {first_pdev, first_process});
    };
  };
  const settings nothing = {{"page_response.pasid", "as_requested"}};
  const settings required = {{"page_response.pasid", "as_required"}};
  expect_variant(nothing, enabled(iopf::PRI_NO_PASID_IN_RESPONSE), {asks()},
                 "response-pasid-wrong in device_gets_response");
  EXPECT_THAT(found(nothing, enabled(0), {asks()}), IsEmpty());
  EXPECT_THAT(found(required, enabled(iopf::PRI_NO_PASID_IN_RESPONSE), {asks()}), IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
