// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/workers.h"

namespace iorace {

workers::workers(unsigned jobs) {
  for (unsigned i = 0; i + 1 < jobs; ++i) others_.emplace_back([this, i] { serve(i); });
}

workers::~workers() {
  const std::lock_guard guard(lock_);
  work_ = nullptr;
  ++round_;
  begun_.notify_all();
}

void workers::run(const std::function<void(unsigned)>& work) {
  const auto jobs = static_cast<unsigned>(others_.size()) + 1;
  if (jobs > 1) {
    const std::lock_guard guard(lock_);
    work_ = &work;
    busy_ = jobs - 1;
    ++round_;
    begun_.notify_all();
  }
  work(jobs - 1);
  std::unique_lock guard(lock_);
  ended_.wait(guard, [this] { return busy_ == 0; });
}

void workers::serve(unsigned i) {
  for (std::uint64_t seen = 0;;) {
    std::unique_lock guard(lock_);
    begun_.wait(guard, [&] { return round_ != seen; });
    seen = round_;
    const auto* const work = work_;
    guard.unlock();
    if (work == nullptr) return;
    (*work)(i);
    guard.lock();
    if (--busy_ == 0) ended_.notify_one();
  }
}

}  // namespace iorace
