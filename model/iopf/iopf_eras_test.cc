// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What keeps a device's fault data and the lists behind it, from one era to the next: what each era
// shows, and what it does for others than its own scenario's.
#include "model/iopf/iopf_variants_test.h"

namespace iorace::kern::this_file {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// What eras of locking do under one program.
std::vector<std::string> in_era(const char* era, const body& setup, const std::vector<body>& cpus) {
  return found({{"iopf.locking", era}}, setup, cpus);
}
const char* const later_eras[] = {"counted",      "refcounted", "plain_pointer", "answers_copies",
                                  "links_groups", "handles",    "frees_groups",  "dequeues"};

// P1: the list has one lock where it is added to and another where it is emptied.
TEST(iopf_eras, three_locks_for_one_list) {
  EXPECT_THAT(in_era("three_locks", one_bond, {discards, asks_group}),
              UnorderedElementsAre("data-race: iopf_queue_discard_partial v report_partial_fault",
                                   "data-race: iopf_group_alloc v iopf_queue_discard_partial"));
  EXPECT_THAT(in_era("three_locks", one_bond, {unbinds, asks_group}), IsEmpty());
}

// Who discards in the thread that reports has no other one.
TEST(iopf_eras, three_locks_of_one_thread) {
  const settings overflows = {{"iopf.locking", "three_locks"},
                              {"drain_pasid_prq.partial", "left"},
                              {"prq_size", "1"},
                              {"page_request_tries", "1"}};
  EXPECT_THAT(found(overflows, one_bond, {unbinds, asks_group, asks(asks_first, 1, 1)}), IsEmpty());
}

// Both sides are the list's head, one in the thread of the interrupt, the other in the CPU that
// discards.
TEST(iopf_eras, names_both_sides_of_the_race) {
  const config c = under({{"iopf.locking", "three_locks"}});
  const program p = program_of(c, one_bond, {discards, asks(asks_first)});
  engine e;
  unsigned races = 0;
  for (std::uint64_t n = 0; n < 200; ++n) {
    const auto choose = make_strategy("random");
    execution_options o;
    o.number = n;
    e.run(p, *choose, o);
    const finding& f = e.last_finding();
    if (f.title.empty()) continue;
    EXPECT_EQ(f.title, "data-race: iopf_queue_discard_partial v report_partial_fault");
    EXPECT_EQ(f.detail, "fault_param#1.partial");
    const step at = e.steps()[f.at], other = e.steps()[f.other];
    EXPECT_EQ(e.place_name(at.object, at.field), "fault_param#1.partial");
    EXPECT_EQ(e.place_name(other.object, other.field), "fault_param#1.partial");
    EXPECT_NE(at.task == 1, other.task == 1) << "one of them is the discard";
    ++races;
  }
  EXPECT_GT(races, 0u);
}

// A third lock for the same list, taken by a detach that has nothing to do with the request.
TEST(iopf_eras, asserts) {
  const settings asserts = {{"iopf.locking", "asserts"}};
  const std::vector<body> other = {unbinds, asks_group_of_other};
  const char* const races[] = {"data-race: assert_no_pending_iopf v report_partial_fault",
                               "data-race: assert_no_pending_iopf v iopf_group_alloc"};
  for (const char* title : races)
    EXPECT_TRUE(convicted_in(iopf_config(), asserts, two_bonds, other, title));
  EXPECT_THAT(found(asserts, two_bonds, other), IsSubsetOf(races));
  EXPECT_TRUE(convicted_in(iopf_config(), asserts, one_bond, {unbinds, asks_group},
                           "kernel-warn in assert_no_pending_iopf"));
}

// With one lock for the lists nobody races; whose flush holds the other one waits for a worker that
// wants it, of whatever PASID.
TEST(iopf_eras, both_locks) {
  for (const body& requests : {asks_group, asks_group_of_other})
    EXPECT_THAT(in_era("both_locks", two_bonds, {unbinds, requests}),
                UnorderedElementsAre("deadlock: iopf_group_response v iopf_queue_flush_dev"));
  EXPECT_THAT(in_era("both_locks", two_bonds, {unbinds, asks(asks_first)}), IsEmpty());
  EXPECT_THAT(in_era("both_locks", one_bond, {discards, asks_group}), IsEmpty());
}

// Every era is sound for a driver that drains first, but for what those above show.
TEST(iopf_eras, later_eras) {
  for (const char* era : later_eras) {
    EXPECT_THAT(in_era(era, one_bond, {closes, asks_group}), IsEmpty()) << era;
    EXPECT_THAT(in_era(era, one_bond, {discards, asks_group}), IsEmpty()) << era;
  }
}

// Where a driver disables page requests before it drains, details of what is freed too early: with
// a reference it is not the fault data, and not the group unless a removal frees it.
std::vector<std::string> freed_early(const char* era) {
  const config c = under({{"iopf.locking", era}, {"sva_close.order", "disables_first"}});
  sample_options o;
  o.strategy = "portfolio";
  o.executions_max = variant_executions;
  o.keep_going = true;
  std::vector<std::string> details;
  for (const sampled_finding& f : sample(program_of(c, one_bond, {closes, asks()}), o).findings)
    if (f.what.name == "use-after-free") details.push_back(f.what.detail);
  return details;
}
TEST(iopf_eras, who_owns_the_fault_data) {
  const auto of_fault_param = HasSubstr(" of fault_param#1.");
  for (const char* era : {"plain_pointer", "plain_pointer_early"})
    EXPECT_THAT(freed_early(era), Contains(of_fault_param)) << era;
  for (const char* era : {"counted", "refcounted", "answers_copies", "links_groups", "handles"})
    EXPECT_THAT(freed_early(era), AllOf(Not(IsEmpty()), Each(Not(of_fault_param)))) << era;
}
// A removal that answers groups leaves them to whoever has them; one that frees them does not, and
// takes the reference of the fault data with them.
TEST(iopf_eras, who_owns_a_group) {
  const auto of_group = HasSubstr(" of fgroup#kworker1.1.");
  for (const char* era : {"answers_copies", "links_groups", "handles"})
    EXPECT_THAT(freed_early(era), Each(Not(of_group))) << era;
  for (const char* era : {"frees_groups", "dequeues"})
    EXPECT_THAT(freed_early(era), AllOf(Contains(of_group), Contains(HasSubstr("fault_param#1."))))
        << era;
}
// Once a removal has answered a group, its worker does not, if it looks.
TEST(iopf_eras, who_answers_a_group) {
  const std::vector<body> cpus = {closes, asks()};
  const auto titles_in = [&](const char* era) {
    return found({{"iopf.locking", era}, {"sva_close.order", "disables_first"}}, one_bond, cpus);
  };
  const auto twice = StartsWith("request-answered-twice");
  for (const char* era : {"answers_copies", "links_groups", "handles", "frees_groups"})
    EXPECT_THAT(titles_in(era), Not(Contains(twice))) << era;
  EXPECT_THAT(titles_in("dequeues"), Contains(twice));
}

// Allocations fail one by one wherever they can.
TEST(iopf_eras, unwinds_leave_nothing_behind) {
  const body all = [](world* w) {
    const u64 prq = make_call(w, "prq_add").out;
    const u64 pdev = make_call(w, "pri_device_add", {prq}).out;
    make_call(w, "iopf_enable", {pdev});
    const u64 process = make_call(w, "sva_process_start").out;
    const u64 bond = make_call(w, "sva_bind", {pdev, process}).out;
    make_call(w, "page_request", {pdev, 1, 0, iopf::PAGE_WRITABLE, asks_first});
    make_call(w, "page_request", {pdev});
    make_call(w, "sva_close", {bond});
    make_call(w, "pri_device_release", {pdev});
  };
  for (const char* era : later_eras)
    EXPECT_THAT(found(
                    {{"iopf.locking", era}}, [](world*) {}, {all}, 2),
                IsEmpty())
        << era;
  EXPECT_THAT(found(
                  {{"iopf.locking", "three_locks"}}, [](world*) {}, {all}, 2),
              IsEmpty());
}

}  // namespace
}  // namespace iorace::kern::this_file
