// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The only place where OS threads are made: explorations that share nothing but numbers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace iorace {

// Threads that live as long as this object, so that work(i) is on the same one each time.
class workers {
 public:
  // Requires: at least one job.
  explicit workers(unsigned jobs);
  ~workers();
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;

  // Calls work(0) .. work(jobs - 1), each on an OS thread of its own (the last on the caller's),
  // and returns when all have returned.
  void run(const std::function<void(unsigned)>& work);

 private:
  void serve(unsigned i);

  std::mutex lock_;  // protects the next four
  std::condition_variable begun_, ended_;
  const std::function<void(unsigned)>* work_ = nullptr;  // null: the threads are to end
  std::uint64_t round_ = 0;
  unsigned busy_ = 0;
  std::vector<std::jthread> others_;
};

}  // namespace iorace
