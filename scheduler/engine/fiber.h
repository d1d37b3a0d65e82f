// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Fibers: pooled stacks with a guard below, raw context jumps and the sanitizers' annotations.
// Nothing is unwound: a fiber ends, or is abandoned in the middle; its stack is used again.
#pragma once

#include <cstddef>
#include <span>

#if !defined(IORACE_ASAN) && !defined(IORACE_TSAN)
#include <boost/context/detail/fcontext.hpp>
#endif

#ifdef IORACE_TSAN
#define IORACE_TSAN_ONLY ;
#else
#define IORACE_TSAN_ONLY \
  {}
#endif

namespace iorace {

#if !defined(IORACE_ASAN) && !defined(IORACE_TSAN)
// Boost's jump_fcontext(). It leaves by a jump, so that a processor which has seen a call would
// predict every return wrongly from then on: it is entered by a jump, too, the address to come back
// to put on the stack by hand, below what a function may keep under its stack pointer.
[[gnu::always_inline]] inline boost::context::detail::transfer_t jump_context(void* to,
                                                                              void* data) {
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(__AVX512F__) && !defined(__EGPR__) && \
    !defined(__CET__)
  void *back, *from;
  asm volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "lea 0f(%%rip), %%rax\n\t"
      "push %%rax\n\t"
      "jmp jump_fcontext@PLT\n"
      "0:\tlea 128(%%rsp), %%rsp"
      : "=&a"(back), "+D"(to), "+S"(data), "=&d"(from)
      :
      : "rcx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st", "st(1)",
        "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory");
  return {back, from};
#else
  return boost::context::detail::jump_fcontext(to, data);
#endif
}
#endif

class fiber {
 public:
  // Returns the fiber to leave for when it is over. So all calls have returned when a fiber ends,
  // and the processor goes on to predict the returns of others.
  using entry = fiber* (*)(void* argument);

  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  // Makes this the fiber of the calling OS thread's own stack, from which others are entered.
  void adopt_thread();
  // Prepares to run `function(argument)` from its beginning on this fiber's stack. The stack is
  // mapped at the first call.
  void prepare(entry function, void* argument, std::size_t bytes);
  // Leaves `from`, the running fiber, and continues `to`. ThreadSanitizer sees a happens-before
  // edge iff one of them is the thread's own: at the start and the end of an execution. `abandon`:
  // `from` is never resumed. Inline where no sanitizer has to be told: every return that follows a
  // jump is one that the processor predicts wrongly, so there should be few.
#if defined(IORACE_ASAN) || defined(IORACE_TSAN)
  static void jump(fiber& from, fiber& to, bool abandon) { jump_by_call(from, to, abandon); }
#else
  [[gnu::always_inline]] static void jump(fiber& from, fiber& to, bool) {
    from.entering_ = &to;
    const auto back = jump_context(to.context_, &from);
    static_cast<fiber*>(back.data)->context_ = back.fctx;
  }
#endif
  // The same by a call, so that saved() of `from` has nothing but frames and saved registers.
  static void jump_by_call(fiber& from, fiber& to, bool abandon);
  // ThreadSanitizer only. Look away from what this fiber does, or look again; calls nest.
  void ignore([[maybe_unused]] bool on) IORACE_TSAN_ONLY
      // ThreadSanitizer only: this fiber, which runs and may be looked away from, takes over the
      // past that was released at `place`, or adds its own to it.
      void acquire([[maybe_unused]] const void* place) IORACE_TSAN_ONLY
      void release([[maybe_unused]] const void* place) IORACE_TSAN_ONLY
      // ThreadSanitizer only: this fiber, which runs, accesses the word at `place`, plainly or as a
      // relaxed atomic does, on behalf of the function that `code` lies in.
      void access([[maybe_unused]] const void* place, [[maybe_unused]] bool write,
                  [[maybe_unused]] bool marked, [[maybe_unused]] const void* code) IORACE_TSAN_ONLY
      // ThreadSanitizer only: all that `other` did, which is at rest, happens before all that
      // `main`, the running fiber, does from now on. `abandoned`: `other` was left for good inside
      // functions.
      static void collect([[maybe_unused]] fiber& main, [[maybe_unused]] fiber& other,
                          [[maybe_unused]] bool abandoned) IORACE_TSAN_ONLY
      // What a fiber at rest keeps on its stack, saved registers included; after jump() also some
      // bytes below its innermost frame that mean nothing.
      std::span<const char> saved() const {
    const char* low = static_cast<const char*>(context_);
    return {low, static_cast<std::size_t>(bottom_ + bytes_ - low)};
  }
  // The name that ThreadSanitizer and a stack overflow print.
  void set_name(const char* name);

 private:
  friend struct fiber_start;
  void* context_ = nullptr;  // saved fcontext while not running
  entry function_ = nullptr;
  void* argument_ = nullptr;
  fiber* entering_ = nullptr;  // where the last jump from here went
  char* stack_ = nullptr;      // lowest mapped byte: the guard
  std::size_t bytes_ = 0;
  [[maybe_unused]] void* tsan_ = nullptr;
  void* fake_stack_ = nullptr;  // AddressSanitizer's, while not running
  const char* bottom_ = nullptr;
  [[maybe_unused]] unsigned ignores_ = 0;
  char name_[24] = {};
};

}  // namespace iorace

#undef IORACE_TSAN_ONLY
