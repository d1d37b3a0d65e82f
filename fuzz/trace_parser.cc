// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The reading half of trace_file.h: lines to keys and sections, in their order.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "fuzz/settings.h"
#include "fuzz/trace_file.h"
#include "scheduler/record/steps_text.h"

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
        return points_line(in);
      case steps:
        return steps_line(l);
      case verdict_part:
        return verdict_line(in);
      default:
        return program_.line(in, std::move(notes));
    }
  }

  parsed<void> first_line(scanner& in, comments notes) {
    const std::size_t at = in.mark();
    if (in.word("-") != "iorace-trace") {
      in.reset(at);
      return in.wanted("'iorace-trace 1'");
    }
    const std::size_t version_at = in.mark();
    const std::string_view version = in.rest();
    if (version != "1")
      return in.error(version_at, fmt::format("unknown version {}, expected 1", quoted(version)));
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
    if (name == "strategy") return t_.strategy = in.rest(), parsed<void>{};
    if (name == "seed") return seed(in);
    return settings(in, name);
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
                                                : set_option(word);
      if (!set) return in.error(at, set.error());
      if (name == "profile" && !in.at_end()) return in.wanted("the end of the line");
    }
    return {};
  }

  set_result set_option(std::string_view word) {
    constexpr std::array<std::string_view, 3> names = {"faults", "fair", "points"};
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals);
    const auto value = number_from(word.substr(std::min(equals + 1, word.size())));
    if (std::find(names.begin(), names.end(), name) == names.end())
      return tl::unexpected(
          fmt::format("unknown option {}, {}", quoted(name), expected_one_of(name, names)));
    const std::uint64_t max = name == "fair" ? 1 : name == "faults" ? 1000 : 1'000'000;
    if (!value) return tl::unexpected(value.error());
    if (*value > max)
      return tl::unexpected(fmt::format("option {} is out of range, expected 0 to {}", word, max));
    const auto number = static_cast<std::uint32_t>(*value);
    if (name == "faults")
      t_.options.faults = number;
    else if (name == "fair")
      t_.options.fair = number != 0;
    else
      t_.options.points = number;
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
    if (index == points) return points_line(in);
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

  parsed<void> points_line(scanner& in) {
    while (!in.at_end()) {
      const std::size_t at = in.mark();
      const std::string_view word = in.word("_.");
      const std::size_t dot = word.find('.');
      if (dot == word.npos || dot == 0 || dot + 1 == word.size()) {
        in.reset(at);
        return in.wanted("a field such as iopt_area.num_accesses");
      }
      t_.points.emplace_back(word);
    }
    return {};
  }

  parsed<void> steps_line(const text_line& l) {
    const auto step = parse_step(l.text, l.number, t_.steps.size() + 1);
    if (!step) return tl::unexpected(step.error());
    t_.steps.emplace_back(l.text);
    return {};
  }

  parsed<void> verdict_line(scanner& in) {
    const std::size_t at = in.mark();
    const std::string_view name = in.word("-_");
    if (t_.verdict && name == "digest" && !t_.verdict->digest) {
      const std::size_t digest_at = in.mark();
      const std::string_view hex = in.rest();
      std::uint64_t digest = 0;
      const auto [stop, error] = std::from_chars(hex.data(), hex.data() + hex.size(), digest, 16);
      if (error != std::errc{} || stop != hex.data() + hex.size() || hex.size() != 16)
        return in.error(
            digest_at, fmt::format("{} is no digest, expected 16 hexadecimal digits", quoted(hex)));
      t_.verdict->digest = digest;
      return {};
    }
    if (t_.verdict) {
      in.reset(at);
      return in.wanted(t_.verdict->digest ? "the end of the file"
                                          : "'digest' or the end of the file");
    }
    std::vector<std::string_view> names;
    for (const verdict_info& v : verdicts())
      if (v.id != verdict::invariant) names.emplace_back(v.name);
    for (const kern::invariant_info& i : schema_.invariants) names.emplace_back(i.name);
    if (std::find(names.begin(), names.end(), name) == names.end())
      return in.error(
          at, fmt::format("unknown verdict {}, {}", quoted(name), expected_one_of(name, names)));
    t_.verdict = trace_verdict{std::string(name), std::string(in.rest()), {}};
    return {};
  }

  // What a recording may not lack, wherever its file was cut off.
  parsed<void> finish(const text_line& end) {
    const auto truncated = [&end](std::string what) {
      return tl::unexpected(text_error{end.number, 1, std::move(what)});
    };
    if (section_ == verdict_part && !t_.verdict)
      return truncated("[verdict] is empty (is the file truncated?), expected a verdict");
    if (t_.verdict && !t_.verdict->digest)
      return truncated("[verdict] has no digest (is the file truncated?), expected one");
    if (!t_.verdict && (section_ == steps || !t_.title.empty()))
      return truncated(fmt::format("{} without a [verdict] (is the file truncated?), expected one",
                                   section_ == steps ? "[steps]" : "a title"));
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
