// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <filesystem>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/fake_test.h"
#include "fuzz/trace_file.h"

namespace iorace::this_file {
namespace {

class files : public testing::Test {
 protected:
  void SetUp() override {
    dir = testing::TempDir() + "iorace_files";
    std::filesystem::remove_all(dir);
    std::filesystem::create_directory(dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  std::string dir;
};

TEST_F(files, appear_whole_or_not_at_all) {
  const std::string path = dir + "/a.trace";
  ASSERT_TRUE(write_file(path, "one", existing::keep));
  EXPECT_EQ(write_file(path, "two", existing::keep).error(),
            path + ": exists already, expected a new name");
  EXPECT_EQ(*read_file(path), "one");
  ASSERT_TRUE(write_file(path, "two", existing::replace));
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_EQ(write_file(dir + "/no/b", "", existing::keep).error(),
            dir + "/no/b: cannot be written: No such file or directory");
  EXPECT_EQ(write_file("/dev/full", "x", existing::replace).error(),
            "/dev/full: cannot be written: No space left on device");
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator(dir)) ++entries;
  EXPECT_EQ(entries, 1u) << "nothing temporary is left";
}

TEST_F(files, that_cannot_be_read_have_a_reason) {
  EXPECT_EQ(read_file(dir).error(), dir + ": is a directory, expected a file");
  EXPECT_EQ(read_file(dir + "/x").error(), dir + "/x: cannot be opened: No such file or directory");
  ASSERT_TRUE(write_file(dir + "/x", "rubbish\n", existing::keep));
  EXPECT_EQ(load_trace(dir + "/x", fake::tables).error(),
            dir + "/x:1:1: unexpected 'rubbish', expected 'iorace-trace 1'");
}

// Of a parent that talks to its children by sockets, say.
TEST(standard_input, may_be_a_socket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_EQ(::write(ends[1], "text", 4), 4);
  ::close(ends[1]);
  const int before = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  EXPECT_EQ(read_file("-"), "text");
  ::close(STDIN_FILENO);
  EXPECT_EQ(read_file("-").error(), "-: cannot be opened: Bad file descriptor");
  ::dup2(before, STDIN_FILENO);
  ::close(before);
  ::close(ends[0]);
}

}  // namespace
}  // namespace iorace::this_file
