// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "fuzz/trace_file.h"

namespace iorace::cli {
namespace {

namespace fs = std::filesystem;

tl::unexpected<failure> fail_with_errno(const std::string& path, const char* what, int error) {
  return fail(
      fmt::format("{}: cannot be {}: {}", path, what, std::generic_category().message(error)));
}

// Returns 0 or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

result<void> write_device(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fail_with_errno(path, "written", errno);
  int error = write_all(fd, text);
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error != 0) return fail_with_errno(path, "written", error);
  return {};
}

bool is_input(const fs::path& path) {
  return !path.filename().string().starts_with('.') && path.extension() != ".md";
}

result<void> add_folder(const std::string& folder, std::vector<std::string>& files) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_directory(unknown) || !is_input(entry->path())) continue;
    if (entry->is_other(unknown))  // who reads a pipe may wait for ever
      return fail(entry->path().string() + ": neither a file nor a folder, expected traces");
    found.push_back(entry->path().string());  // a link to nothing, too: it will be missed
  }
  if (error) return fail_with_errno(folder, "read", error.value());
  if (found.empty()) return fail(folder + ": no files in this folder, expected traces");
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return {};
}

}  // namespace

result<std::string> read_input(const std::string& path) {
  if (path.empty()) return fail("'': expected the name of a file");
  auto content = read_file(path);
  if (!content) return fail(content.error());
  return std::move(*content);
}

result<std::vector<std::string>> inputs_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) {
      files.push_back(path);
    } else if (const auto added = add_folder(path, files); !added) {
      return tl::unexpected(added.error());
    }
  }
  return files;
}

result<void> check_output(const std::string& path) {
  if (path == "-") return {};
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return fail(path + ": is a directory, expected a file");
    if (S_ISREG(info.st_mode)) return fail(path + ": exists already, expected a new name");
    return {};
  }
  if (errno != ENOENT) return fail_with_errno(path, "written", errno);
  const std::string folder = fs::path(path).parent_path().string();
  if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0)
    return fail_with_errno(path, "written", errno);
  return {};
}

bool is_device(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

result<void> write_output(const std::string& path, std::string_view text) {
  if (path == "-") return write_stdout(text);
  if (is_device(path)) return write_device(path, text);
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    const auto old = read_file(path);
    if (old && *old == text) return {};
    return check_output(path);
  }
  if (const auto done = write_file(path, text, existing::keep); !done) return fail(done.error());
  return {};
}

result<void> write_stdout(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text); error != 0)
    return fail_with_errno("standard output", "written", error);
  return {};
}

void write_stderr(std::string_view text) { write_all(STDERR_FILENO, text); }

}  // namespace iorace::cli
