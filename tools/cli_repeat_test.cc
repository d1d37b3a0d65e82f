// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The first line of a search leads to the same search, whatever the file and IORACE_WITH say.
#include <sstream>

#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

using words = std::vector<std::string>;

words operator+(words a, const words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// What a shell without quotes makes of a line, but for the name of the program.
words words_of(const std::string& line) {
  std::istringstream in(line);
  words all;
  for (std::string word; in >> word;) all.push_back(word);
  all.erase(all.begin());
  return all;
}

class cli_repeat : public cli_test {
 protected:
  // As json_of(), with whatever exit status.
  json search(const words& w) {
    const outcome o = iorace(w + words{"--format", "json"});
    json all = json::parse(o.out, nullptr, false);
    EXPECT_TRUE(all.is_object()) << o.out << o.err;
    all["status"] = o.status;
    for (const char* key : {"seconds", "findings"}) all.erase(key);
    return all;
  }

  // Returns the command that `w` prints under these settings, after following it with and without
  // them.
  std::string repeated(const words& environment, const words& w) {
    const json first = search(environment + w);
    const std::string command = first["command"];
    const outcome text = iorace(environment + w);
    EXPECT_EQ(text.out.substr(0, text.out.find('\n')), command);
    EXPECT_EQ(search(environment + words_of(command)), first) << command;
    EXPECT_EQ(search(words_of(command)), first) << command;
    return command;
  }

  // access_pin_unmap as a file that says this of itself, too.
  void write_program(const std::string& name, const std::string& settings) {
    std::string text = read(IORACE_SOURCE_DIR "/fuzz/scenarios/access_pin_unmap.trace");
    const std::size_t at = text.find("\n[setup]");
    ASSERT_NE(at, text.npos);
    text.insert(at + 1, settings + "\n");
    write(name, text);
  }
};

TEST_F(cli_repeat, a_default_wins_over_the_file) {
  write_program("k.trace", "knobs selftest_access.lock=spin");
  write_program("p.trace", "profile repaired");
  write_program("l.trace", "limits unmap_tries=2");
  const std::string mutex = " --with selftest_access.lock=mutex";
  for (const char* verb : {"run", "verify"}) {
    const auto with = [&](const char* file, const words& w) {
      return repeated({}, words{verb, file, "--max-executions", "100"} + w);
    };
    EXPECT_THAT(with("k.trace", {"--with", "selftest_access.lock=mutex"}), HasSubstr(mutex));
    EXPECT_THAT(with("p.trace", {"--with", "profile=upstream"}),
                HasSubstr(" --with profile=upstream"));
    EXPECT_THAT(with("l.trace", {"--limit", "unmap_tries=100"}),
                HasSubstr(" --limit unmap_tries=100"));
    EXPECT_THAT(with("k.trace", {}), HasSubstr(" --with " + spin));
  }
}

TEST_F(cli_repeat, a_default_wins_over_the_environment) {
  const auto with = [&](const std::string& environment, const words& w) {
    return repeated({"IORACE_WITH=" + environment},
                    words{"run", "access_pin_unmap", "--max-executions", "100"} + w);
  };
  EXPECT_THAT(with(spin, {"--with", "selftest_access.lock=mutex"}),
              HasSubstr(" --with selftest_access.lock=mutex"));
  EXPECT_THAT(with("profile=repaired", {"--with", "profile=upstream"}),
              HasSubstr(" --with profile=upstream"));
  EXPECT_THAT(with("unmap_tries=2", {"--limit", "unmap_tries=100"}),
              HasSubstr(" --limit unmap_tries=100"));
  EXPECT_THAT(with(spin + ",unmap_tries=2,profile=repaired", {}),
              HasSubstr(" --with profile=repaired --with " + spin + " --limit unmap_tries=2"));
  EXPECT_THAT(with("profile=upstream,unmap_tries=100", {}), Not(HasSubstr(" --with ")));
}

}  // namespace
}  // namespace iorace::cli::this_file
