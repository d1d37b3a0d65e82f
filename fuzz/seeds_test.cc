// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The five threads that the project began with, each with the knob whose values are what was argued
// about, and those of which a value was proposed there, too: how soon each wrong one is found, and
// in how many executions the others are proved. The table is in README.md; IORACE_UPDATE=1 writes
// it. The counts of proofs are those of model/README.md, which another test keeps true.
#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>

#include "fuzz/bind.h"
#include "fuzz/page_test.h"
#include "fuzz/scenarios.h"
#include "fuzz/trace_run.h"
#include "fuzz/under_test.h"
#include "scheduler/explore/sample.h"

namespace iorace::this_file {
namespace {

struct thread_row {
  const char* thread;
  const char* knob;
  const char* source;  // of values of other knobs
};
constexpr thread_row threads[] = {
    {"iommufd: a driver's pins and the unmap that undoes them, October 2022",
     "selftest_access.lock", "[PATCH v3 14/15] iommufd: Add a selftest (2022-10)"},
    {"iommu: the release of a device and the domains of its group, September 2022",
     "release_device", "[PATCH 4/4] iommu: Fix ordering of iommu_release_device() (2022-09)"},
    {"vfio-pci: concurrent faults of one mapping, June 2021", "vfio_pci.fault",
     "[PATCH v2] vfio/pci: Handle concurrent vma faults (2021-06)"},
    {"vfio: addresses that are taken away under devices that pin, October 2022", "type1_vaddr",
     "[PATCH RFC v2 00/13] IOMMUFD Generic interface (2022-10)"},
    {"iommu: who keeps page requests that are not answered, August 2023", "iopf.locking",
     "lore 20230825023026.132919-10"},
};

// Its own first.
std::vector<const kern::knob_info*> knobs_of(const thread_row& t) {
  std::vector<const kern::knob_info*> all;
  for (const kern::knob_info& k : kernel_schema().knobs)
    if (k.name == std::string_view(t.knob))
      all.insert(all.begin(), &k);
    else if (std::ranges::any_of(
                 k.values, [&](const auto& v) { return v.source == std::string_view(t.source); }))
      all.push_back(&k);
  EXPECT_FALSE(all.empty() || all[0]->name != std::string_view(t.knob)) << "no knob " << t.knob;
  return all;
}

// "knob=value" to traces, as model/README.md has them.
std::map<std::string, std::string> proved() {
  std::map<std::string, std::string> counts;
  std::istringstream rows(part_of_page(IORACE_SOURCE_DIR "/model/README.md", "proofs").text());
  for (std::string line; std::getline(rows, line);) {
    const std::size_t setting = line.find(' ') + 1, count = line.rfind(' ', line.size() - 3) + 1;
    counts[line.substr(setting, line.find(' ', setting) - setting)] =
        line.substr(count, line.size() - 2 - count);
  }
  return counts;
}

// Executions until the value ends as its row says.
std::string found_after(const std::string& setting, const kern::knob_value& v) {
  const auto t = scenario(v.scenario, kernel_schema());
  if (!t) return "";
  const trace_file with = under(*t, "profile=repaired," + setting);
  const bound_program p(with.program, kernel_schema());
  sample_options o;
  o.executions_max = 100'000;
  o.each = execution_of(with);
  o.pass_over = [&](const finding& f) { return f.name != v.expect; };
  const sample_result r = sample(p.runnable(), o);
  EXPECT_EQ(r.findings.size(), 1u) << setting;
  return fmt::format("{}", r.executions);
}

std::string row_of(const thread_row& t, const kern::knob_info& k, const kern::knob_value& v,
                   const std::map<std::string, std::string>& counts) {
  const std::string setting = fmt::format("{}={}", k.name, v.name);
  const bool sound = is_sound(v);
  if (sound) {
    EXPECT_TRUE(counts.contains(setting)) << setting;
  }
  const bool own = k.name == std::string_view(t.knob);
  const std::string what(k.summary, std::strlen(k.summary) - 1);
  return fmt::format("| {} ({}) | {} | {} | {} | {} |\n", own ? v.name : setting, v.id,
                     own ? v.summary : fmt::format("{}: {}", what, v.summary), v.expect,
                     sound ? "" : found_after(setting, v), sound ? counts.at(setting) : "");
}

TEST(seeds, are_settled_as_the_table_says) {
  const std::map<std::string, std::string> counts = proved();
  std::string table;
  for (const thread_row& t : threads) {
    table += fmt::format("\n**{}** (`{}`)\n\n", t.thread, t.knob);
    table += "| value | what is done | verdict | found after | proved by |\n";
    table += "| --- | --- | --- | --- | --- |\n";
    for (const kern::knob_info* k : knobs_of(t))
      for (const kern::knob_value& v : k->values) table += row_of(t, *k, v, counts);
  }
  compare_with_page("README.md", "seeds", table);
}

}  // namespace
}  // namespace iorace::this_file
