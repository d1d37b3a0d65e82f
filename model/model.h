// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The specimen as programs see it: tables of flows, knobs, limits, invariants and probes, and the
// world that an execution runs in. The only header of model/ that fuzz/ includes. The tables are
// constexpr and live beside the code they describe, one set per chapter; model.cc concatenates
// them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "scheduler/engine/tasks.h"

namespace iorace::kern {

// How an argument is written, enumerated, mutated and shrunk; fuzz/argument.h gives each its ways.
enum class arg_kind : std::uint8_t {
  object,  // a variable bound by an earlier call, or an object of the setup; `cls` is its class
  iova,    // hexadecimal; interesting values around pages, areas and the ends of the space
  length,  // hexadecimal, up to 2^64-1; interesting values around pages and wraps
  uptr,    // hexadecimal user address; interesting values inside and outside user memory
  flags,   // names from `choices` joined by '|', or a number
  choice,  // one name from `choices`, or a number
};

struct named_value {
  const char* name;
  std::uint64_t value;
};

struct arg_info {
  const char* name;
  arg_kind kind;
  const char* cls = nullptr;                  // kind object: class of what it names ("ioas")
  std::span<const named_value> choices = {};  // kinds flags and choice
  std::uint64_t dull = 0;                     // default when left out, and the shrinker's aim
};

struct world;

inline constexpr unsigned args_max = 8;

struct call_args {
  std::uint64_t value[args_max];
};

// Return of a flow: the kernel's return code, and what the call created (an id, never an address).
struct call_result {
  long rc = 0;
  std::uint64_t out = 0;
};

enum class flow_context : std::uint8_t { syscall, kernel, agent };

// Parts of the kernel, each with tables, flows and a part of the world of its own.
enum class chapter : std::uint8_t {
  iommufd,
  mm,
  hw,
  iommu,
  vfio_pci,
  vfio_type1,
  iopf,
  mock,
  idev,
  count
};
using chapter_set = std::uint32_t;
constexpr chapter_set chapter_bit(chapter c) { return 1u << static_cast<unsigned>(c); }

// One flow: something that a simulated CPU can be told to do.
struct flow_info {
  const char* name;  // as written in programs: "ioas_unmap"
  const char* summary;
  const char* kernel;  // "drivers/iommu/iommufd/ioas.c:iommufd_ioas_unmap"
  flow_context context;
  const char* result;  // class of the variable that it may bind, or null
  std::span<const arg_info> args;
  call_result (*run)(world&, const call_args&);
  std::span<const int> errors = {};  // every code that it may return besides 0 (I1.9)
  chapter_set needs = 0;             // chapters that others of its chapter do without
};

struct knob_value {
  const char* name;
  const char* id;  // "V0"; "V5s" is the sound value beside "V5"
  const char* summary;
  const char* source;    // thread or upstream commit, "ours" if nobody wrote it
  const char* scenario;  // built-in scenario that shows it
  const char* expect;    // name of the expected verdict, or "clean"
};

struct knob_info {
  const char* name;  // "selftest_access.lock"
  const char* summary;
  std::span<const knob_value> values;  // values[0] is upstream
  unsigned repaired;                   // index of the value under profile=repaired
};

struct limit_info {
  const char* name;
  const char* summary;
  std::uint64_t value;  // default
  std::uint64_t min, max;
};

struct invariant_info {
  const char* name;  // verdict's name: "pin-survives-unmap"
  const char* id;    // "I1.1"
  const char* summary;
  const char* when;  // where it is judged, in words
};

struct probe_info {
  const char* name;
  const char* summary;
  bool rare;
};

// Setup-made objects a program may name without making them (agents, user memory) would go here
// too.
std::span<const flow_info> flows();
std::span<const knob_info> knobs();
std::span<const limit_info> limits();
std::span<const invariant_info> invariants();
std::span<const probe_info> probes();

// Description of the class that flows call `name` (a result, or an argument's class): the objects
// of a program's variables are named through it. Null if nothing described has that name.
const class_info* class_called(std::string_view name);

// Its rows in flows().
std::span<const flow_info> flows_of(chapter c);
// The chapter whose flow that is, and those that it needs; none if it is in no table.
chapter_set chapters_of(const flow_info& flow);

// Index of the value of each knob and value of each limit, in the order of the tables; the chapters
// that the world has.
struct config {
  std::vector<unsigned> knobs;
  std::vector<std::uint64_t> limits;
  chapter_set chapters = chapter_bit(chapter::mm) | chapter_bit(chapter::hw) |
                         chapter_bit(chapter::mock) | chapter_bit(chapter::iommufd);
};
config upstream_config();
config repaired_config();

// Makes the world of one execution, inside the run arena. Call from a program's setup; `c` must
// outlive the execution. Never fails.
world* make_world(const config& c);
// Quiescent judgement: invariants that may be judged when every task has ended, then what is open
// is closed in order, and leaks. Call from a program's check.
void finish_world(world& w);

// Bit i % 64 of word i / 64 is row i of a table.
inline constexpr unsigned rows_max = 256;
using row_set = std::array<std::uint64_t, rows_max / 64>;
constexpr bool has_row(const row_set& rows, std::size_t i) {
  return (rows[i / 64] >> i % 64 & 1) != 0;
}
// What the execution did, for "nothing vacuous": knobs that were consulted, probes that were
// reached. Valid from make_world() until the next execution on this thread begins.
row_set knobs_consulted(const world& w);
row_set probes_reached(const world& w);
// The rows that stand in the tables of `chapters`: only those can be consulted or reached in a
// world that has no others.
row_set knobs_of(chapter_set chapters);
row_set probes_of(chapter_set chapters);

}  // namespace iorace::kern
