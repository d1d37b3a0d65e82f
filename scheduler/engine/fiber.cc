// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// With fiber.h the only file that sees Boost. ThreadSanitizer's and AddressSanitizer's entry points
// are called only where the build defines IORACE_TSAN or IORACE_ASAN; this file itself is never
// instrumented.
#include "scheduler/engine/fiber.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>

#ifdef IORACE_TSAN
#include <sanitizer/tsan_interface.h>
#include <sanitizer/tsan_interface_atomic.h>
extern "C" void __tsan_func_entry(void* code);
extern "C" void __tsan_func_exit();
extern "C" void* __tsan_external_register_tag(const char* object_type);
extern "C" void __tsan_external_read(void* address, void* caller_pc, void* tag);
extern "C" void __tsan_external_write(void* address, void* caller_pc, void* tag);
#endif
#ifdef IORACE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#include "scheduler/engine/check.h"

namespace iorace {

namespace context = boost::context::detail;

namespace {

// Address space, no memory: so that a function with a large frame does not step over it.
constexpr std::size_t guard_bytes = std::size_t{4} << 20;

// Guards of this process, so that a fault in one can be named. Written when a stack is mapped
// or unmapped, read by the signal handler of the thread that faults.
struct guard {
  const char* page;
  const char* name;
};
constexpr unsigned guards_max = 1 << 16;
guard guards[guards_max];  // Process-wide: the fault handler has no engine at hand.

void remember_guard(const char* page, const char* name) {
  for (guard& g : guards) {
    const char* expected = nullptr;
    if (__atomic_compare_exchange_n(&g.page, &expected, page, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
      g.name = name;
      return;
    }
  }
}

void forget_guard(const char* page) {
  for (guard& g : guards)
    if (g.page == page) return __atomic_store_n(&g.page, nullptr, __ATOMIC_RELEASE);
}

struct sigaction previous_segv;

void write_text(const char* text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(134);
}

void on_fault(int signal, siginfo_t* info, void* ucontext) {
  const char* address = static_cast<const char*>(info->si_addr);
  for (const guard& g : guards)
    if (g.page != nullptr && address >= g.page && address < g.page + guard_bytes) {
      write_text("iorace: fiber stack overflow in ");
      write_text(g.name);
      write_text("\n");
      print_context();
      _exit(134);
    }
  if ((previous_segv.sa_flags & SA_SIGINFO) != 0 && previous_segv.sa_sigaction != nullptr)
    return previous_segv.sa_sigaction(signal, info, ucontext);
  sigaction(signal, &previous_segv, nullptr);
}

// A fault on a fiber's stack needs another stack to be handled on, one per OS thread.
class signal_stack {
 public:
  signal_stack() {
    stack_.ss_sp = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_.ss_size = bytes;
    CHECK(stack_.ss_sp != MAP_FAILED, "no memory for a signal stack");
    sigaltstack(&stack_, nullptr);
  }
  ~signal_stack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    munmap(stack_.ss_sp, bytes);
  }
  signal_stack(const signal_stack&) = delete;
  signal_stack& operator=(const signal_stack&) = delete;

 private:
  static constexpr std::size_t bytes = 64 * 1024;
  stack_t stack_{};
};

void install_handler() {
  static thread_local const signal_stack ours;
  static const bool once = [] {
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGSEGV, &action, &previous_segv) == 0;
  }();
  CHECK(once, "cannot install the stack overflow handler");
}

}  // namespace

// What a jump hands over: the fiber that was left, to keep its context in.
struct fiber_start {
  static void arrived(fiber& self, context::transfer_t transfer) {
    static_cast<fiber*>(transfer.data)->context_ = transfer.fctx;
#ifdef IORACE_ASAN
    fiber& left = *static_cast<fiber*>(transfer.data);
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(self.fake_stack_, &bottom, &size);
    if (left.bottom_ == nullptr) {
      left.bottom_ = static_cast<const char*>(bottom);
      left.bytes_ = size;
    }
#else
    (void)self;
#endif
  }
  static void run(context::transfer_t transfer);
};

void fiber_start::run(context::transfer_t transfer) {
  fiber& self = *static_cast<fiber*>(transfer.data)->entering_;
  self.fake_stack_ = nullptr;
  arrived(self, transfer);
  fiber::jump(self, *self.function_(self.argument_), true);
  CHECK(false, "a fiber that is over was resumed");
}

fiber::~fiber() {
#ifdef IORACE_TSAN
  if (tsan_ != nullptr && stack_ != nullptr) {
    fiber here;
    here.tsan_ = __tsan_get_current_fiber();
    collect(here, *this, false);
    __tsan_destroy_fiber(tsan_);
  }
#endif
  if (stack_ == nullptr) return;
  forget_guard(stack_);
  munmap(stack_, bytes_ + guard_bytes);
}

void fiber::adopt_thread() {
  bottom_ = nullptr;  // learnt at the first jump
#ifdef IORACE_TSAN
  tsan_ = __tsan_get_current_fiber();
#endif
  install_handler();
}

