// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Where the traces of findings go: one file per title, written whole.
#pragma once

#include <map>
#include <string>

#include "fuzz/trace_file.h"
#include "tools/failure.h"

namespace iorace::cli {

class finding_files {
 public:
  // `out` is what -o said; empty: ./<subject>-<verdict>-<hash8>.trace. The second title and those
  // after it get a number behind the name that -o said, unless that is a device or a pipe. `paths`,
  // by title, is where they are, also those of a run that went before; it outlives this object.
  finding_files(std::string subject, std::string out, std::map<std::string, std::string>& paths)
      : subject_(std::move(subject)), out_(std::move(out)), paths_(paths) {}

  // Whether `out` can be written. For failing before the work instead of after it.
  static result<void> check(const std::string& out);
  // Writes the first trace of each title. Returns where the one of this title is. Errors: it could
  // not be written; what was found is to be told all the same.
  result<std::string> keep(const trace_file& t);

 private:
  std::string path_of(const trace_file& t, const std::string& text) const;

  std::string subject_, out_;
  std::map<std::string, std::string>& paths_;
};

}  // namespace iorace::cli
