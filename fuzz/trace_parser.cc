// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The reading half of trace_file.h: lines to keys and sections, in their order.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fuzz/settings.h"
#include "fuzz/trace_file.h"
#include "scheduler/strategies/strategy.h"

namespace iorace {
namespace {

constexpr std::array<std::string_view, 7> keys = {"title",   "profile", "knobs",   "limits",
                                                  "options", "seed",    "strategy"};
// In the order of the file; cpuN and agents may appear more than once.
constexpr std::array<std::string_view, 8> sections = {
    "setup", "cpu1", "agent NAME", "menu", "schedule", "points", "steps", "verdict"};
enum part : std::size_t { setup, cpu, agent, menu, schedule_part, points, steps, verdict_part };

class trace_parser {
 public:
  explicit trace_parser(const schema& s) : schema_(s), program_(s, t_.program) {}

  parsed<trace_file> read(std::string_view text) {
    const auto lines = lines_of(text);
    if (!lines) return tl::unexpected(lines.error());
    for (const text_line& l : *lines)
      if (auto r = line(l); !r) return tl::unexpected(r.error());
    if (!begun_)
      return tl::unexpected(text_error{1, 1, "the file is empty, expected 'iorace-trace 1'"});
    if (auto r = program_.finish(); !r) return tl::unexpected(r.error());
    if (auto r = finish(lines->back()); !r) return tl::unexpected(r.error());
    return std::move(t_);
  }

 private:
  parsed<void> line(const text_line& l) {
    if (l.text.empty()) {
      if (l.has_comment) pending_.above.emplace_back(l.comment);
      return {};
    }
    comments notes = std::move(pending_);
    pending_ = {};
    notes.behind = l.comment;
    scanner in(l);
    if (!begun_) return first_line(in, std::move(notes));
    if (in.take('[')) return begin_section(in, std::move(notes));
    if (!section_) return key(in, std::move(notes));
    switch (*section_) {
      case schedule_part:
        return schedule_line(l, std::move(notes));
      case points:
        return read_points(in, t_.points);
      case steps:
        return read_step(l, t_.steps);
      case verdict_part:
        return verdict_line(in);
      default:
        return program_.line(in, std::move(notes));
    }
  }

  parsed<void> first_line(scanner& in, comments notes) {
    if (auto r = read_first_line(in); !r) return r;
    begun_ = true;
    keep("iorace-trace", std::move(notes));
    return {};
  }

  parsed<void> key(scanner& in, comments notes) {
    const std::size_t at = in.mark();
    const std::string_view name = in.word("-");
    const auto found = std::find(keys.begin(), keys.end(), name);
    if (found == keys.end())
      return in.error(at, fmt::format("unknown key {}, {}, or a section such as [setup]",
                                      quoted(name), expected_one_of(name, keys)));
    const auto index = static_cast<std::size_t>(found - keys.begin());
    if (index + 1 == next_key_)
      return in.error(at, fmt::format("key {} appears twice, expected it once", name));
    if (index < next_key_)
      return in.error(at, fmt::format("key {} comes too late, expected it before {}", name,
                                      keys[next_key_ - 1]));
    next_key_ = index + 1;
    keep(name, std::move(notes));
    if (in.at_end()) return in.wanted("a value");
    if (name == "title") return t_.title = in.rest(), parsed<void>{};
    if (name == "strategy") return strategy_name(in);
    if (name == "seed") return seed(in);
    return settings(in, name);
  }

  parsed<void> strategy_name(scanner& in) {
    const std::size_t at = in.mark();
    t_.strategy = in.rest();
    if (make_strategy(t_.strategy) == nullptr) return in.error(at, strategy_error(t_.strategy));
    return {};
  }

  parsed<void> seed(scanner& in) {
    const std::size_t at = in.mark();
    const auto value = number_from(in.rest());
    if (!value) return in.error(at, value.error());
    t_.seed = *value;
    return {};
  }

