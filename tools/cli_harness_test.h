// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests of the program: runs it as people do, in a folder of its own.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace iorace::cli {

struct outcome {
  int status = -1;  // exit status; 1000 + n if signal n killed it
  std::string out, err;
};

class cli_test : public testing::Test {
 protected:
  cli_test();
  ~cli_test() override;

  // Runs iorace with these words in the folder and returns when it has ended. Settings of the
  // environment stand before the words: {"NO_COLOR=1", "run", ...}.
  outcome iorace(std::vector<std::string> words, const std::string& input = "");
  // The same, and an interrupt (^C) as soon as the first line has been printed.
  outcome interrupted(std::vector<std::string> words);
  // The same, and SIGKILL some time after the file `checkpoint` has been written `n` times, if it
  // comes to that.
  outcome killed_after_checkpoints(std::vector<std::string> words, const std::string& checkpoint,
                                   unsigned n, unsigned ms = 0);
  nlohmann::json json_of(std::vector<std::string> words, int status);

  // `name` in the folder; what begins with / is where it says.
  std::string path(const std::string& name) const {
    return name.starts_with('/') ? name : folder_ + "/" + name;
  }
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& content) const;
  // Finds the race of access_pin_unmap; its trace is then in the file `name`.
  void find_race(const std::string& name);
  // The same file with `from` (which it must contain) replaced, as `to_name`.
  void edit(const std::string& name, const std::string& from, const std::string& to,
            const std::string& to_name);

 private:
  // Starts iorace; `watch` is called every now and then with what it has printed and its number.
  using watcher = std::function<void(const outcome&, pid_t)>;
  outcome run(std::vector<std::string> words, const std::string& input, const watcher& watch);
  std::string folder_;
};

inline const std::string spin = "selftest_access.lock=spin";
inline const std::string race_title =
    "pin-survives-unmap: iommufd_test_access_unmap v iommufd_test_access_pages";

}  // namespace iorace::cli
