// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Files as a whole: reading with a reason when it fails, writing that leaves nothing half done.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "fuzz/trace_file.h"

namespace iorace {
namespace {

tl::unexpected<std::string> failed(const std::string& path, std::string_view doing) {
  return tl::unexpected(fmt::format("{}: {}: {}", path, doing, std::strerror(errno)));
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  operator int() const { return fd_; }
  // Returns false if what was written did not arrive.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Renames, unless there is a `to`. Returns false with errno if not.
bool rename_new(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL) return false;
  // A file system that cannot do it at once.
  return ::link(from, to) == 0 && ::unlink(from) == 0;
}

}  // namespace

bool is_trace_text(std::string_view path, std::string_view content) {
  if (path.ends_with(".trace")) return true;
  // Comments may stand above the first line. No canonical bytes begin with '#'.
  while (content.starts_with('#'))
    content.remove_prefix(std::min(content.find('\n'), content.size() - 1) + 1);
  return content.starts_with("iorace-trace");
}

tl::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max) {
  // Not by the name /dev/stdin: a socket cannot be opened again.
  descriptor fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd < 0) return failed(path, "cannot be opened");
  struct stat info {};
  if (::fstat(fd, &info) != 0) return failed(path, "cannot be read");
  if (S_ISDIR(info.st_mode)) return tl::unexpected(path + ": is a directory, expected a file");
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, "cannot be read");
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > bytes_max)
      return tl::unexpected(
          fmt::format("{}: too large, expected at most {} MiB", path, bytes_max >> 20));
  }
}

tl::expected<trace_file, std::string> load_trace(const std::string& path, const schema& s) {
  const auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  auto trace = parse_trace(*content, s);
  if (!trace) return tl::unexpected(trace.error().in(path));
  return std::move(*trace);
}

tl::expected<void, std::string> write_file(const std::string& path, std::string_view content,
                                           existing policy) {
  struct stat info {};
  if (policy == existing::replace && ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    // A device or a pipe is written to, never replaced by a file of its name.
    descriptor there(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (there < 0 || !write_all(there, content) || !there.close())
      return failed(path, "cannot be written");
    return {};
  }
  // One that was killed while it wrote may have had our number.
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  ::unlink(temporary.c_str());
  descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd < 0) return failed(path, "cannot be written");
  const bool written = write_all(fd, content) && ::fsync(fd) == 0;
  if (!written || !fd.close()) {
    const auto error = failed(path, "cannot be written");
    ::unlink(temporary.c_str());
    return error;
  }
  if (policy == existing::keep ? rename_new(temporary.c_str(), path.c_str())
                               : ::rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  const bool exists = errno == EEXIST;
  const auto error = failed(path, "cannot be written");
  ::unlink(temporary.c_str());
  if (exists) return tl::unexpected(path + ": exists already, expected a new name");
  return error;
}

}  // namespace iorace
