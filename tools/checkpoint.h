// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The file of --resume: a run that can be gone on from, whatever ended the process. It is text,
// versioned, ends with a checksum of itself, and is replaced whole.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/report.h"

namespace iorace::cli {

// A run of one or more seeds between two executions; the state of the seed that is under way is a
// program_state beside it.
struct checkpoint {
  // Which run it is: the command without what does not influence the result, and the program.
  std::string command;
  std::uint64_t program = 0;
  std::vector<seed_report> done;             // seeds before; their findings cannot be run again
  std::uint64_t seed = 0;                    // under way
  std::map<std::string, std::string> paths;  // where the traces of findings are, by title
};

// The identity of a run that has not begun.
checkpoint checkpoint_of(const run_request& o, const subject& s);

std::string checkpoint_text(const checkpoint& c, const sample_state& s, const reached_rows& r);

struct resumed_run {
  checkpoint at;
  program_state state;
};
// Returns what `path` holds, or nothing if there is no such file. Errors: it cannot be read, is no
// checkpoint, was cut or edited, or is of another run than `wanted`.
result<std::optional<resumed_run>> load_checkpoint(const std::string& path,
                                                   const checkpoint& wanted);

// Writes checkpoints. They cost a twentieth of the time at most.
class checkpoint_file {
 public:
  explicit checkpoint_file(std::string path) : path_(std::move(path)) {}
  // Whether the last one is old.
  bool due() const { return clock::now() >= next_; }
  result<void> save(const checkpoint& c, const sample_state& s, const reached_rows& r);

 private:
  using clock = std::chrono::steady_clock;
  std::string path_;
  clock::time_point next_;
};

}  // namespace iorace::cli
