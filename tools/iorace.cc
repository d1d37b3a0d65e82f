// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/command.h"

int main(int argc, char** argv) { return iorace::cli::run_command_line(argc, argv); }
