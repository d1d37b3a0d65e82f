// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/record/scanner.h"

namespace iorace {
namespace {

template <class Rows>
std::vector<std::string_view> names_of(const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.emplace_back(row.name);
  return names;
}

struct name_and_value {
  std::string_view name, value;
};
tl::expected<name_and_value, std::string> split(std::string_view setting) {
  const std::size_t equals = setting.find('=');
  if (equals == setting.npos || equals == 0)
    return tl::unexpected(fmt::format("{} is no setting, expected NAME=VALUE", quoted(setting)));
  return name_and_value{setting.substr(0, equals), setting.substr(equals + 1)};
}

set_result set_profile(program_data& p, std::string_view value) {
  if (value == "repaired")
    p.profile = base_profile::repaired;
  else if (value == "upstream")
    p.profile = base_profile::upstream;
  else
    return tl::unexpected(
        fmt::format("unknown profile {}, expected upstream or repaired", quoted(value)));
  p.says_profile = true;
  return {};
}

void append(std::string& to, std::string_view between, std::string_view name,
            std::string_view value) {
  to += fmt::format("{}{}={}", to.empty() ? "" : between, name, value);
}

}  // namespace

set_result set_knob(program_data& p, std::string_view setting, const schema& s) {
  const auto parts = split(setting);
  if (!parts) return tl::unexpected(parts.error());
  if (parts->name == "profile") return set_profile(p, parts->value);
  const kern::knob_info* knob = s.knob(parts->name);
  if (knob == nullptr)
    return tl::unexpected(fmt::format("unknown knob {}, {}", quoted(parts->name),
                                      expected_one_of(parts->name, names_of(s.knobs))));
  const auto value =
      std::find_if(knob->values.begin(), knob->values.end(),
                   [&](const kern::knob_value& v) { return parts->value == v.name; });
  if (value == knob->values.end())
    return tl::unexpected(fmt::format("unknown value {} of {}, {}", quoted(parts->value),
                                      knob->name,
                                      expected_one_of(parts->value, names_of(knob->values))));
  const knob_setting set{static_cast<unsigned>(knob - s.knobs.data()),
                         static_cast<unsigned>(value - knob->values.begin())};
  const auto place = std::find_if(p.knobs.begin(), p.knobs.end(),
                                  [&](const knob_setting& k) { return k.knob >= set.knob; });
  if (place != p.knobs.end() && place->knob == set.knob)
    return tl::unexpected(fmt::format("knob {} is set twice, expected one value", knob->name));
  p.knobs.insert(place, set);
  return {};
}

set_result set_limit(program_data& p, std::string_view setting, const schema& s) {
  const auto parts = split(setting);
  if (!parts) return tl::unexpected(parts.error());
  const kern::limit_info* limit = s.limit(parts->name);
  if (limit == nullptr)
    return tl::unexpected(fmt::format("unknown limit {}, {}", quoted(parts->name),
                                      expected_one_of(parts->name, names_of(s.limits))));
  const auto value = number_from(parts->value);
  if (!value) return tl::unexpected(value.error());
  if (*value < limit->min || *value > limit->max)
    return tl::unexpected(fmt::format("limit {}={} is out of range, expected {} to {}", limit->name,
                                      *value, limit->min, limit->max));
  const limit_setting set{static_cast<unsigned>(limit - s.limits.data()), *value};
  const auto place = std::find_if(p.limits.begin(), p.limits.end(),
                                  [&](const limit_setting& l) { return l.limit >= set.limit; });
  if (place != p.limits.end() && place->limit == set.limit)
    return tl::unexpected(fmt::format("limit {} is set twice, expected one value", limit->name));
  p.limits.insert(place, set);
  return {};
}

set_result set_list(program_data& p, std::string_view list, const schema& s) {
  if (list.empty()) return {};
  for (;;) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view setting = list.substr(0, end);
    const bool limit = s.limit(setting.substr(0, setting.find('='))) != nullptr;
    if (auto set = limit ? set_limit(p, setting, s) : set_knob(p, setting, s); !set) return set;
    if (end == list.size()) return {};
    list.remove_prefix(end + 1);
  }
}

std::string knobs_text(const program_data& p, const schema& s, std::string_view between) {
  std::string text;
  for (const knob_setting& k : p.knobs)
    append(text, between, s.knobs[k.knob].name, s.knobs[k.knob].values[k.value].name);
  return text;
}

std::string limits_text(const program_data& p, const schema& s, std::string_view between) {
  std::string text;
  for (const limit_setting& l : p.limits)
    append(text, between, s.limits[l.limit].name, fmt::format("{}", l.value));
  return text;
}

std::string settings_text(const program_data& p, const schema& s, const program_data& said) {
  const bool repaired = p.profile == base_profile::repaired;
  const auto is_in = [](const auto& list, const auto& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  };
  program_data odd;
  for (const knob_setting& k : p.knobs)
    if (k.value != (repaired ? s.knobs[k.knob].repaired : 0) || is_in(said.knobs, k))
      odd.knobs.push_back(k);
  for (const limit_setting& l : p.limits)
    if (l.value != s.limits[l.limit].value || is_in(said.limits, l)) odd.limits.push_back(l);
  std::string text;
  if (repaired || said.says_profile) text = fmt::format("profile={}", profile_name(p.profile));
  for (const std::string& part : {knobs_text(odd, s, ","), limits_text(odd, s, ",")})
    if (!part.empty()) text += (text.empty() ? "" : ",") + part;
  return text;
}

const char* profile_name(base_profile profile) {
  return profile == base_profile::repaired ? "repaired" : "upstream";
}

}  // namespace iorace
