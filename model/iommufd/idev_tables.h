// SPDX-License-Identifier: GPL-2.0-only OR MIT
#pragma once

#include "model/tables.h"

IORACE_CHAPTER_TABLES(idev)
