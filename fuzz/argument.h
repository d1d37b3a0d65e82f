// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Kinds of arguments. Each kind knows to parse, print, enumerate its interesting values, decode,
// encode, mutate and shrink itself; text, bytes, mutator, reducer and menus loop over this table
// and know no kind. Adding a kind: a value of kern::arg_kind, a class in argument.cc, a row in
// ways().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "fuzz/dice.h"
#include "fuzz/program.h"
#include "scheduler/strategies/varint.h"

namespace iorace {

// What an argument of one call may refer to.
struct arg_context {
  std::span<const variable> objects;    // variables of its class that it may name, sorted
  std::span<const std::uint64_t> used;  // values that arguments of its name and kind have elsewhere
};

class arg_ways {
 public:
  virtual ~arg_ways() = default;

  // True: written as "value". False: written as "name=value", and left out where it is dull.
  virtual bool positional() const { return false; }
  // True: written even where it is dull, because a reader looks for it.
  virtual bool always_written() const { return false; }

  // Errors: what is wrong with the word and what was expected.
  virtual tl::expected<argument, std::string> parse(const kern::arg_info&,
                                                    std::string_view) const = 0;
  virtual void print(const kern::arg_info&, const argument&, std::string& to) const = 0;

  // Values worth trying, the dull one first; no two are equal.
  virtual std::vector<argument> interesting(const kern::arg_info&, const arg_context&) const = 0;
  // Simpler values, the simplest first; each is strictly simpler, so shrinking ends.
  virtual std::vector<argument> shrink(const kern::arg_info&, const argument&,
                                       const arg_context&) const = 0;
  // Returns another value than `a`; `a` itself only if there is none.
  virtual argument mutate(const kern::arg_info&, const argument& a, const arg_context&,
                          dice&) const = 0;

  // Decoding is total. decode(encode(a)) == a.
  virtual argument decode(byte_reader&) const;
  virtual void encode(const argument&, std::vector<std::uint8_t>& to) const;
};

const arg_ways& ways(kern::arg_kind kind);

// What argument `index` of call number `place` of `task` may refer to. `owner` keeps what the
// context points to.
struct arg_context_owner {
  std::vector<variable> objects;
  std::vector<std::uint64_t> used;
  operator arg_context() const { return {objects, used}; }
};
arg_context_owner context_of(const program_data& p, unsigned task, std::size_t place,
                             const kern::flow_info& flow, std::size_t index);

}  // namespace iorace
