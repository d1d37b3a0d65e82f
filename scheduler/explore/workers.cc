// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/workers.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace iorace {

struct workers::team {
  std::mutex lock;                                      // protects the next three
  const std::function<void(unsigned)>* work = nullptr;  // null: the threads are to end
  std::uint64_t round = 0;
  std::size_t busy = 0;
  std::condition_variable begun, ended;
  std::vector<std::jthread> others;

  void begin(const std::function<void(unsigned)>* what) {
    const std::lock_guard guard(lock);
    work = what;
    busy = others.size();
    ++round;
    begun.notify_all();
  }

  void serve(unsigned i) {
    for (std::uint64_t seen = 0;;) {
      std::unique_lock guard(lock);
      begun.wait(guard, [&] { return round != seen; });
      seen = round;
      const auto* const mine = work;
      guard.unlock();
      if (mine == nullptr) return;
      (*mine)(i);
      guard.lock();
      if (--busy == 0) ended.notify_one();
    }
  }
};

workers::workers(unsigned jobs) : team_(std::make_unique<team>()) {
  for (unsigned i = 0; i + 1 < jobs; ++i)
    team_->others.emplace_back([t = team_.get(), i] { t->serve(i); });
}

workers::~workers() { team_->begin(nullptr); }

void workers::run(const std::function<void(unsigned)>& work) {
  team& t = *team_;
  t.begin(&work);
  work(static_cast<unsigned>(t.others.size()));
  std::unique_lock guard(t.lock);
  t.ended.wait(guard, [&t] { return t.busy == 0; });
}

}  // namespace iorace
