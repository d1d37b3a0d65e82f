// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The reading half of schedule.h.
#include <cctype>

#include <fmt/format.h>

#include "scheduler/record/scanner.h"
#include "scheduler/record/schedule.h"
#include "scheduler/record/words.h"

namespace iorace {
namespace {

// The operation that the writer most likely meant.
std::string_view nearest_operation(std::string_view text) {
  std::string_view best = traits(op_kind::read).name;
  std::size_t distance = std::string_view::npos;
  for (unsigned i = 0; i < static_cast<unsigned>(op_kind::count_); ++i) {
    const std::string_view name = traits(static_cast<op_kind>(i)).name;
    const std::size_t d = edit_distance(text.substr(0, 64), name);
    if (d < distance) distance = d, best = name;
  }
  return best;
}

// Reads one line. The column of an error at the end of the line is that of the next word, had there
// been one.
class line_parser {
 public:
  line_parser(std::string_view line, unsigned number) : words_(words_of(line)), number_(number) {
    end_ = words_.empty()
               ? 1
               : words_.back().column + static_cast<unsigned>(words_.back().text.size()) + 1;
  }

  tl::expected<void, text_error> read_into(schedule& s) {
    for (const word& w : words_)
      if (const char* bad = unprintable(w.text); bad != nullptr)
        return error(w.column + static_cast<unsigned>(bad - w.text.data()),
                     fmt::format("byte 0x{:02x}, expected printable ASCII",
                                 static_cast<unsigned char>(*bad)));
    if (words_.empty()) return {};
    return words_[0].text == "choose" ? read_choice(s) : read_segment(s);
  }

 private:
  static const char* unprintable(std::string_view text) {
    const auto bad =
        std::find_if(text.begin(), text.end(), [](char c) { return c < '!' || c > '~'; });
    return bad == text.end() ? nullptr : &*bad;
  }
  tl::unexpected<text_error> error(unsigned column, std::string what) const {
    return tl::unexpected(text_error{number_, column, std::move(what)});
  }
  tl::unexpected<text_error> missing(std::string_view what) const {
    return error(end_, fmt::format("the line ends here, expected {}", what));
  }
  tl::unexpected<text_error> surplus(std::size_t i) const {
    return error(words_[i].column, fmt::format("{} is left over, expected the end of the line",
                                               quoted(words_[i].text)));
  }

  tl::expected<void, text_error> read_choice(schedule& s) {
    if (words_.size() < 2) return missing("a choice such as 'cpu1:function:site#1'");
    const word& site = words_[1];
    if (!split_choice_site(site.text))
      return error(site.column, fmt::format("{} is not a choice, expected 'TASK:FUNCTION:SITE#K'",
                                            quoted(site.text)));
    for (const choice& c : s.choices)
      if (c.site == site.text)
        return error(site.column,
                     fmt::format("{} is chosen twice, expected one line", quoted(site.text)));
    if (words_.size() < 3) return missing("the number that is chosen");
    const auto value = decimal<std::uint32_t>(words_[2].text);
    if (!value)
      return error(words_[2].column,
                   fmt::format("{} is not a number from 0 to 4294967295", quoted(words_[2].text)));
    if (words_.size() > 3) return surplus(3);
    s.choices.push_back({std::string(site.text), *value});
    return {};
  }

  tl::expected<void, text_error> read_segment(schedule& s) {
    const word& task = words_[0];
    if (!std::isalpha(static_cast<unsigned char>(task.text[0])))
      return error(task.column,
                   fmt::format("{} is not the name of a task, expected 'cpu1' or 'choose'",
                               quoted(task.text)));
    segment g{std::string(task.text), std::nullopt};
    if (words_.size() > 1) {
      if (words_[1].text != "until")
        return error(words_[1].column,
                     fmt::format("unexpected {}, expected 'until' or the end of the line",
                                 quoted(words_[1].text)));
      auto place = read_anchor();
      if (!place) return tl::unexpected(std::move(place.error()));
      g.until = std::move(*place);
    }
    s.segments.push_back(std::move(g));
    return {};
  }

  tl::expected<anchor, text_error> read_anchor() {
    if (words_.size() < 3) return missing("a function");
    if (words_.size() < 4) return missing("an operation such as 'mutex_lock'");
    anchor a;
    a.function = words_[2].text;
    a.kind = op_kind_by_name(words_[3].text);
    if (a.kind == op_kind::count_)
      return error(words_[3].column,
                   fmt::format("unknown operation {}, expected one such as '{}'",
                               quoted(words_[3].text), nearest_operation(words_[3].text)));
    std::size_t next = 4;
    if (next < words_.size() && words_[next].text[0] != '#') a.place = words_[next++].text;
    if (next < words_.size() && words_[next].text[0] == '#') {
      const auto k = decimal<std::uint32_t>(words_[next].text.substr(1));
      if (!k || *k == 0)
        return error(words_[next].column,
                     fmt::format("{} is not an occurrence, expected '#1' to '#4294967295'",
                                 quoted(words_[next].text)));
      a.occurrence = *k;
      ++next;
    }
    if (next < words_.size()) return surplus(next);
    return a;
  }

  std::vector<word> words_;
  unsigned number_;
  unsigned end_;
};

}  // namespace

tl::expected<void, text_error> parse_schedule_line(std::string_view line, unsigned number,
                                                   schedule& s) {
  return line_parser(line, number).read_into(s);
}

tl::expected<schedule, text_error> parse_schedule(std::string_view text, unsigned first_line) {
  schedule s;
  tl::expected<void, text_error> result;
  for_each_line(text, first_line, [&](std::string_view line, unsigned number) {
    result = parse_schedule_line(line, number, s);
    return result.has_value();
  });
  if (!result) return tl::unexpected(std::move(result.error()));
  return s;
}

}  // namespace iorace
