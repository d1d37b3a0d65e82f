// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/terminal.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "tools/files.h"

namespace iorace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto quiet_time = 1s;
constexpr auto redraw_time = 200ms;

volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) { interrupts = 1; }

std::string rate(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f}M", per_second / 1e6);
  if (per_second >= 1e3) return fmt::format("{:.1f}k", per_second / 1e3);
  return fmt::format("{:.0f}", per_second);
}

}  // namespace

bool use_color(color_mode mode, int fd) {
  if (mode != color_mode::automatic) return mode == color_mode::always;
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return isatty(fd) == 1;
}

std::string paint::in(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

progress_line::progress_line()
    : start_(clock::now()), last_(start_), terminal_(isatty(STDERR_FILENO) == 1) {
  const char* const term = std::getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") terminal_ = false;
}

bool progress_line::due(std::uint64_t count) {
  const auto now = clock::now();
  if (now - start_ < quiet_time) return false;
  if (terminal_ ? now - last_ < redraw_time : count < next_) return false;
  last_ = now;
  while (next_ <= count) next_ *= 2;
  return true;
}

void progress_line::print(const std::string& line) {
  write_stderr((terminal_ ? "\r\033[K" : "") + line + (terminal_ ? "" : "\n"));
  drawn_ = terminal_;
}

void progress_line::show(std::uint64_t executions, std::uint64_t points, std::size_t findings) {
  if (!due(executions)) return;
  const double seconds = std::chrono::duration<double>(clock::now() - start_).count();
  print(fmt::format("executions {}  points/s {}  executions/s {}  findings {}  seconds {:.0f}",
                    executions, rate(static_cast<double>(points) / seconds),
                    rate(static_cast<double>(executions) / seconds), findings, seconds));
}

void progress_line::show_count(std::string_view what, std::uint64_t done, std::uint64_t all) {
  if (due(done))
    print(fmt::format("{} {}", what, done) + (all == 0 ? "" : fmt::format(" of {}", all)));
}

void progress_line::clear() {
  if (!drawn_) return;
  write_stderr("\r\033[K");
  drawn_ = false;
}

interrupt_guard::interrupt_guard() {
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

interrupt_guard::~interrupt_guard() { std::signal(SIGINT, SIG_DFL); }

bool interrupt_guard::interrupted() { return interrupts != 0; }

}  // namespace iorace::cli
