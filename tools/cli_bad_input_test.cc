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

namespace iorace::cli::this_file {
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
      {{"run", "--nope"}, "not expected: --nope (see iorace run --help)"},
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
      {{"run", "access_pin_unmap", "--strategy", "pct:x"},
       "'pct:x' is out of range, expected pct:depth: "},
      {{"run", "access_pin_unmap", "--seed", "99999999999999999999"}, "--seed: "},
      {{"run", "access_pin_unmap", "--seed", "2..1"}, "FIRST not above LAST"},
      {{"run", "access_pin_unmap", "--max-executions", "0"}, "out of range"},
      {{"run", "access_pin_unmap", "--max-executions", "1e6"}, "is not a number"},
      {{"run", "access_pin_unmap", "--max-time", "10x"}, "such as 250ms, 10s"},
      {{"run", "access_pin_unmap", "--jobs", "100000"}, "expected 1 to 256"},
      {{"run", "access_pin_unmap", "--format", "xml"}, "text, json"},
      {{"run", "access_pin_unmap", "--color", "blue"}, "auto, always, never"},
      {{"IORACE_WITH=x=y", "run", "access_pin_unmap"}, "IORACE_WITH: unknown knob 'x'"},
      {{"IORACE_WITH=" + spin + ",", "run", "access_pin_unmap"}, "'' is no setting"},
      {{"run", "access_pin_unmap", "--faults", "1001"}, "out of range, expected 0 to 1000"},
      {{"run", "access_pin_unmap", "-o", ""}, "-o: '' is no name"},
      {{"run", "access_pin_unmap", "--resume", ""}, "--resume: '' is no name"},
      {{"minimize", ""}, "'': expected the name of a file"},
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
  for (const char* verb :
       {"run", "verify", "replay", "minimize", "draw", "explain", "convert", "list"}) {
    const outcome help = iorace({verb, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr("Exit status: 0"));
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_THAT(iorace({"--version"}).out, StartsWith("iorace "));
}

// What is missing is missed, and what cannot be read is not waited for.
TEST_F(cli_test, nothing_in_a_folder_is_passed_over) {
  std::filesystem::create_symlink("gone.trace", path("link.trace"));
  const outcome missing = iorace({"replay", "."});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.out + missing.err, HasSubstr("./link.trace: "));
  std::filesystem::remove(path("link.trace"));
  ASSERT_EQ(mkfifo(path("pipe.trace").c_str(), 0600), 0);
  expect_complaint(iorace({"replay", "."}), "iorace: ./pipe.trace: ", "expected traces");
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
    expect_complaint(iorace({"replay", "bad.trace"}), c.start, "expected");
    EXPECT_EQ(iorace({"replay", "--bisect", "bad.trace"}).status, 125);
  }
}

// Whatever is left of a trace, there is no verdict to compare with, or it is torn.
TEST_F(cli_test, truncated_traces_do_not_replay) {
  find_race("found.trace");
  for (const std::string& from :
       {read("found.trace"),
        read(IORACE_SOURCE_DIR "/repro/correct/iommufd_destroy.users-temporary.trace")}) {
    std::vector<std::size_t> sizes = {from.size() - 1};
    for (std::size_t at = 0; (at = from.find('\n', at)) + 1 < from.size(); ++at)
      sizes.push_back(at + 1);
    const std::size_t stride = std::max<std::size_t>(1, sizes.size() / 60);
    for (std::size_t i = 0; i < sizes.size(); i += i + 10 < sizes.size() ? stride : 1) {
      write("cut.trace", from.substr(0, sizes[i]));
      expect_complaint(iorace({"replay", "cut.trace"}), "", "expected");
    }
  }
}

// Values of options end at the next word.
TEST_F(cli_test, options_may_come_first) {
  EXPECT_EQ(iorace({"run", "--seed", "1", "--max-executions", "2", "access_pin_unmap"}).status, 0);
  EXPECT_EQ(iorace({"run", "--with", spin, "--limit", "unmap_tries=3", "--strategy", "random",
                    "--format", "json", "-o", "a.trace", "access_pin_unmap"})
                .status,
            1);
  EXPECT_EQ(iorace({"replay", "--format", "json", "a.trace", "a.trace"}).status, 0);
  EXPECT_EQ(iorace({"replay", "--color", "never", "a.trace", "a.trace"}).status, 0);
  EXPECT_EQ(iorace({"minimize", "--format", "json", "-o", "b.trace", "a.trace"}).status, 0);
  EXPECT_EQ(iorace({"draw", "--color", "never", "b.trace"}).status, 0);
  EXPECT_EQ(iorace({"convert", "--with", spin, "b.trace"}).status, 0);
  EXPECT_EQ(iorace({"list", "--format", "json", "verdicts"}).status, 0);
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

// JSON is UTF-8 whatever the file is called.
TEST_F(cli_test, names_that_are_no_text) {
  const std::string name = "./a\xff.trace";
  find_race(name);
  for (const char* verb : {"replay", "explain"})
    EXPECT_THAT(json_of({verb, name, "--format", "json"}, 0).dump(), HasSubstr("a\xef\xbf\xbd"));
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
}  // namespace iorace::cli::this_file
