// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The only place where OS threads are made: explorations that share nothing but numbers.
#pragma once

#include <functional>
#include <memory>

namespace iorace {

// Threads that live as long as this object, so that work(i) is on the same one each time.
class workers {
 public:
  // Requires: at least one job.
  explicit workers(unsigned jobs);
  ~workers();

  // Calls work(0) .. work(jobs - 1), each on an OS thread of its own (the last on the caller's),
  // and returns when all have returned.
  void run(const std::function<void(unsigned)>& work);

 private:
  struct team;
  std::unique_ptr<team> team_;
};

}  // namespace iorace
