// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// One test per knob: what the faulty value shows, and that the other value does not.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "model/test_calls.h"

namespace iorace::kern::this_file {
namespace {

using testing::IsEmpty;

constexpr std::uint64_t iova = 0x10000;
constexpr std::uint64_t aperture = 0x1000000;

void one_item(world* w) {
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_map", {1, iova, 0x2000});
  make_call(w, "access_create");
  make_call(w, "access_attach", {3, 1});
  make_call(w, "access_pages", {3, iova, 0x1000});
}
// Another ioas, 3, that maps the same IOVA.
void two_ioas(world* w) {
  one_item(w);
  make_call(w, "ioas_alloc");
  make_call(w, "ioas_map", {3, iova, 0x2000});
}
void unmap_all(world* w) { make_call(w, "ioas_unmap_all", {1}); }
void pages(world* w) { make_call(w, "access_pages", {3, iova, 0x2000}); }
void item_destroy(world* w) { make_call(w, "item_destroy", {3, 0}); }
void replace(world* w) { make_call(w, "access_replace", {3, 3}); }
void detach(world* w) { make_call(w, "access_detach", {3}); }
void destroy(world* w) { make_call(w, "access_destroy", {3}); }
void detach_and_destroy(world* w) {
  detach(w);
  destroy(w);
}

struct variant {
  const char* knob;
  const char* faulty;
  const char* sound;
  body setup;
  std::vector<body> cpus;
  const char* title;
  const char* strategy = "pct:3";
  std::uint32_t faults_max = 0;
};

void expect_variant(const variant& v) {
  const config faulty = with(repaired_config(), {{v.knob, v.faulty}});
  const config sound = with(repaired_config(), {{v.knob, v.sound}});
  EXPECT_TRUE(
      convicts(program_of(faulty, v.setup, v.cpus), v.strategy, 6'000, v.title, v.faults_max))
      << v.title;
  for (const char* s : {"random", "pct:3", "pos"})
    EXPECT_THAT(titles(program_of(sound, v.setup, v.cpus), s, 2'000, 1, v.faults_max), IsEmpty())
        << s;
}

TEST(knob_iommufd, driver_lock_across_access_destroy) {
  expect_variant({"access_destroy.lock",
                  "driver_lock",
                  "unlocked",
                  one_item,
                  {detach_and_destroy, unmap_all},
                  "kernel-warn in iommufd_object_destroy_user"});
}

TEST(knob_iommufd, driver_lock_and_the_destroy_operations_own_callback) {
  const config c = with(repaired_config(), {{"access_destroy.lock", "driver_lock"}});
  EXPECT_THAT(titles(program_of(c, one_item, {destroy}), "random", 1),
              testing::ElementsAre("recursive-lock in iommufd_test_access_unmap"));
}

TEST(knob_iommufd, destroy_rwsem_in_the_object) {
  expect_variant({"iommufd_object.lifetime",
                  "destroy_rwsem",
                  "shortterm_users",
                  one_item,
                  {destroy, unmap_all},
                  "use-after-free: iommufd_put_object v iommufd_object_remove"});
}

TEST(knob_iommufd, temporary_user_of_iommu_destroy) {
  expect_variant({"iommufd_destroy.users",
                  "temporary",
                  "none",
                  one_item,
                  {destroy, [](world* w) { make_call(w, "object_destroy", {2}); }},
                  "kernel-warn in iommufd_object_destroy_user"});
}

TEST(knob_iommufd, ioas_kept_in_change_ioas) {
  expect_variant({"change_ioas.ioas",
                  "kept",
                  "cleared",
                  two_ioas,
                  {replace, pages, unmap_all},
                  "kernel-warn in iopt_unmap_iova_range"});
}

TEST(knob_iommufd, unpin_by_ioas) {
  expect_variant({"change_ioas.unpin",
                  "ioas",
                  "ioas_unpin",
                  two_ioas,
                  {replace, unmap_all},
                  "kernel-warn in iommufd_access_unpin_pages"});
}

TEST(knob_iommufd, contig_done_after_up_read) {
  expect_variant({"unpin_pages.contig_done",
                  "after_up_read",
                  "locked",
                  one_item,
                  {item_destroy, unmap_all},
                  "use-after-free: iopt_area_contig_done v iopt_abort_area"});
}

TEST(knob_iommufd, area_pointer_after_unlock) {
  expect_variant({"iopt_unmap.area_pointer",
                  "read_after_unlock",
                  "read_before_unlock",
                  one_item,
                  {unmap_all, unmap_all},
                  "use-after-free: iopt_unmap_iova_range v iopt_abort_area",
                  "pos"});
}

TEST(knob_iommufd, attach_not_serialised) {
  expect_variant({"access_driver.attach",
                  "concurrent",
                  "serialised",
                  two_ioas,
                  {replace, detach},
                  "kernel-warn in iommufd_access_detach"});
}

// Unmap starts over at an IOVA that was mapped again meanwhile.
TEST(knob_iommufd, unmap_start_kept) {
  expect_variant({"iopt_unmap.start",
                  "kept",
                  "advanced",
                  one_item,
                  {[](world* w) {
                     make_call(w, "ioas_unmap", {1, iova, 0x4000});
                   },
                   [](world* w) {
                     make_call(w, "ioas_map", {1, iova, 0x1000});
                   }},
                  "unmap-goes-back in iopt_unmap_iova_range"});
}

// What follows is upstream as it is.
TEST(knob_iommufd, notify_against_access_destroy) {
  expect_variant({"notify_unmap.lock_obj",
                  "access_list",
                  "objects",
                  one_item,
                  {destroy, unmap_all},
                  "kernel-warn in iommufd_object_destroy_user",
                  "random"});
}

TEST(knob_iommufd, unmap_spins_while_an_access_is_destroyed) {
  expect_variant({"access_destroy.pins",
                  "kept",
                  "undone",
                  one_item,
                  {destroy, unmap_all},
                  "kernel-warn in iopt_unmap_iova_range",
                  "pos"});
}

// Adjoining areas share a budget of tries although the driver honours every callback. With a
// budget below the kernel's this is a cut, not a finding.
TEST(knob_iommufd, adjoining_areas_share_their_tries) {
  const auto three_pins = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "access_create");
    make_call(w, "access_attach", {3, 1});
    for (std::uint64_t i = 0; i < 3; ++i) {
      make_call(w, "ioas_map", {1, iova + i * 0x1000, 0x1000});
      make_call(w, "access_pages", {3, iova + i * 0x1000, 0x1000});
    }
  };
  for (const char* tries : {"per_gap", "per_area"}) {
    const config c = with(repaired_config(), {{"iopt_unmap.tries", tries}, {"unmap_tries", "2"}});
    engine e;
    round_robin choose;
    const ended how = e.run(program_of(c, three_pins, {unmap_all}), choose, {}).how;
    EXPECT_EQ(how == ended::cut, std::string(tries) == "per_gap");
  }
}

// 101 of them reach the kernel's own limit.
TEST(knob_iommufd, a_hundred_and_one_adjoining_areas) {
  const config c = upstream_config();
  const program p = program_of(c,
                               [](world* w) {
                                 make_call(w, "ioas_alloc");
                                 make_call(w, "access_create");
                                 make_call(w, "access_attach", {3, 1});
                                 for (std::uint64_t i = 0; i < 101; ++i) {
                                   make_call(w, "ioas_map", {1, iova + i * 0x1000, 0x1000});
                                   make_call(w, "access_pages", {3, iova + i * 0x1000, 0x1000});
                                 }
                               },
                               {unmap_all});
  EXPECT_THAT(titles(p, "random", 1), testing::ElementsAre("kernel-warn in iopt_unmap_iova_range"));
}

// A map that fails in the second of two domains.
TEST(knob_iommufd, pages_unpinned_while_a_domain_maps_them) {
  const auto two_domains = [](world* w) {
    make_call(w, "ioas_alloc");
    make_call(w, "hwpt_alloc", {1});
    make_call(w, "hwpt_alloc", {1});
  };
  expect_variant({"fill_domains.unwind",
                  "unpin_first",
                  "unmap_first",
                  two_domains,
                  {[](world* w) {
                    make_call(w, "ioas_map", {1, aperture, 0x1000});
                  }},
                  "unpinned-while-mapped in unpin_user_page",
                  "random",
                  1});
}

// The destroyer that really slept is woken by the timer only: slow, and no finding.
TEST(knob_iommufd, sleeping_destroyer) {
  for (const char* wake : {"interruptible", "all"}) {
    const config c = with(repaired_config(), {{"put_object.wake", wake}});
    for (const char* s : {"random", "pct:3", "pos"})
      EXPECT_THAT(titles(program_of(c, one_item, {detach_and_destroy, unmap_all}), s, 2'000),
                  IsEmpty());
  }
}

// A knob is consulted to pick a row of a table, or to leave out one statement of a function.
TEST(knob_iommufd, come_in_two_forms) {
  unsigned consulted = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(IORACE_SOURCE_DIR "/model")) {
    const std::string name = entry.path().filename();
    const bool source = name.ends_with(".cc") || name.ends_with(".h");
    if (!source || name.find("_test") != std::string::npos || name.starts_with("world.")) continue;
    std::ifstream file(entry.path());
    unsigned omitted = 0;
    for (std::string line; std::getline(file, line);) {
      const std::size_t at = line.find("chosen(knob::");
      EXPECT_TRUE(at == std::string::npos || line.substr(0, at).ends_with("rows[")) << name << line;
      if (line == "}") omitted = 0;
      if (line.find("omit(knob::") != std::string::npos) ++omitted;
      EXPECT_LE(omitted, 1u) << name << ": " << line;
      consulted += at != std::string::npos || line.find("omit(knob::") != std::string::npos;
    }
  }
  EXPECT_GE(consulted, knobs().size());
}

TEST(knob_iommufd, tables_agree) {
  for (const knob_info& k : knobs()) {
    EXPECT_GE(k.values.size(), 2u) << k.name;
    EXPECT_LT(k.repaired, k.values.size()) << k.name;
  }
  EXPECT_LE(knobs().size(), rows_max);
  EXPECT_LE(probes().size(), rows_max);
  for (const flow_info& f : flows()) {
    EXPECT_LE(f.args.size(), args_max) << f.name;
    EXPECT_TRUE(f.result == nullptr || class_called(f.result) != nullptr) << f.name;
    for (const arg_info& a : f.args)
      EXPECT_TRUE(a.kind != arg_kind::object || class_called(a.cls) != nullptr) << f.name;
  }
}

}  // namespace
}  // namespace iorace::kern::this_file
