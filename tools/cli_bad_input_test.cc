// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Whatever is wrong with the input: one line that says what and what was expected, exit status 2,
// nothing on standard output, nothing written.
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string head = "iorace-trace 1\n\n";

// What `err` says besides the progress of a command that takes longer than a second.
std::string without_progress(const std::string& err) {
  std::istringstream lines(err);
  std::string kept;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("candidates ")) kept += line + '\n';
  return kept;
}

void expect_complaint(const outcome& o, const std::string& start, const std::string& part) {
  EXPECT_EQ(o.status, 2) << o.out << o.err;
  const std::string err = without_progress(o.err);
  EXPECT_THAT(err, StartsWith(start));
  EXPECT_THAT(err, HasSubstr(part));
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << o.err;
  EXPECT_EQ(o.out, "");
}

TEST_F(cli_test, usage) {
  const struct {
    std::vector<std::string> words;
    std::string part;
  } cases[] = {
      {{"paint", "x"}, "unknown verb 'paint', expected one of run, verify"},
      {{"--bogus"}, "unknown verb '--bogus'"},
      {{"run"}, "SCENARIO is required"},
      {{"run", "access_pin_unmap", "more"}, "more"},
      {{"run", "access_pin_unmap", "--seed"}, "--seed"},
      {{"run", "no_such_scenario"}, "unknown scenario 'no_such_scenario', expected a file or one"},
      {{"run", "access_pin_unmap", "--with", "no.knob=x"}, "unknown knob 'no.knob', expected one"},
      {{"run", "access_pin_unmap", "--with", "selftest_access.lock=x"}, "expected one of mutex"},
      {{"run", "access_pin_unmap", "--with", "selftest_access.lock"}, "NAME=VALUE"},
      {{"run", "access_pin_unmap", "--with", "profile=x"}, "upstream or repaired"},
      {{"run", "access_pin_unmap", "--limit", "x=1"}, "unknown limit 'x', expected"},
      {{"run", "access_pin_unmap", "--limit", "unmap_tries=99999999999999999999999"}, "64 bits"},
      {{"run", "access_pin_unmap", "--limit", "unmap_tries=0"}, "out of range"},
      {{"run", "access_pin_unmap", "--strategy", "magic"}, "unknown strategy 'magic', expected"},
      {{"run", "access_pin_unmap", "--strategy", "pct:x"}, "unknown strategy 'pct:x', expected"},
      {{"run", "access_pin_unmap", "--seed", "99999999999999999999"}, "--seed: "},
      {{"run", "access_pin_unmap", "--seed", "2..1"}, "FIRST not above LAST"},
      {{"run", "access_pin_unmap", "--max-executions", "0"}, "out of range"},
      {{"run", "access_pin_unmap", "--max-executions", "1e6"}, "is not a number"},
      {{"run", "access_pin_unmap", "--max-time", "10x"}, "such as 250ms, 10s"},
      {{"run", "access_pin_unmap", "--jobs", "100000"}, "expected 1 to 256"},
      {{"run", "access_pin_unmap", "--format", "xml"}, "text, json"},
      {{"run", "access_pin_unmap", "--color", "blue"}, "auto, always, never"},
      {{"IORACE_WITH=x=y", "run", "access_pin_unmap"}, "IORACE_WITH: unknown knob 'x'"},
      {{"list"}, "KIND is required"},
      {{"list", "bugs"}, "unknown kind 'bugs', expected one of scenarios"},
      {{"draw"}, "FILE is required"},
      {{"explain"}, "FILE is required"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.part);
    expect_complaint(iorace(c.words), "iorace: ", c.part);
  }
  EXPECT_EQ(iorace({}).status, 2);
  EXPECT_EQ(iorace({"run", "--help"}).status, 0);
  EXPECT_THAT(iorace({"--version"}).out, StartsWith("iorace "));
}

TEST_F(cli_test, files_that_cannot_be_read) {
  std::filesystem::create_directory(path("folder"));
  std::filesystem::create_directory(path("empty"));
  for (const char* verb : {"replay", "minimize", "draw", "explain", "convert"}) {
    SCOPED_TRACE(verb);
    EXPECT_EQ(iorace({verb, "missing.trace"}).status, 2);
    EXPECT_THAT(iorace({verb, "missing.trace"}).err, HasSubstr("missing.trace: "));
    EXPECT_EQ(iorace({verb, "empty"}).status, 2);
  }
  expect_complaint(iorace({"draw", "./folder"}), "iorace: ./folder: is a directory", "a file");
  expect_complaint(iorace({"run", "./missing"}), "iorace: ./missing: ", "No such file");
  expect_complaint(iorace({"replay", "empty"}), "iorace: empty: ", "expected traces");
  expect_complaint(iorace({"run", "/proc/self/mem"}), "iorace: /proc/self/mem: ", "");
  expect_complaint(iorace({"draw", "/dev/zero"}), "iorace: /dev/zero: too large", "MiB");
  if (geteuid() != 0) {
    write("secret.trace", head);
    chmod(path("secret.trace").c_str(), 0);
    expect_complaint(iorace({"draw", "secret.trace"}), "iorace: secret.trace: ", "denied");
  }
}

