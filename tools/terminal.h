// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What depends on who is looking: colour, the progress line, ^C.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace iorace::cli {

enum class color_mode { automatic, always, never };

// Whether to colour what goes to the stream `fd`. By itself only on a terminal, and neither with
// NO_COLOR (not empty) nor TERM=dumb; a mode that was asked for beats all of these.
bool use_color(color_mode mode, int fd);

// Colour only emphasises what the text says: findings red, good news green, captions bold.
class paint {
 public:
  explicit paint(bool on) : on_(on) {}
  std::string bad(std::string_view text) const { return in("31;1", text); }
  std::string good(std::string_view text) const { return in("32", text); }
  std::string strong(std::string_view text) const { return in("1", text); }

 private:
  std::string in(std::string_view code, std::string_view text) const;
  bool on_;
};

// Progress on stderr, from the second second on. On a terminal one line is redrawn at most 5 times
// a second; elsewhere plain lines come at powers of two of the executions, like a fuzzer's pulse.
class progress_line {
 public:
  progress_line();
  ~progress_line() { clear(); }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(std::uint64_t executions, std::uint64_t points, std::size_t findings);
  void show_count(std::string_view what, std::uint64_t done, std::uint64_t all = 0);
  // Removes the line from the terminal. To be called before anything else is printed.
  void clear();

 private:
  bool due(std::uint64_t count);
  void print(const std::string& line);

  using clock = std::chrono::steady_clock;
  clock::time_point start_, last_;
  std::uint64_t next_ = 1;
  bool terminal_ = false;
  bool drawn_ = false;
};

// From its construction on the first ^C is remembered instead of ending the program; the second one
// ends it. One at a time.
class interrupt_guard {
 public:
  interrupt_guard();
  ~interrupt_guard();
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;
  static bool interrupted();
};

}  // namespace iorace::cli
