// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// As long as one lives, the domain of an owner stays. No destructor runs in a task that is
// abandoned, and none has to.
#pragma once

#include "model/hw/driver.h"

namespace iorace::kern {

class owner_use {
 public:
  explicit owner_use(paging_owner* owner) : owner_(owner) {
    down_read(&owner_->life);
    domain_ = owner_->domain;
  }
  ~owner_use() { up_read(&owner_->life); }
  owner_use(const owner_use&) = delete;
  owner_use& operator=(const owner_use&) = delete;
  // Null if it has been freed.
  paging_domain* domain() const { return domain_; }

 private:
  paging_owner* owner_;
  paging_domain* domain_;
};

}  // namespace iorace::kern
