// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Between two numbered steps of a flow any other CPU may run: for every flow and each of its steps
// there is an execution that switches right before the step.
#include <set>

#include <gmock/gmock.h>

#include "model/test_calls.h"
#include "scheduler/engine/tasks.h"

namespace iorace::kern {
namespace {

constexpr std::uint64_t iova = 0x1000000;

// CPU1 alone up to its point number `at`, then CPU2 to its end, then CPU1 again.
class switch_at final : public strategy {
 public:
  explicit switch_at(unsigned at) : at_(at) {}
  void begin(const execution_options&) override { made_ = 0; }
  task_id pick(const choice_view& view) override {
    const bool first = view.is_enabled(1) && made_ < at_;
    if (first) ++made_;
    return first || !view.is_enabled(2) ? 1 : 2;
  }
  std::uint32_t draw(task_id, const char*, std::uint32_t, draw_kind) override { return 0; }

 private:
  unsigned at_;
  unsigned made_ = 0;
};

std::string label(const engine& e, const step& s) {
  std::string text = traits(s.kind).name;
  if (s.object == 0) return text;
  const std::string field = e.objects.class_field(s.object, s.field);
  return text + " " + (field.ends_with('.') ? field.substr(0, field.size() - 1) : field);
}

// What CPU1 does right after another CPU has run, over all executions with one switch.
std::set<std::string> switched_before(const body& setup, const body& cpu1) {
  const config c = repaired_config();
  const program p = program_of(c, setup, {cpu1, [](world*) { copy_from_user("the other CPU"); }});
  std::set<std::string> labels;
  engine e;
  for (unsigned at = 0;; ++at) {
    switch_at choose(at);
    EXPECT_EQ(e.run(p, choose, {}).how, ended::finished) << e.last_finding().title;
    bool seen = false;
    bool after = false;
    for (const step& s : e.steps()) {
      if (s.task == 2) seen = true;
      if (s.task != 1 || !seen || after || s.kind == op_kind::exit) continue;
      after = true;
      labels.insert(label(e, s));
    }
    if (!after) return labels;
  }
}

void attached(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "access_create");
  make_call(w, "access_attach", {3, 1});
  make_call(w, "ioas_map", {1, iova, 0x1000});
}
void with_domain(world* w) {
  attached(w);
  make_call(w, "hwpt_alloc", {1});
}
void with_item(world* w) {
  with_domain(w);
  make_call(w, "access_pages", {3, iova, 0x1000});
}

void expect_steps(const body& setup, const body& cpu1, const std::vector<std::string>& steps) {
  const std::set<std::string> labels = switched_before(setup, cpu1);
  for (const std::string& s : steps)
    EXPECT_TRUE(labels.contains(s)) << s << " is not among " << testing::PrintToString(labels);
}

TEST(steps, map) {
  expect_steps(with_domain, [](world* w) { make_call(w, "ioas_map", {1, iova + 0x4000, 0x1000}); },
               {"xa_lock iommufd_ctx.objects", "refcount_inc_not_zero iommufd_ioas.users",
                "kmalloc iopt_pages", "kmalloc iopt_area", "down_write iommufd_ioas.iova_rwsem",
                "up_write iommufd_ioas.iova_rwsem", "down_read iommufd_ioas.domains_rwsem",
                "mutex_lock iopt_pages.mutex", "copy_from_user", "xa_store iommu_domain.pfns",
                "mutex_unlock iopt_pages.mutex", "up_read iommufd_ioas.domains_rwsem",
                "copy_to_user", "refcount_dec iommufd_ioas.users"});
}

TEST(steps, unmap) {
  expect_steps(
      with_item, [](world* w) { make_call(w, "ioas_unmap_all", {1}); },
      {"xa_lock iommufd_ctx.objects", "down_read iommufd_ioas.domains_rwsem",
       "down_write iommufd_ioas.iova_rwsem", "up_write iommufd_ioas.iova_rwsem",
       "up_read iommufd_ioas.domains_rwsem", "xa_lock iommufd_ioas.access_list",
       "refcount_inc_not_zero iommufd_access.users",
       "refcount_inc_not_zero iommufd_access.shortterm_users", "xa_unlock iommufd_ioas.access_list",
       "mutex_lock selftest_access.lock", "refcount_dec iommufd_access.users",
       "refcount_dec_and_test iommufd_access.shortterm_users", "mutex_lock iopt_pages.mutex",
       "xa_erase iommu_domain.pfns", "kfree iopt_area", "refcount_dec_and_test iopt_pages.kref",
       "copy_to_user", "refcount_dec iommufd_ioas.users",
       "refcount_dec_and_test iommufd_ioas.shortterm_users"});
}

TEST(steps, pin_through_the_selftest) {
  expect_steps(attached,
               [](world* w) { make_call(w, "access_pages", {3, iova, 0x1000, 0x100000}); },
               {"kmalloc page_slot", "mutex_lock selftest_access.lock",
                "mutex_lock iommufd_access.ioas_lock", "down_read iommufd_ioas.iova_rwsem",
                "mutex_lock iopt_pages.mutex", "kmalloc iopt_pages_access", "copy_from_user",
                "xa_store iopt_pages.pinned_pfns", "mutex_unlock iopt_pages.mutex",
                "up_read iommufd_ioas.iova_rwsem", "mutex_unlock iommufd_access.ioas_lock",
                "kmalloc selftest_access_item", "copy_to_user", "mutex_unlock selftest_access.lock",
                "refcount_dec_and_test file.f_count"});
}

TEST(steps, unpin) {
  expect_steps(with_item, [](world* w) { make_call(w, "item_destroy", {3, 0}); },
               {"mutex_lock selftest_access.lock", "mutex_lock iommufd_access.ioas_lock",
                "down_read iommufd_ioas.iova_rwsem", "mutex_lock iopt_pages.mutex",
                "mutex_unlock iopt_pages.mutex", "up_read iommufd_ioas.iova_rwsem",
                "mutex_unlock iommufd_access.ioas_lock", "mutex_unlock selftest_access.lock",
                "kfree selftest_access_item", "refcount_dec_and_test file.f_count"});
}

TEST(steps, access_create) {
  expect_steps([](world*) {}, [](world* w) { make_call(w, "access_create"); },
               {"kmalloc iommufd_access", "xa_alloc iommufd_ctx.objects",
                "refcount_inc iommufd_access.users", "refcount_inc file.f_count",
                "xa_store iommufd_ctx.objects"});
}

TEST(steps, replace) {
  const auto two_ioas = [](world* w) {
    attached(w);
    make_call(w, "ioas_alloc");
  };
  expect_steps(two_ioas, [](world* w) { make_call(w, "access_replace", {3, 3}); },
               {"mutex_lock iommufd_access.ioas_lock", "xa_lock iommufd_ctx.objects",
                "down_write iommufd_ioas.domains_rwsem", "down_write iommufd_ioas.iova_rwsem",
                "xa_alloc iommufd_ioas.access_list", "up_write iommufd_ioas.iova_rwsem",
                "up_write iommufd_ioas.domains_rwsem", "refcount_inc iommufd_ioas.users",
                "mutex_unlock iommufd_access.ioas_lock", "mutex_lock selftest_access.lock",
                "xa_erase iommufd_ioas.access_list", "refcount_dec iommufd_ioas.users"});
}

TEST(steps, access_destroy) {
  expect_steps(
      with_item, [](world* w) { make_call(w, "access_destroy", {3}); },
      {"refcount_dec_and_test iommufd_access.shortterm_users", "xa_lock iommufd_ctx.objects",
       "refcount_dec iommufd_access.users", "refcount_dec_if_one iommufd_access.users",
       "xa_erase iommufd_ctx.objects", "xa_unlock iommufd_ctx.objects",
       "mutex_lock iommufd_access.ioas_lock", "mutex_unlock iommufd_access.ioas_lock",
       "refcount_dec_and_test file.f_count", "kfree iommufd_access"});
}

TEST(steps, rw) {
  expect_steps(
      attached, [](world* w) { make_call(w, "access_rw", {3, iova, 0x1000, 4}); },
      {"mutex_lock iommufd_access.ioas_lock", "down_read iommufd_ioas.iova_rwsem",
       "down_read mm_struct.mmap_lock", "copy_from_user", "up_read mm_struct.mmap_lock",
       "up_read iommufd_ioas.iova_rwsem", "mutex_unlock iommufd_access.ioas_lock", "copy_to_user"});
}

TEST(steps, domains) {
  expect_steps(
      attached, [](world* w) { make_call(w, "hwpt_alloc", {1}); },
      {"mutex_lock iommufd_ioas.mutex", "kmalloc iommu_domain",
       "down_write iommufd_ioas.domains_rwsem", "down_write iommufd_ioas.iova_rwsem",
       "mutex_lock iopt_pages.mutex", "xa_store iommu_domain.pfns", "mutex_unlock iopt_pages.mutex",
       "xa_store iommufd_ctx.objects", "mutex_unlock iommufd_ioas.mutex"});
  expect_steps(
      with_domain, [](world* w) { make_call(w, "hwpt_destroy", {3}); },
      {"refcount_dec_and_test iommufd_hwpt_paging.shortterm_users", "mutex_lock iommufd_ioas.mutex",
       "down_write iommufd_ioas.domains_rwsem", "xa_erase iommu_domain.pfns", "kfree iommu_domain",
       "refcount_dec iommufd_ioas.users"});
}

TEST(steps, close) {
  expect_steps(with_item, [](world* w) { make_call(w, "access_close", {3}); },
               {"xa_lock files_struct.fdt", "refcount_dec_and_test file.f_count",
                "mutex_lock selftest_access.lock",
                "refcount_dec_and_test iommufd_access.shortterm_users", "kfree selftest_access"});
}

TEST(steps, ioas_destroy) {
  const auto mapped = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "ioas_map", {1, iova, 0x1000});
  };
  expect_steps(
      mapped, [](world* w) { make_call(w, "ioas_destroy", {1}); },
      {"xa_lock iommufd_ctx.objects", "refcount_dec_if_one iommufd_ioas.users",
       "refcount_dec_and_test iommufd_ioas.shortterm_users", "down_read iommufd_ioas.domains_rwsem",
       "kfree iopt_area", "kfree iopt_pages", "kfree iommufd_ioas"});
}

}  // namespace
}  // namespace iorace::kern
