// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Hardware executes a batch of commands: what it has cached goes, once what has begun before has
// ended.
#pragma once

#include "model/hw/invalidate.h"

namespace iorace::kern {

void hw_execute(device_command* command);

}  // namespace iorace::kern
