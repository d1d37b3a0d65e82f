// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Fibers: pooled stacks with a guard page, raw context jumps and the sanitizers' annotations.
// Nothing is unwound: a fiber is started, jumped out of and abandoned; its stack is used again.
#pragma once

#include <cstddef>
#include <span>

namespace iorace {

class fiber {
 public:
  using entry = void (*)(void* argument);

  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  // Makes this the fiber of the calling OS thread's own stack, from which others are entered.
  void adopt_thread();
  // Prepares to run `function(argument)` from its beginning on this fiber's stack. `function` must
  // not return: it jumps away for good. The stack is mapped at the first call.
  void prepare(entry function, void* argument, std::size_t stack_bytes);
  // Leaves `from`, the running fiber, and continues `to`. `synchronise`: ThreadSanitizer is to see
  // a happens-before edge (start and end of an execution only). `abandon`: `from` is never resumed.
  static void jump(fiber& from, fiber& to, bool synchronise, bool abandon);
  // ThreadSanitizer only. Look away from what this fiber does, or look again; calls nest.
  void ignore(bool on);
  // ThreadSanitizer only: this fiber, which runs and may be looked away from, takes over the past
  // that was released at `place`, or adds its own to it.
  void acquire(const void* place);
  void release(const void* place);
  // ThreadSanitizer only: this fiber, which runs, accesses the word at `place` plainly, on behalf
  // of the function that `code` lies in.
  void access(const void* place, bool write, const void* code);
  // ThreadSanitizer only: all that `other` did, which is at rest, happens before all that `main`,
  // the running fiber, does from now on. `abandoned`: `other` was left for good inside functions.
  static void collect(fiber& main, fiber& other, bool abandoned);
  // What a fiber at rest keeps on its stack, saved registers included.
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
  char* stack_ = nullptr;  // lowest mapped byte: the guard page
  std::size_t bytes_ = 0;
  [[maybe_unused]] void* tsan_ = nullptr;
  void* fake_stack_ = nullptr;  // AddressSanitizer's, while not running
  const char* bottom_ = nullptr;
  [[maybe_unused]] unsigned ignores_ = 0;
  char name_[24] = {};
};

}  // namespace iorace