void fiber::prepare(entry function, void* argument, std::size_t bytes) {
  if (stack_ == nullptr) {
    void* memory = mmap(nullptr, bytes + guard_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED, "no memory for a fiber's stack");
    stack_ = static_cast<char*>(memory);
    bytes_ = bytes;
    bottom_ = stack_ + guard_bytes;
    CHECK(mprotect(stack_, guard_bytes, PROT_NONE) == 0, "cannot protect a guard page");
    remember_guard(stack_, name_);
#ifdef IORACE_TSAN
    tsan_ = __tsan_create_fiber(0);
    __tsan_set_fiber_name(tsan_, name_);
#endif
  }
#ifdef IORACE_ASAN
  ASAN_UNPOISON_MEMORY_REGION(stack_ + guard_bytes, bytes_);
#endif
  function_ = function;
  argument_ = argument;
  context_ = context::make_fcontext(stack_ + guard_bytes + bytes_, bytes_, fiber_start::run);
}

void fiber::set_name(const char* name) {
  std::snprintf(name_, sizeof name_, "%s", name);
#ifdef IORACE_TSAN
  if (tsan_ != nullptr && stack_ != nullptr) __tsan_set_fiber_name(tsan_, name_);
#endif
}

#ifdef IORACE_TSAN
namespace {

// Of the ways to make TSan look away this is the cheap one: __tsan_ignore_thread_begin() also keeps
// the call stack, for a report that never comes. It stops synchronisation as well.
void look_away(unsigned times) {
  while (times-- > 0) __tsan_mutex_pre_signal(nullptr, 0);
}
void look_again(unsigned times) {
  while (times-- > 0) __tsan_mutex_post_signal(nullptr, 0);
}

void access_plainly(void* place, bool write, void* code) {
  static void* const tag = __tsan_external_register_tag("modelled list or tree");
  if (write)
    __tsan_external_write(place, code, tag);
  else
    __tsan_external_read(place, code, tag);
}

// Nothing is changed by a write: who called writes the word, too. An atomic takes its place from
// who calls it, which is this file.
void access_marked(void* place, bool write, void* code) {
  auto* const word = static_cast<volatile __tsan_atomic64*>(place);
  __tsan_func_entry(code);
  if (write)
    __tsan_atomic64_fetch_add(word, 0, __tsan_memory_order_relaxed);
  else
    __tsan_atomic64_load(word, __tsan_memory_order_relaxed);
  __tsan_func_exit();
}

// The runtime and what the scheduler called leave counters below the stack. Where the next frame
// has a gap they would be part of the state that livelock compares, which would never come back.
[[gnu::noinline]] void wipe_below() {
  volatile std::uint64_t below[64];
  for (volatile std::uint64_t& word : below) word = 0;
}

}  // namespace

void fiber::ignore(bool on) {
  ignores_ += on ? 1u : ~0u;
  if (on) {
    look_away(1);
  } else {
    look_again(1);
    wipe_below();
  }
}

void fiber::acquire(const void* place) {
  look_again(ignores_);
  __tsan_acquire(const_cast<void*>(place));
  look_away(ignores_);
}

void fiber::release(const void* place) {
  look_again(ignores_);
  __tsan_release(const_cast<void*>(place));
  look_away(ignores_);
}

void fiber::access(const void* place, bool write, bool marked, const void* code) {
  look_again(ignores_);
  if (marked)
    access_marked(const_cast<void*>(place), write, const_cast<void*>(code));
  else
    access_plainly(const_cast<void*>(place), write, const_cast<void*>(code));
  look_away(ignores_);
}

void fiber::collect(fiber& main, fiber& other, bool abandoned) {
  if (other.tsan_ == nullptr) return;
  __tsan_switch_to_fiber(other.tsan_, __tsan_switch_to_fiber_no_sync);
  while (other.ignores_ != 0) other.ignore(false);
  __tsan_switch_to_fiber(main.tsan_, 0);
  if (!abandoned) return;
  // TSan would go on to push calls on those that never return.
  __tsan_destroy_fiber(other.tsan_);
  other.tsan_ = __tsan_create_fiber(0);
  __tsan_set_fiber_name(other.tsan_, other.name_);
}
#endif

void fiber::jump_by_call(fiber& from, fiber& to, [[maybe_unused]] bool abandon) {
  from.entering_ = &to;
#ifdef IORACE_ASAN
  __sanitizer_start_switch_fiber(abandon ? nullptr : &from.fake_stack_, to.bottom_, to.bytes_);
#endif
#ifdef IORACE_TSAN
  const bool starts_or_ends = from.stack_ == nullptr || to.stack_ == nullptr;
  __tsan_switch_to_fiber(to.tsan_, starts_or_ends ? 0 : __tsan_switch_to_fiber_no_sync);
#endif
  fiber_start::arrived(from, context::jump_fcontext(to.context_, &from));
}

}  // namespace iorace
