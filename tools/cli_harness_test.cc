// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/cli_harness_test.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace iorace::cli {
namespace {

constexpr int patience_ms = 120'000, glance_ms = 1;

// In the child: the words become the program, from inside `folder`.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& folder, int in,
                         int out, int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (chdir(folder.c_str()) != 0) _exit(126);
  for (const char* name : {"IORACE_WITH", "NO_COLOR"}) unsetenv(name);
  signal(SIGINT, SIG_DFL);
  std::vector<char*> argv = {const_cast<char*>("iorace")};
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const bool setting = argv.size() == 1 && equals != word.npos && word[0] != '-';
    if (setting)
      setenv(word.substr(0, equals).c_str(), word.substr(equals + 1).c_str(), 1);
    else
      argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  execv(IORACE_BINARY_DIR "/bin/iorace", argv.data());
  _exit(127);
}

// Appends what can be read; returns false at the end.
bool drain(int fd, std::string& to) {
  char buffer[4096];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n > 0) to.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

}  // namespace

cli_test::cli_test() {
  std::string name = (std::filesystem::temp_directory_path() / "iorace_cli.XXXXXX").string();
  folder_ = mkdtemp(name.data());
}

cli_test::~cli_test() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

outcome cli_test::run(std::vector<std::string> words, const std::string& input,
                      const watcher& watch) {
  write(".stdin", input);
  const int in = open(path(".stdin").c_str(), O_RDONLY | O_CLOEXEC);
  int out[2], err[2];
  EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) become(words, folder_, in, out[1], err[1]);
  for (const int fd : {in, out[1], err[1]}) close(fd);

  outcome o;
  pollfd fds[] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  int waited_ms = 0;
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const int pause = watch ? glance_ms : patience_ms;
    waited_ms = poll(fds, 2, pause) > 0 ? 0 : waited_ms + pause;
    if (waited_ms >= patience_ms) {
      ADD_FAILURE() << "no end and no output";
      kill(child, SIGKILL);
      break;
    }
    if (watch) watch(o, child);
    if (fds[0].revents != 0 && !drain(fds[0].fd, o.out)) fds[0].fd = -1;
    if (fds[1].revents != 0 && !drain(fds[1].fd, o.err)) fds[1].fd = -1;
  }
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return o;
}

outcome cli_test::iorace(std::vector<std::string> words, const std::string& input) {
  return run(std::move(words), input, nullptr);
}

outcome cli_test::interrupted(std::vector<std::string> words) {
  bool sent = false;
  return run(std::move(words), "", [&](const outcome& o, pid_t child) {
    if (sent || o.out.find('\n') == o.out.npos) return;
    usleep(300'000);  // the first line comes before the work
    kill(child, SIGINT);
    sent = true;
  });
}

outcome cli_test::killed_after_checkpoints(std::vector<std::string> words,
                                           const std::string& checkpoint, unsigned n, unsigned ms) {
  // Each one is a new file of that name.
  const auto which = [&] {
    struct stat info {};
    return stat(path(checkpoint).c_str(), &info) == 0 ? info.st_ino : 0;
  };
  ino_t last = which();
  unsigned seen = 0;
  return run(std::move(words), "", [&](const outcome&, pid_t child) {
    if (const ino_t now = which(); now != last) ++seen, last = now;
    if (seen < n) return;
    usleep(ms * 1000);
    kill(child, SIGKILL);
  });
}

nlohmann::json cli_test::json_of(std::vector<std::string> words, int status) {
  words.insert(words.end(), {"--format", "json"});
  const outcome o = iorace(std::move(words));
  EXPECT_EQ(o.status, status) << o.err;
  const auto parsed = nlohmann::json::parse(o.out, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << o.out;
  return parsed;
}

std::string cli_test::read(const std::string& name) const {
  std::ifstream in(path(name), std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void cli_test::write(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
}

void cli_test::find_race(const std::string& name) {
  const outcome o = iorace({"run", "access_pin_unmap", "--with", spin, "-o", name});
  ASSERT_EQ(o.status, 1) << o.out << o.err;
}

void cli_test::edit(const std::string& name, const std::string& from, const std::string& to,
                    const std::string& to_name) {
  std::string text = read(name);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, text.npos) << from << " is not in " << text;
  write(to_name, text.replace(at, from.size(), to));
}

}  // namespace iorace::cli
