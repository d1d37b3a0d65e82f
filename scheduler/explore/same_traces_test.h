// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests: a program is verified and enumerated, and both must come to the same clean traces,
// each once, and to the same titles.
#pragma once

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "scheduler/explore/trace_hash.h"
#include "scheduler/explore/verify.h"
#include "scheduler/sync/lab_test.h"

namespace iorace {

inline std::set<std::string> titles_of(const verify_result& r) {
  std::set<std::string> titles;
  for (const verified_finding& f : r.findings) titles.insert(f.what.title);
  return titles;
}

// What executions came to.
struct seen_traces {
  std::multiset<std::uint64_t> clean;  // hashes
  std::set<std::string> titles;
  void note(const engine& e) {
    if (e.last_finding().kind == verdict::none)
      clean.insert(trace_hash(e));
    else
      titles.insert(e.last_finding().title);
  }
  std::set<std::uint64_t> distinct() const { return {clean.begin(), clean.end()}; }
};

inline void expect_same_traces(const program& p, const char* what = "") {
  verify_options o;
  o.points = verify(p, o).promoted;  // first the points that it needs, then the traces
  seen_traces once, brute;
  o.seen = [&](const engine& e) { once.note(e); };
  const verify_result all = verify(p, o);
  EXPECT_TRUE(all.complete) << what;

  enumerate_options e;
  e.points = all.promoted;
  e.seen = [&](const engine& x) { brute.note(x); };
  EXPECT_TRUE(all_of(p, clean, e).complete) << what;
  EXPECT_EQ(once.clean.size(), brute.distinct().size()) << what;
  EXPECT_EQ(once.distinct(), brute.distinct()) << what;
  EXPECT_EQ(titles_of(all), brute.titles) << what;
}

}  // namespace iorace
