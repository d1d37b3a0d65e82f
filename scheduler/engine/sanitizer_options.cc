// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the sanitizers are told before main(). Here, because an instrumented function would crash
// when it is called so early. *_OPTIONS in the environment still have the last word.
//
// Exit statuses are told apart from a program's own 1: 66 ThreadSanitizer, 67 the others. ASan's
// fake stacks are off: a local would live outside its fiber's stack, and the livelock detector
// takes what is on the stacks for the whole state of a task.

#ifdef IORACE_TSAN
extern "C" const char* __tsan_default_options() {
  return "halt_on_error=0:exitcode=66:report_thread_leaks=0:atexit_sleep_ms=0";
}
#endif

#ifdef IORACE_ASAN
extern "C" const char* __asan_default_options() {
  return "exitcode=67:detect_stack_use_after_return=0";
}
extern "C" const char* __ubsan_default_options() { return "exitcode=67:print_stacktrace=1"; }
#endif
