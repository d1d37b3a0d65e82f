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

inline void expect_same_traces(const program& p, const char* what = "") {
  verify_options o;
  o.points = verify(p, o).promoted;  // first the points that it needs, then the traces
  std::multiset<std::uint64_t> once;
  std::set<std::string> brute_titles;
  o.seen = [&](const engine& e) {
    if (e.last_finding().kind == verdict::none) once.insert(trace_hash(e));
  };
  const verify_result all = verify(p, o);
  EXPECT_TRUE(all.complete) << what;

  enumerate_options e;
  e.points = all.promoted;
  std::set<std::uint64_t> brute;
  e.seen = [&](const engine& x) {
    if (x.last_finding().kind == verdict::none)
      brute.insert(trace_hash(x));
    else
      brute_titles.insert(x.last_finding().title);
  };
  EXPECT_TRUE(all_of(p, clean, e).complete) << what;
  EXPECT_EQ(once.size(), brute.size()) << what;
  EXPECT_EQ(std::set<std::uint64_t>(once.begin(), once.end()), brute) << what;
  EXPECT_EQ(titles_of(all), brute_titles) << what;
}

}  // namespace iorace
