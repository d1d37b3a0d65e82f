// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What one function does from one era to the next, with nobody else about.
#include "model/iopf/fault_machine_test.h"
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using namespace iopf;
using testing::ElementsAre;
using testing::IsEmpty;

// In the order of their time.
constexpr const char* eras[] = {
    "three_locks",  "asserts",       "both_locks",          "counted",
    "refcounted",   "plain_pointer", "plain_pointer_early", "answers_copies",
    "links_groups", "handles",       "frees_groups",        "dequeues"};
constexpr std::size_t first_that_answers = 7, first_with_handles = 9, first_without_get = 4;

// Runs it once, and expects nothing to be found.
void run_in(const char* era, const body& setup, const body& cpu1) {
  SCOPED_TRACE(era);
  const config c = iopf_config({{"iopf.locking", era}});
  engine e;
  e.run(program_of(c, setup, {cpu1}), *make_strategy("random"), {});
  EXPECT_EQ(e.last_finding().title, "");
}

void forget(pri_device* dev) {
  dev->pri_enabled.poke(0);
  dev->users.poke(0);
}

// A removal while a group is pending: until the one that answers, it is refused.
TEST(iopf_era_calls, remove_device) {
  for (std::size_t n = 0; n < std::size(eras); ++n) {
    int rc = 1;
    run_in(eras[n], one_bond, [&rc](world*) {
      pri_device* const dev = the_pdev();
      bool aborted = false;
      iommu_fault_param* const fault_param = iopf_get_dev_fault_param(dev);
      iopf_group* const group = iopf_group_alloc(fault_param, dev, request_of(1, 0, 1), &aborted);
      if (era().pointer != pointer_kept::by_reference) iopf_put_dev_fault_param(fault_param, dev);
      rc = iopf_queue_remove_device(the_prq()->iopf_queue.peek(), dev);
      if (rc == 0) forget(dev);
      if (era().removed == removal::releases) return;
      iopf_group_response(group, RESPONSE_SUCCESS);
      iopf_free_group(group);
    });
    EXPECT_EQ(rc, n < first_that_answers ? -EBUSY : 0) << eras[n];
  }
}

// A second removal is a bug of the driver, which only later ones say.
TEST(iopf_era_calls, remove_device_again) {
  const auto removes_twice = [](int* rc) -> body {
    return [rc](world*) {
      iopf_queue* const queue = the_prq()->iopf_queue.peek();
      iopf_queue_remove_device(queue, the_pdev());
      forget(the_pdev());
      *rc = iopf_queue_remove_device(queue, the_pdev());
    };
  };
  for (std::size_t n = 0; n < std::size(eras); ++n) {
    int rc = 1;
    if (n < first_that_answers) {
      run_in(eras[n], one_enabled, removes_twice(&rc));
      EXPECT_EQ(rc, -ENODEV) << eras[n];
    } else {
      EXPECT_THAT(found({{"iopf.locking", eras[n]}}, one_enabled, {removes_twice(&rc)}),
                  ElementsAre("kernel-warn in iopf_queue_remove_device"))
          << eras[n];
    }
  }
}

// The data is gone, and a domain still attached.
const body disabled_under_it = both(one_bond, [](world*) {
  iopf_queue_remove_device(the_prq()->iopf_queue.peek(), the_pdev());
  forget(the_pdev());
});
// It is a bug from the era `first` on.
void expect_warning_since(std::size_t first, const body& call, const char* title) {
  for (std::size_t n = 0; n < std::size(eras); ++n) {
    const auto titles = found({{"iopf.locking", eras[n]}}, disabled_under_it, {call});
    if (n < first)
      EXPECT_THAT(titles, IsEmpty()) << eras[n];
    else
      EXPECT_THAT(titles, ElementsAre(title)) << eras[n];
  }
}
TEST(iopf_era_calls, report_without_fault_data) {
  expect_warning_since(
      first_with_handles,
      [](world*) { iommu_report_device_fault(the_pdev(), request_of(1, 0, 1)); },
      "kernel-warn in iommu_report_device_fault");
}
TEST(iopf_era_calls, flush_without_fault_data) {
  expect_warning_since(
      first_without_get, [](world*) { iopf_queue_flush_dev(the_pdev(), 1); },
      "kernel-warn in iopf_queue_flush_dev");
}

// Nothing is attached for the PASID. It was looked up by the worker, then when the last request
// came, with which the others went; now they are not kept either.
TEST(iopf_era_calls, report_without_domain) {
  for (std::size_t n = 0; n < std::size(eras); ++n) {
    int first = 1, last = 1;
    bool kept = false, left = false;
    run_in(eras[n], one_bond, [&](world*) {
      const auto waits = [] { return !list_peek_empty(&the_fault_param()->partial); };
      first = iommu_report_device_fault(the_pdev(), request_of(3, 0, 1, asks_first));
      kept = waits();
      last = iommu_report_device_fault(the_pdev(), request_of(3, 0, 2));
      left = waits();
    });
    EXPECT_EQ(first, n < first_with_handles ? 0 : -EINVAL) << eras[n];
    EXPECT_EQ(kept, n < first_with_handles) << eras[n];
    EXPECT_EQ(last, n == 0 ? 0 : -EINVAL) << eras[n];
    EXPECT_FALSE(left) << eras[n];
  }
}

// A worker that looks up domains knows those of PASIDs only.
TEST(iopf_era_calls, requests_without_pasid) {
  const body attached = both(fault_machine, [](world* w) {
    make_call(w, "fault_attach", {requester, fault_page_table});
  });
  const body both_ask = both(asks(asks_last, IOMMU_NO_PASID), asks(asks_last, IOMMU_NO_PASID, 1));
  for (const char* era : eras) {
    if (std::string_view(era) == "both_locks") continue;  // its own verdict
    EXPECT_THAT(found_in(fault_config(), {{"iopf.locking", era}}, attached,
                         {calls("fault_detach", requester), both_ask}, 0),
                IsEmpty())
        << era;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
