// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A sample between two executions: all that those to come depend on, and all that those before have
// come to. As text it outlives the process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/explore/distinct.h"
#include "scheduler/explore/sample.h"
#include "scheduler/record/ledger.h"
#include "scheduler/strategies/knowledge.h"

namespace iorace {

struct sample_state {
  // So far. What is counted in `traces` and `pairs` below comes into the statistics at the end.
  sample_result result;
  // The batch that is under way (see sample.h): the number at which it ends, and what its
  // executions know.
  std::uint64_t batch_end = 0;
  std::vector<std::string> points;  // promoted fields
  std::uint32_t estimate = 0;       // the longest execution of the batches before
  std::shared_ptr<const knowledge> known = std::make_shared<knowledge>();
  // What those of the next batch will know, besides result.promoted.
  std::uint32_t longest = 0;
  std::shared_ptr<knowledge> learning;  // null: this batch has taught nothing so far
  distinct_count traces, pairs;
};

// Versioned text.
void write_state(const sample_state& s, ledger_writer& to);
sample_state read_state(ledger_reader& from);

std::string to_text(const sample_state& s);
// Errors: the text is no state, or of another version.
tl::expected<sample_state, text_error> parse_state(std::string_view text);

}  // namespace iorace
