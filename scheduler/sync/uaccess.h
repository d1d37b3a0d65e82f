// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Copies between the kernel and the memory of a user, who decides what becomes of them: the page is
// not there, and the copy fails; or it comes late, as when the user handles its faults himself, and
// whoever copies stays there as long as others have anything to do, with the locks that he holds.
// A copy orders nothing and touches nothing of the kernel's.
// Simplified: a copy is made whole or not at all; what is copied is the caller's own.
// Kernel: include/linux/uaccess.h.
#pragma once

namespace iorace {

// Return false when the copy fails (an injected fault); `what` outlives the execution.
// Block: a point. Illegal in atomic context.
bool copy_from_user(const char* what);
bool copy_to_user(const char* what);

}  // namespace iorace
