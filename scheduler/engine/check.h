// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// CHECK: our own broken assumptions. On in every build; prints what was assumed, the seed, the step
// and the command that runs it again, and aborts. Never used for what a modelled kernel, a program
// or a user did wrong.
#pragma once

namespace iorace {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* text);
// Prints the seed, the step and the rerun command of the execution in progress, if there is one.
// Async-signal-safe.
void print_context();
// Sets the command that print_context() shows. The string must outlive all executions.
void set_rerun_command(const char* command);

}  // namespace iorace

#define CHECK(condition, text)                                        \
  (__builtin_expect(!(condition), 0)                                  \
       ? ::iorace::check_failed(__FILE__, __LINE__, #condition, text) \
       : (void)0)
