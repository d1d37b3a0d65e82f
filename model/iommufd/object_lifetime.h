// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What keeps an object alive for a short term user, and what its destroyer waits for: two critical
// sections that shut each other out. The variants of knob iommufd_object.lifetime are rows: until
// 6f9c4d8c468c the users held a semaphore inside the object, since then they are counted.
// Kernel: drivers/iommu/iommufd/iommufd_private.h, main.c @ 6.12.117.
#pragma once

#include "model/critical_section.h"
#include "model/iommufd/iommufd_private.h"

namespace iorace::kern {

enum class lifetime_lock : u8 { shortterm_users, destroy_rwsem };
using lifetime_row = section_row<lifetime_lock>;

// A user comes and goes. None comes once the destroyer has begun.
enum user_site : unsigned { before_users, after_users, no_users, users_dropped };
inline constexpr lifetime_row user_rows[] = {
    {lifetime_lock::shortterm_users, on(after_users), on(users_dropped)},
    {lifetime_lock::destroy_rwsem, on(before_users), on(no_users, users_dropped)},
};
struct shortterm_user {
  iommufd_ctx* ictx;
  iommufd_object* obj;
  int enter(lifetime_lock kind) const;
  void leave(lifetime_lock kind) const;
};
using user_section = section<lifetime_lock, shortterm_user>;

// The destroyer waits for the users: a driver's before it looks the object up, IOMMU_DESTROY, which
// does not wait for the semaphore, when it has removed it.
enum destroyer_site : unsigned { before_lookup, not_removed, unlocked, removed };
inline constexpr lifetime_row destroyer_rows[] = {
    {lifetime_lock::shortterm_users, on(before_lookup, removed), on(not_removed)},
    {lifetime_lock::destroy_rwsem, on(before_lookup), on(not_removed, unlocked)},
};
struct shortterm_destroyer {
  iommufd_ctx* ictx;
  iommufd_object* const& obj;  // the caller's, who may have to look it up first
  // Blocks: until the short term users are gone. Returns 0, or -EBUSY after 60 s.
  int enter(lifetime_lock kind) const;
  // Lets users in again.
  void leave(lifetime_lock kind) const;
};
using destroyer_section = section<lifetime_lock, shortterm_destroyer>;

}  // namespace iorace::kern