  // Blank-separated words, each a setting.
  parsed<void> settings(scanner& in, std::string_view name) {
    while (!in.at_end()) {
      const std::size_t at = in.mark();
      const std::string_view word = in.until(" ");
      const set_result set = name == "profile"
                                 ? set_knob(t_.program, fmt::format("profile={}", word), schema_)
                             : name == "knobs"  ? set_knob(t_.program, word, schema_)
                             : name == "limits" ? set_limit(t_.program, word, schema_)
                                                : read_option(word, t_.options);
      if (!set) return in.error(at, set.error());
      if (name == "profile" && !in.at_end()) return in.wanted("the end of the line");
    }
    return {};
  }

  parsed<void> begin_section(scanner& in, comments notes) {
    const std::size_t at = in.mark() - 1;
    const std::string_view title = in.until("]");
    if (!in.take(']')) return in.wanted("']'");
    const std::string_view kind = title.starts_with("cpu")      ? sections[cpu]
                                  : title.starts_with("agent ") ? sections[agent]
                                                                : title;
    const auto found = std::find(sections.begin(), sections.end(), kind);
    if (found == sections.end())
      return in.error(at, fmt::format("unknown section {}, {}", quoted(fmt::format("[{}]", title)),
                                      expected_one_of(title, sections)));
    const auto index = static_cast<std::size_t>(found - sections.begin());
    const bool again = index == cpu || index == agent;
    if (section_ && index == *section_ && !again)
      return in.error(at, fmt::format("section [{}] appears twice, expected it once", title));
    if (section_ && index < *section_)
      return in.error(at, fmt::format("section [{}] comes too late, expected it before [{}]", title,
                                      sections[*section_]));
    section_ = index;
    const auto taken = program_.section(title, at + 1, in, notes);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return {};
    keep(fmt::format("[{}]", title), std::move(notes));
    if (index == schedule_part) t_.schedule.emplace();
    if (index == points) return read_points(in, t_.points);
    if (!in.at_end()) return in.wanted("the end of the line");
    return {};
  }

  parsed<void> schedule_line(const text_line& l, comments notes) {
    iorace::schedule& s = *t_.schedule;
    const std::size_t segments = s.segments.size();
    const auto read = parse_schedule_line(l.text, l.number, s);
    if (!read) return tl::unexpected(read.error());
    auto& where = s.segments.size() != segments ? segment_notes_ : choice_notes_;
    where.push_back(std::move(notes));
    return {};
  }

  parsed<void> verdict_line(scanner& in) {
    std::vector<std::string_view> names;
    for (const verdict_info& v : verdicts())
      if (v.id != verdict::invariant) names.emplace_back(v.name);
    for (const kern::invariant_info& i : schema_.invariants) names.emplace_back(i.name);
    return read_verdict(in, names, t_.verdict);
  }

  parsed<void> finish(const text_line& end) {
    const std::string_view last = section_ ? sections[*section_] : std::string_view();
    if (auto r = check_whole(end, last, !t_.title.empty(), t_.verdict); !r) return r;
    t_.schedule_notes = std::move(segment_notes_);
    std::move(choice_notes_.begin(), choice_notes_.end(), std::back_inserter(t_.schedule_notes));
    if (!pending_.above.empty()) t_.notes["end"] = std::move(pending_);
    return {};
  }

  void keep(std::string_view name, comments notes) {
    if (!notes.above.empty() || !notes.behind.empty())
      t_.notes[std::string(name)] = std::move(notes);
  }

  const schema& schema_;
  trace_file t_;
  program_reader program_;
  bool begun_ = false;
  std::size_t next_key_ = 0;
  std::optional<std::size_t> section_;
  comments pending_;
  std::vector<comments> segment_notes_, choice_notes_;
};

}  // namespace

parsed<trace_file> parse_trace(std::string_view text, const schema& s) {
  return trace_parser(s).read(text);
}

}  // namespace iorace
