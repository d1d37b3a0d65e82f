// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/trace_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "scheduler/record/steps_text.h"

namespace iorace {
namespace {

constexpr std::size_t columns_max = 100;

// Returns whether all of `text` is a number of that base, and the number in `value`.
template <class T>
bool is_number(std::string_view text, int base, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && stop == end;
}

}  // namespace

parsed<void> read_first_line(scanner& in) {
  const std::size_t at = in.mark();
  if (in.word("-") != "iorace-trace") {
    in.reset(at);
    return in.wanted("'iorace-trace 1'");
  }
  const std::size_t version_at = in.mark();
  const std::string_view version = in.rest();
  if (version == "1") return {};
  return in.error(version_at, fmt::format("unknown version {}, expected 1", quoted(version)));
}

tl::expected<void, std::string> read_option(std::string_view word, trace_options& to) {
  constexpr std::array<std::string_view, 3> names = {"faults", "fair", "points"};
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, equals);
  const auto value = number_from(word.substr(std::min(equals + 1, word.size())));
  if (std::find(names.begin(), names.end(), name) == names.end())
    return tl::unexpected(
        fmt::format("unknown option {}, {}", quoted(name), expected_one_of(name, names)));
  const std::uint64_t max = name == "fair" ? 1 : std::numeric_limits<std::uint32_t>::max();
  if (!value) return tl::unexpected(value.error());
  if (*value > max)
    return tl::unexpected(fmt::format("option {} is out of range, expected 0 to {}", word, max));
  const auto number = static_cast<std::uint32_t>(*value);
  if (name == "faults")
    to.faults = number;
  else if (name == "fair")
    to.fair = number != 0;
  else
    to.points = number;
  return {};
}

parsed<void> read_points(scanner& in, std::vector<std::string>& to) {
  while (!in.at_end()) {
    const std::size_t at = in.mark();
    const std::string_view word = in.word("_.");
    const std::size_t dot = word.find('.');
    if (dot == word.npos || dot == 0 || dot + 1 == word.size()) {
      in.reset(at);
      return in.wanted("a field such as iopt_area.num_accesses");
    }
    to.emplace_back(word);
  }
  return {};
}

parsed<void> read_step(const text_line& l, std::vector<std::string>& to) {
  const auto step = parse_step(l.text, l.number, to.size() + 1);
  if (!step) return tl::unexpected(step.error());
  to.emplace_back(l.text);
  return {};
}

parsed<void> read_verdict(scanner& in, std::span<const std::string_view> names,
                          std::optional<trace_verdict>& to) {
  const std::size_t at = in.mark();
  const std::string_view name = in.word("-_");
  if (to && name == "digest" && !to->digest) {
    const std::size_t digest_at = in.mark();
    const std::string_view hex = in.rest();
    std::uint64_t digest = 0;
    if (!is_number(hex, 16, digest) || hex.size() != 16)
      return in.error(digest_at,
                      fmt::format("{} is no digest, expected 16 hexadecimal digits", quoted(hex)));
    to->digest = digest;
    return {};
  }
  if (to) {
    in.reset(at);
    return in.wanted(to->digest ? "the end of the file" : "'digest' or the end of the file");
  }
  if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end())
    return in.error(
        at, fmt::format("unknown verdict {}, {}", quoted(name), expected_one_of(name, names)));
  to = trace_verdict{std::string(name), std::string(in.rest()), {}};
  return {};
}

parsed<void> check_whole(const text_line& end, std::string_view section, bool titled,
                         const std::optional<trace_verdict>& v) {
  const auto truncated = [&end](std::string what) {
    return tl::unexpected(text_error{end.number, 1, std::move(what)});
  };
  if (section == "verdict" && !v)
    return truncated("[verdict] is empty (is the file truncated?), expected a verdict");
  if (v && !v->digest)
    return truncated("[verdict] has no digest (is the file truncated?), expected one");
  if (!v && (section == "steps" || titled))
    return truncated(fmt::format("{} without a [verdict] (is the file truncated?), expected one",
                                 section == "steps" ? "[steps]" : "a title"));
  return {};
}

std::string key_line(std::string_view name, std::string_view value) {
  return fmt::format("{:<9} {}", name, value);
}

std::string options_text(const trace_options& o) {
  std::string text;
  const auto add = [&](std::string_view name, auto value, auto dull) {
    if (value != dull) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  };
  add("faults", o.faults, trace_options{}.faults);
  add("fair", o.fair ? 1 : 0, 0);
  add("points", o.points, trace_options{}.points);
  return text;
}

std::vector<std::string> points_lines(std::span<const std::string> points) {
  std::vector<std::string> lines = {"[points]"};
  for (const std::string& p : points)
    if (lines.size() == 1 && lines[0].size() + 1 + p.size() <= columns_max)
      lines[0] += ' ' + p;
    else
      lines.push_back(p);
  return lines;
}

std::string verdict_text(const trace_verdict& v) {
  std::string text = v.name + (v.detail.empty() ? "" : " ") + v.detail + "\n";
  if (v.digest) text += fmt::format("digest {:016x}\n", *v.digest);
  return text;
}

}  // namespace iorace
