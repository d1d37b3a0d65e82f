// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/argument.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/record/scanner.h"

namespace iorace {
namespace {

using kern::arg_info;
using kern::arg_kind;

constexpr std::uint64_t page = 0x1000;
constexpr std::uint64_t single_steps = 8;  // of shrinking
constexpr std::uint64_t last = ~std::uint64_t{0};

void add_new(std::vector<argument>& all, argument a) {
  if (std::find(all.begin(), all.end(), a) == all.end()) all.push_back(a);
}

// One that differs from `a`; `a` if there is none.
argument any_but(const argument& a, std::vector<argument> all, dice& d) {
  std::erase(all, a);
  return all.empty() ? a : d.of(all);
}

class object_ways final : public arg_ways {
 public:
  bool positional() const override { return true; }

  tl::expected<argument, std::string> parse(const arg_info& info,
                                            std::string_view text) const override {
    const auto bad = [&] {
      return tl::unexpected(fmt::format("{} is no {}, expected a variable such as {}#1 or none",
                                        quoted(text), info.name, info.cls));
    };
    if (text == "none") return argument{};
    const std::size_t hash = text.find('#');
    if (hash == text.npos || text.substr(0, hash) != info.cls) return bad();
    std::string_view rest = text.substr(hash + 1);
    argument a;
    if (const std::size_t dot = rest.find('.'); dot != rest.npos) {
      const auto task = number_from(rest.substr(0, dot));
      if (!task || *task == 0 || *task > program_tasks_max) return bad();
      a.object.task = static_cast<std::uint16_t>(*task);
      rest.remove_prefix(dot + 1);
    }
    const auto number = number_from(rest);
    if (!number || *number == 0 || *number > variable_number_max) return bad();
    a.object.number = static_cast<std::uint16_t>(*number);
    return a;
  }
  void print(const arg_info& info, const argument& a, std::string& to) const override {
    to += a.object ? name_of(info.cls, a.object) : "none";
  }
  std::vector<argument> interesting(const arg_info&, const arg_context& c) const override {
    std::vector<argument> all;
    for (const variable v : c.objects) all.push_back({0, v});
    all.push_back({});
    return all;
  }
  std::vector<argument> shrink(const arg_info&, const argument& a,
                               const arg_context& c) const override {
    std::vector<argument> all;
    for (const variable v : c.objects)
      if (a.object && v < a.object) all.push_back({0, v});
    return all;
  }
  argument mutate(const arg_info& info, const argument& a, const arg_context& c,
                  dice& d) const override {
    std::vector<argument> all = interesting(info, c);
    if (all.size() > 2 && !d.one_in(16)) all.pop_back();  // "none" is one error return, seldom more
    return any_but(a, std::move(all), d);
  }
  argument decode(byte_reader& in) const override {
    const std::uint64_t task = in.number();
    const std::uint64_t number = in.number();
    if (task > program_tasks_max || number > variable_number_max) return {};
    return {
        0,
        {static_cast<std::uint16_t>(number == 0 ? 0 : task), static_cast<std::uint16_t>(number)}};
  }
  void encode(const argument& a, std::vector<std::uint8_t>& to) const override {
    put_number(to, a.object.task);
    put_number(to, a.object.number);
  }
};

// Hexadecimal numbers; what is worth trying depends on what they count.
class number_ways : public arg_ways {
 public:
  explicit number_ways(std::vector<std::uint64_t> worth_trying)
      : worth_trying_(std::move(worth_trying)) {}

  tl::expected<argument, std::string> parse(const arg_info&, std::string_view text) const override {
    const auto value = number_from(text);
    if (!value) return tl::unexpected(value.error());
    return argument{*value, {}};
  }
  void print(const arg_info&, const argument& a, std::string& to) const override {
    to += fmt::format("{:#x}", a.value);
  }
  std::vector<argument> interesting(const arg_info& info, const arg_context& c) const override {
    std::vector<argument> all{{info.dull, {}}};
    for (const std::uint64_t v : c.used) add_new(all, {v, {}});
    for (const std::uint64_t v : worth_trying_) add_new(all, {v, {}});
    return all;
  }
  // The dull value; then, if it lies above, half the way back to it, in whole pages if it is far.
  // The last steps are taken one by one. Anything above the dull value is less simple than what
  // lies between.
  std::vector<argument> shrink(const arg_info& info, const argument& a,
                               const arg_context&) const override {
    std::vector<argument> all;
    if (a.value == info.dull) return all;
    all.push_back({info.dull, {}});
    if (a.value < info.dull) return all;
    const std::uint64_t above = a.value - info.dull;
    const std::uint64_t step = above > page ? page : 1;
    add_new(all, {info.dull + above / 2 / step * step, {}});
    if (above % step != 0) add_new(all, {a.value - above % step, {}});
    if (above / step <= single_steps) add_new(all, {a.value - step, {}});
    return all;
  }
  // Mostly what other calls use, so that calls meet; then the usual suspects; then a step beside.
  argument mutate(const arg_info& info, const argument& a, const arg_context& c,
                  dice& d) const override {
    const std::uint32_t way = d.below(8);
    if (way < 4) {
      std::vector<argument> all{{info.dull, {}}};
      for (const std::uint64_t v : c.used) add_new(all, {v, {}});
      const argument other = any_but(a, std::move(all), d);
      if (other != a) return other;
    }
    if (way < 7) return any_but(a, interesting(info, c), d);
    const std::uint64_t step = d.one_in(2) ? page : 1;
    return {d.one_in(2) ? a.value + step : a.value - step, {}};
  }

