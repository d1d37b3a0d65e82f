// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the drawing may leave out of a recording without making two things look the same: objects of
// members, inner functions, prefixes of functions. Used by columns.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/record/abridging.h"
#include "scheduler/record/columns.h"
#include "scheduler/record/recording.h"

namespace iorace {

// The outermost function around `frame`; the label of the call if there is no function in it; 0
// outside both.
std::uint32_t entry_of(const recording& r, std::uint32_t frame);
// That and the functions further in that the title names, outermost first: the headings that the
// drawing has in any case.
std::vector<std::uint32_t> outline_of(const recording& r, std::uint32_t frame);

class shortening {
 public:
  // `r` and `o` must outlive it. Only lines that have a row can be mistaken for one another.
  shortening(const recording& r, const columns_options& o, const std::vector<drawn_as>& drawn);

  // "iova_rwsem", or "ioas#1.iova_rwsem" where several objects have one.
  std::string place(const recording::line& l) const;
  // "access_pin_pages()"; the label of a call as it is.
  std::string heading(std::uint32_t frame) const;
  // The frames around `l` that have headings, outermost first.
  std::vector<std::uint32_t> path(const recording::line& l) const;

 private:
  bool wanted(std::uint32_t frame, const recording::line& l) const;

  const recording& r_;
  const columns_options& o_;
  std::map<std::string, std::set<std::string>> objects_;  // by field
  std::set<std::string, std::less<>> functions_;
  // By call and text of an operation: the innermost functions in which it is executed.
  std::map<std::pair<std::uint32_t, std::string>, std::set<std::string>> inner_;
};

}  // namespace iorace