TEST_F(cli_test, malformed_traces_are_located) {
  find_race("good.trace");
  const std::string good = read("good.trace");
  std::string crlf = good;
  for (std::size_t at = 0; (at = crlf.find('\n', at)) != crlf.npos; at += 2)
    crlf.replace(at, 1, "\r\n");
  const struct {
    std::string text, start;
  } cases[] = {
      {"", "bad.trace:1:1: "},
      {"rubbish\n", "bad.trace:1:1: "},
      {"iorace-trace 2\n", "bad.trace:1:"},
      {head + "[cpu1]\nno_such_call()\n", "bad.trace:4:1: "},
      {head + "[cpu1]\nioas_unmap(ioas#9, iova=0, length=1)\n", "bad.trace:4:"},
      {head +
           "[setup]\nioas#1 = ioas_alloc()\n[cpu1]\nioas_unmap(ioas#1, iova=0x1ffffffffffffffff)\n",
       "bad.trace:6:"},
      {head + "[nonsense]\n", "bad.trace:3:"},
      {"iorace-trace 1\nknobs selftest_access.lock=blue\n", "bad.trace:2:"},
      {"iorace-trace 1\nlimits unmap_tries=0\n", "bad.trace:2:"},
      {"iorace-trace 1\ncolour blue\n", "bad.trace:2:1: "},
      {std::string("iorace-trace 1\n\x01\xff\n"), "bad.trace:2:1: "},
      {crlf, "bad.trace:1:"},
      {good.substr(0, good.size() / 2), "bad.trace:"},
      {good.substr(0, good.find("[schedule]") + 15), "bad.trace:"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text.substr(0, 60));
    write("bad.trace", c.text);
    expect_complaint(iorace({"draw", "bad.trace"}), c.start, "expected");
    expect_complaint(iorace({"run", "bad.trace"}), c.start, "expected");
    expect_complaint(iorace({"minimize", "bad.trace"}), c.start, "expected");
    EXPECT_EQ(iorace({"replay", "bad.trace"}).status, 2);
    EXPECT_THAT(iorace({"replay", "bad.trace"}).err, StartsWith(c.start));
    EXPECT_EQ(iorace({"replay", "--bisect", "bad.trace"}).status, 125);
  }
}

// Not every cut is an error (a trace without its last lines may be a shorter trace), none crashes.
TEST_F(cli_test, truncated_traces_never_crash) {
  find_race("good.trace");
  const std::string good = read("good.trace");
  const std::size_t stride = std::max<std::size_t>(1, good.size() / 60);
  for (std::size_t size = 0; size < good.size(); size += stride) {
    write("cut.trace", good.substr(0, size));
    EXPECT_LE(iorace({"replay", "cut.trace"}).status, 3) << size;
  }
}

TEST_F(cli_test, bytes_that_nobody_wrote) {
  write("rubbish", "rubbish\n");
  for (const char* verb : {"draw", "explain", "minimize", "convert"})
    expect_complaint(iorace({verb, "rubbish"}), "iorace: rubbish: ", "neither a trace nor");
  expect_complaint(iorace({"draw", "-"},
                          "\x7f"
                          "ELF"),
                   "iorace: -: ", "neither a trace nor");
  write("empty", "");
  EXPECT_EQ(iorace({"replay", "empty"}).status, 0);  // the dullest legal run
}

TEST_F(cli_test, outputs_that_cannot_be_written) {
  find_race("a.trace");
  const std::string before = read("a.trace");
  write("taken", "mine");
  expect_complaint(iorace({"run", "access_pin_unmap", "-o", "taken"}),
                   "iorace: taken: ", "exists already");
  expect_complaint(iorace({"minimize", "a.trace", "-o", "taken"}),
                   "iorace: taken: ", "exists already");
  EXPECT_EQ(read("taken"), "mine");
  expect_complaint(iorace({"run", "access_pin_unmap", "-o", "no/such/folder.trace"}),
                   "iorace: no/such/folder.trace: ", "No such file");
  expect_complaint(iorace({"run", "access_pin_unmap", "-o", "."}), "iorace: .: ", "directory");
  expect_complaint(iorace({"run", "access_pin_unmap", "-o", "-"}), "iorace: -o: ", "a file");
  expect_complaint(iorace({"minimize", "a.trace", "-o", "/dev/full"}),
                   "iorace: /dev/full: ", "No space left");
  expect_complaint(iorace({"convert", "empty", "-o", "/dev/full"}), "iorace: empty: ", "");
  EXPECT_EQ(read("a.trace"), before);
  // Said before the search, which here would end with another complaint.
  write("quiet.trace", head);
  EXPECT_EQ(iorace({"minimize", "quiet.trace", "-o", "new.trace"}).status, 1);
  expect_complaint(iorace({"minimize", "quiet.trace", "-o", "taken"}),
                   "iorace: taken: ", "exists already");
  expect_complaint(iorace({"minimize", "quiet.trace", "-o", "no/such/folder.trace"}),
                   "iorace: no/such/folder.trace: ", "No such file");
  for (const auto& entry : std::filesystem::directory_iterator(path("")))
    EXPECT_EQ(entry.path().string().find("tmp."), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace iorace::cli