 private:
  std::vector<std::uint64_t> worth_trying_;
};

class range_ways final : public number_ways {
 public:
  using number_ways::number_ways;
  bool always_written() const override { return true; }
};

// Numbers that have names. Flags are sets of them, a choice is one.
class named_ways final : public arg_ways {
 public:
  explicit named_ways(bool set) : set_(set) {}

  tl::expected<argument, std::string> parse(const arg_info& info,
                                            std::string_view text) const override {
    argument a;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = set_ ? std::min(text.find('|', at), text.size()) : text.size();
      const std::string_view word = text.substr(at, end - at);
      const auto value = parse_one(info, word);
      if (!value) return tl::unexpected(value.error());
      a.value |= *value;
      at = end + 1;
    }
    return a;
  }
  void print(const arg_info& info, const argument& a, std::string& to) const override {
    std::uint64_t left = a.value;
    std::string_view between;
    for (const kern::named_value& c : info.choices) {
      if (set_ ? c.value == 0 || (left & c.value) != c.value : c.value != a.value) continue;
      to += between;
      to += c.name;
      left &= ~c.value;
      between = "|";
      if (!set_) return;
    }
    if (left != 0 || between.empty()) to += fmt::format("{}{:#x}", between, left);
  }
  std::vector<argument> interesting(const arg_info& info, const arg_context&) const override {
    std::vector<argument> all{{info.dull, {}}};
    for (const kern::named_value& c : info.choices) add_new(all, {c.value, {}});
    if (!set_) return all;
    for (const kern::named_value& c : info.choices) add_new(all, {info.dull ^ c.value, {}});
    add_new(all, {0, {}});
    add_new(all, {std::uint64_t{1} << 31, {}});  // a flag that nobody knows
    return all;
  }
  // A set loses what the dull one lacks, then gains what it has; a choice becomes an earlier one.
  std::vector<argument> shrink(const arg_info& info, const argument& a,
                               const arg_context&) const override {
    std::vector<argument> all;
    if (a.value != info.dull) all.push_back({info.dull, {}});
    if (!set_) return all;
    for (std::uint64_t odd = a.value ^ info.dull; odd != 0; odd &= odd - 1)
      if (const argument b{a.value ^ (odd & -odd), {}}; b.value != info.dull) add_new(all, b);
    return all;
  }
  argument mutate(const arg_info& info, const argument& a, const arg_context& c,
                  dice& d) const override {
    if (set_ && !info.choices.empty() && !d.one_in(8))
      return {a.value ^ d.of(info.choices).value, {}};
    return any_but(a, interesting(info, c), d);
  }

 private:
  tl::expected<std::uint64_t, std::string> parse_one(const arg_info& info,
                                                     std::string_view word) const {
    std::vector<std::string_view> names;
    for (const kern::named_value& c : info.choices) {
      if (word == c.name) return c.value;
      names.push_back(c.name);
    }
    if (const auto number = number_from(word)) return *number;
    return tl::unexpected(fmt::format("unknown {} {}, {}, or a number", info.name, quoted(word),
                                      expected_one_of(word, names)));
  }
  bool set_;
};

bool same_place(const arg_info& a, const arg_info& b) {
  return a.kind == b.kind && std::strcmp(a.name, b.name) == 0;
}

}  // namespace

argument arg_ways::decode(byte_reader& in) const { return {in.number(), {}}; }
void arg_ways::encode(const argument& a, std::vector<std::uint8_t>& to) const {
  put_number(to, a.value);
}

const arg_ways& ways(arg_kind kind) {
  static const object_ways object;
  static const range_ways iova({0, page, 0x10000, 0x10000 + page, 0x10000 + 2 * page, 1u << 24,
                                (1u << 24) + page, page / 2, 0x10001, std::uint64_t{1} << 32,
                                last - page + 1, last});
  static const range_ways length({page, 2 * page, 3 * page, 16 * page, 0, 1, page - 1, page + 1,
                                  16u << 20, (16u << 20) + 1, std::uint64_t{1} << 63,
                                  last - page + 1, last});
  static const number_ways uptr({0, page, 1, last - page + 1, last});
  static const named_ways flags(true);
  static const named_ways choice(false);
  switch (kind) {
    case arg_kind::object:
      return object;
    case arg_kind::iova:
      return iova;
    case arg_kind::length:
      return length;
    case arg_kind::uptr:
      return uptr;
    case arg_kind::flags:
      return flags;
    case arg_kind::choice:
      break;
  }
  return choice;
}

arg_context_owner context_of(const program_data& p, unsigned task, std::size_t place,
                             const kern::flow_info& flow, std::size_t index) {
  const arg_info& info = flow.args[index];
  arg_context_owner found;
  if (info.kind == arg_kind::object) {
    found.objects = visible(p, info.cls, task, place);
    return found;
  }
  for (unsigned t = 0; t <= p.task_count(); ++t)
    for (const call& c : p.calls_of(t))
      for (std::size_t i = 0; i < arg_count(c); ++i)
        if (same_place(info, c.flow->args[i])) found.used.push_back(c.args[i].value);
  std::sort(found.used.begin(), found.used.end());
  found.used.erase(std::unique(found.used.begin(), found.used.end()), found.used.end());
  return found;
}

}  // namespace iorace
