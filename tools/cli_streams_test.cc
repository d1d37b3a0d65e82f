// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Standard streams that are closed or full. Whoever cannot be told the result gets exit status 2;
// the progress and the notes on standard error are nobody's result.
#include <cstdlib>
#include <sys/wait.h>

#include <gmock/gmock.h>

#include "tools/cli_harness_test.h"

namespace iorace::cli::this_file {
namespace {

const std::string find = "run access_pin_unmap --with " + spin;

class cli_streams : public cli_test {
 protected:
  // Returns the exit status of iorace with these words, as a shell reads them, in the folder.
  int in_shell(const std::string& words) const {
    const std::string line = "cd '" + path("") + "' && " IORACE_BINARY_DIR "/bin/iorace " + words;
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
  }
};

TEST_F(cli_streams, a_result_that_cannot_be_told_is_a_failure) {
  find_race("a.trace");
  for (const std::string verb :
       {"draw a.trace", "explain a.trace", "replay a.trace", "convert a.trace", "list verdicts",
        "verify access_pin_unmap --max-executions 3", "run access_pin_unmap --max-executions 3",
        "--help", "run --help", "--version"})
    for (const std::string out : {">/dev/full", ">&-"}) {
      SCOPED_TRACE(verb + " " + out);
      EXPECT_EQ(in_shell(verb + " 2>said " + out), 2);
      EXPECT_THAT(read("said"), testing::HasSubstr("iorace: standard output: cannot be written"));
    }
}

TEST_F(cli_streams, nobody_has_to_listen_to_standard_error) {
  find_race("a.trace");
  for (const std::string err : {"2>/dev/full", "2>&-"}) {
    SCOPED_TRACE(err);
    EXPECT_EQ(in_shell(err), 2);
    EXPECT_EQ(in_shell("draw missing.trace " + err), 2);
    EXPECT_EQ(in_shell("replay missing.trace " + err), 2);
    EXPECT_EQ(in_shell("convert a.trace >bytes " + err), 0);  // has a note about settings
    EXPECT_EQ(in_shell("minimize a.trace -o - >min.trace " + err), 0);
    EXPECT_EQ(in_shell("replay min.trace >same " + err), 0);
    EXPECT_EQ(in_shell(find + " --keep-going --max-executions 100 >found " + err), 1);
  }
}

// `| head -1` ends the command, as the shell's users expect; what was found is on the disk.
TEST_F(cli_streams, a_reader_that_leaves_loses_no_trace) {
  EXPECT_EQ(in_shell(find + " -o kept.trace | head -1 >first"), 0);
  EXPECT_THAT(read("first"), testing::StartsWith("iorace run"));
  EXPECT_EQ(iorace({"replay", "kept.trace"}).status, 0);
}

}  // namespace
}  // namespace iorace::cli::this_file
