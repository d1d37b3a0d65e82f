// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/steps_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/record/schedule.h"
#include "scheduler/record/words.h"

namespace iorace {
namespace {

std::string value_of(const recording::line& l) {
  if (l.value.empty()) return "";
  if (traits(l.kind).access != access_type::write || l.kind > op_kind::atomic_sync)
    return "= " + l.value;
  return l.before.empty() ? "-> " + l.value : l.before + " -> " + l.value;
}

tl::expected<step_text, text_error> step_of(const std::vector<word>& words, unsigned line,
                                            std::size_t number) {
  const auto error = [&](std::size_t i, std::string what) {
    const unsigned end = words.back().column + static_cast<unsigned>(words.back().text.size()) + 1;
    return tl::unexpected(text_error{line, i < words.size() ? words[i].column : end, what});
  };
  if (decimal<std::size_t>(words[0].text) != number)
    return error(0, fmt::format("'{}' is not the number of the step, expected {}",
                                one_word(words[0].text.substr(0, 40)), number));
  constexpr const char* parts[] = {"a task", "a function", "an operation"};
  if (words.size() < 4)
    return error(words.size(),
                 fmt::format("the line ends here, expected {}", parts[words.size() - 1]));
  if (op_kind_by_name(words[3].text) == op_kind::count_)
    return error(3, fmt::format("unknown operation '{}', expected one of the event table",
                                one_word(words[3].text.substr(0, 40))));
  step_text s{std::string(words[1].text), std::string(words[2].text), std::string(words[3].text),
              "", ""};
  if (words.size() > 4) s.place = words[4].text;
  for (std::size_t i = 5; i < words.size(); ++i)
    s.value += (i > 5 ? " " : "") + std::string(words[i].text);
  return s;
}

}  // namespace

std::vector<step_text> steps_of(const recording& r) {
  std::vector<step_text> steps;
  steps.reserve(r.lines.size());
  for (const recording::line& l : r.lines) {
    const std::string value = value_of(l);
    const bool placed = !l.object.empty();
    steps.push_back({one_word(r.tasks[l.task]), one_word(r.function(l.frame)), traits(l.kind).name,
                     placed          ? one_word(l.place())
                     : value.empty() ? ""
                                     : "-",
                     value});
  }
  return steps;
}

std::string to_text(const step_text& s) {
  std::string text = s.task + ' ' + s.function + ' ' + s.operation;
  if (!s.place.empty()) text += ' ' + s.place;
  if (!s.value.empty()) text += ' ' + s.value;
  return text;
}

std::string to_text(std::span<const step_text> steps) {
  std::size_t task = 0, function = 0, operation = 0;
  for (const step_text& s : steps) {
    task = std::max(task, s.task.size());
    function = std::max(function, s.function.size() + 1);
    operation = std::max(operation, s.operation.size() + 1);
  }
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const step_text& s = steps[i];
    std::string line = fmt::format("{:>4} {:<{}} {:<{}} {:<{}} {} {}", i + 1, s.task, task,
                                   s.function, function, s.operation, operation, s.place, s.value);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

tl::expected<step_text, text_error> parse_step(std::string_view text, unsigned line,
                                               std::size_t number) {
  return step_of(words_of(text), line, number);
}

tl::expected<std::vector<step_text>, text_error> parse_steps(std::string_view text,
                                                             unsigned first_line) {
  std::vector<step_text> steps;
  std::optional<text_error> wrong;
  for_each_line(text, first_line, [&](std::string_view line, unsigned number) {
    const std::vector<word> words = words_of(line);
    if (words.empty()) return true;
    auto step = step_of(words, number, steps.size() + 1);
    if (step)
      steps.push_back(std::move(*step));
    else
      wrong = std::move(step.error());
    return !wrong.has_value();
  });
  if (wrong) return tl::unexpected(std::move(*wrong));
  return steps;
}

std::optional<std::size_t> first_difference(std::span<const step_text> a,
                                            std::span<const step_text> b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() && y == b.end()) return std::nullopt;
  return static_cast<std::size_t>(x - a.begin());
}

}  // namespace iorace
