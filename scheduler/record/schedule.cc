// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/schedule.h"

#include <fmt/format.h>

#include "scheduler/record/words.h"

namespace iorace {

std::size_t schedule::switches() const {
  std::size_t n = 0;
  for (std::size_t i = 1; i < segments.size(); ++i) n += segments[i].task != segments[i - 1].task;
  return n;
}

std::string one_word(std::string_view what) {
  if (what.empty()) return std::string(no_function);
  std::string word(what);
  for (char& c : word)
    if (c <= ' ' || c > '~') c = '_';
  return word;
}

std::string choice_site(std::string_view task, std::string_view function, std::string_view site,
                        std::uint32_t occurrence) {
  return fmt::format("{}:{}:{}#{}", one_word(task), one_word(function), one_word(site), occurrence);
}

std::optional<choice_site_parts> split_choice_site(std::string_view site) {
  const std::size_t task = site.find(':');
  if (task == std::string_view::npos || task == 0) return std::nullopt;
  const std::size_t function = site.find(':', task + 1);
  const std::size_t number = site.rfind('#');
  if (function == std::string_view::npos || number == std::string_view::npos) return std::nullopt;
  if (function == task + 1 || number <= function + 1) return std::nullopt;
  const auto occurrence = decimal<std::uint32_t>(site.substr(number + 1));
  if (!occurrence || *occurrence == 0) return std::nullopt;
  return choice_site_parts{site.substr(0, task), site.substr(task + 1, function - task - 1),
                           site.substr(function + 1, number - function - 1), *occurrence};
}

std::string to_text(const anchor& a) {
  std::string text = fmt::format("{} {}", one_word(a.function), traits(a.kind).name);
  if (!a.place.empty()) text += ' ' + one_word(a.place);
  if (a.occurrence != 1) text += fmt::format(" #{}", a.occurrence);
  return text;
}

std::string to_text(const segment& s) {
  return s.until ? fmt::format("{} until {}", one_word(s.task), to_text(*s.until))
                 : one_word(s.task);
}

std::string to_text(const schedule& s) {
  std::string text;
  for (const segment& g : s.segments) text += to_text(g) + '\n';
  for (const choice& c : s.choices) text += fmt::format("choose {} {}\n", c.site, c.value);
  return text;
}

}  // namespace iorace
