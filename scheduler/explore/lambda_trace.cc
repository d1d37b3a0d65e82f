// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/lambda_trace.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "scheduler/record/trace_lines.h"

namespace iorace {
namespace {

constexpr std::array<std::string_view, 2> keys = {"title", "options"};
constexpr std::array<std::string_view, 4> sections = {"schedule", "points", "steps", "verdict"};
enum part : std::size_t { schedule_part, points, steps, verdict_part };

class lambda_trace_parser {
 public:
  parsed<lambda_trace> read(std::string_view text) {
    const auto lines = lines_of(text);
    if (!lines) return tl::unexpected(lines.error());
    for (const text_line& l : *lines) {
      if (section_ == steps) step_text_ += '\n';  // keeps the numbers of the lines
      if (l.text.empty()) continue;
      if (auto r = line(l); !r) return tl::unexpected(r.error());
    }
    if (!begun_)
      return tl::unexpected(text_error{1, 1, "the file is empty, expected 'iorace-trace 1'"});
    auto recorded = parse_steps(step_text_, steps_line_);
    if (!recorded) return tl::unexpected(recorded.error());
    const std::string_view last = section_ ? sections[*section_] : std::string_view();
    if (auto r = check_whole(lines->back(), last, t_.want.title.has_value(), verdict_); !r)
      return tl::unexpected(r.error());
    return finish(std::move(*recorded));
  }

 private:
  parsed<void> line(const text_line& l) {
    scanner in(l);
    if (!begun_) {
      begun_ = true;
      return read_first_line(in);
    }
    if (in.take('[')) return begin_section(in);
    if (!section_) return key(in);
    switch (*section_) {
      case schedule_part:
        return parse_schedule_line(l.text, l.number, t_.in.plan);
      case points:
        return read_points(in, t_.in.points);
      case steps:
        step_text_ += l.text;
        return {};
      default:
        return read_verdict(in, {}, verdict_);
    }
  }

  parsed<void> key(scanner& in) {
    const std::size_t at = in.mark();
    const std::string_view name = in.word("-");
    if (std::find(keys.begin(), keys.end(), name) == keys.end())
      return in.error(at, fmt::format("unknown key {}, {}, or a section such as [schedule]",
                                      quoted(name), expected_one_of(name, keys)));
    if (in.at_end()) return in.wanted("a value");
    if (name == "title") return t_.want.title = in.rest(), parsed<void>{};
    while (!in.at_end()) {
      const std::size_t word = in.mark();
      if (const auto set = read_option(in.until(" "), options_); !set)
        return in.error(word, set.error());
    }
    return {};
  }

  parsed<void> begin_section(scanner& in) {
    const std::size_t at = in.mark() - 1;
    const std::string_view title = in.until("]");
    if (!in.take(']')) return in.wanted("']'");
    const auto found = std::find(sections.begin(), sections.end(), title);
    if (found == sections.end())
      return in.error(at, fmt::format("unknown section {}, {}", quoted(fmt::format("[{}]", title)),
                                      expected_one_of(title, sections)));
    const auto index = static_cast<std::size_t>(found - sections.begin());
    if (section_ && index <= *section_)
      return in.error(at, fmt::format("section [{}] comes too late, expected it before [{}]", title,
                                      sections[*section_]));
    section_ = index;
    if (index == steps) steps_line_ = in.line();
    if (index == points) return read_points(in, t_.in.points);
    if (!in.at_end()) return in.wanted("the end of the line");
    return {};
  }

  lambda_trace finish(std::vector<step_text> recorded) {
    t_.in.options.faults_max = options_.faults;
    t_.in.options.fair = options_.fair;
    t_.in.options.points_max = options_.points;
    t_.want.steps = std::move(recorded);
    if (verdict_) {
      t_.want.verdict = verdict_->name;
      t_.want.digest = verdict_->digest;
    }
    return std::move(t_);
  }

  lambda_trace t_;
  trace_options options_;
  std::optional<trace_verdict> verdict_;
  std::optional<std::size_t> section_;
  std::string step_text_;
  unsigned steps_line_ = 1;
  bool begun_ = false;
};

}  // namespace

lambda_trace trace_of(const kept_execution& kept, const execution_options& o) {
  lambda_trace t{{kept.plan, kept.points, o}, expectation_of(kept.result, kept.what, kept.steps)};
  if (t.want.title->empty()) t.want.title.reset();
  t.want.detail.reset();  // not in the text
  return t;
}

std::string to_text(const lambda_trace& t) {
  const execution_options& o = t.in.options;
  const std::string options =
      options_text({.faults = o.faults_max, .fair = o.fair, .points = o.points_max});
  std::string text = "iorace-trace 1\n";
  if (t.want.title) text += key_line("title", *t.want.title) + '\n';
  if (!options.empty()) text += key_line("options", options) + '\n';
  text += "\n[schedule]\n" + to_text(t.in.plan);
  if (!t.in.points.empty())
    for (const std::string& line : points_lines(t.in.points)) text += line + '\n';
  if (!t.want.steps.empty()) text += "[steps]\n" + to_text(t.want.steps);
  if (t.want.verdict) text += "[verdict]\n" + verdict_text({*t.want.verdict, "", t.want.digest});
  return text;
}

tl::expected<lambda_trace, text_error> parse_lambda_trace(std::string_view text) {
  return lambda_trace_parser().read(text);
}

}  // namespace iorace
