// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// shared<T>: a member that several tasks may reach. A plain use is a plain access (a race with any
// unordered conflicting access); READ_ONCE and friends are marked ones. The access is declared to
// the engine out of line; the load or store itself is done here, in the caller's code, so that
// ThreadSanitizer sees it where it happens.
// Blocks: every access may switch, except peek().
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "scheduler/engine/operation.h"

namespace iorace {

// Declares a plain access to the granule `place` inside the run arena, of which the bits of `mask`
// are read; for writes `value` is the new value. Pointers are recorded as identities.
void declare_read(const void* place, std::uint64_t mask);
void declare_read_pointer(const void* place);
void declare_write(const void* place, std::uint64_t value);
void declare_write_pointer(const void* place, std::uint64_t value);
// The same for a marked access of any kind. Reads need no `value`.
void declare_marked(op_kind kind, const void* place, std::uint64_t mask, bool pointer,
                    std::uint64_t value);
// The same for a cmpxchg, which orders nothing if the bits of `mask` are not `old`: it records what
// is there then. Returns whether they are.
bool declare_cmpxchg(const void* place, std::uint64_t mask, bool pointer, std::uint64_t old,
                     std::uint64_t value);

// The access at `place` that was declared last, which releases, has been made. ThreadSanitizer is
// to hear of that behind the access: what is ordered behind the release is behind the access, too.
#ifdef IORACE_TSAN
void declare_released(const void* place);
#else
inline void declare_released(const void*) {}
#endif

// Copies without ThreadSanitizer's knowledge.
#ifdef IORACE_TSAN
void copy_unseen(void* to, const void* from, unsigned size);
#else
inline void copy_unseen(void* to, const void* from, unsigned size) { std::memcpy(to, from, size); }
#endif

// The bytes of `v` as a number: what reading them back from memory gives, so that a negative value
// looks the same wherever it is recorded.
template <class T>
constexpr std::uint64_t to_bits(T v) {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<std::uintptr_t>(v);
  else if constexpr (std::is_null_pointer_v<T>)
    return 0;
  else if constexpr (std::is_enum_v<T>)
    return to_bits(static_cast<std::underlying_type_t<T>>(v));
  else
    return static_cast<std::uint64_t>(v) & ~std::uint64_t{0} >> (64 - 8 * sizeof(T));
}

template <class T>
class alignas(8) shared {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);

 public:
  shared() = default;
  shared(const shared&) = delete;
  shared& operator=(const shared& o) { return *this = o.load(op_kind::read); }

  T load(op_kind kind) const {
    if (kind != op_kind::read)
      declare_marked(kind, this, mask, std::is_pointer_v<T>, 0);
    else if constexpr (std::is_pointer_v<T>)
      declare_read_pointer(this);
    else
      declare_read(this, mask);
    if constexpr (std::is_scalar_v<T>) {
      // Marked: ThreadSanitizer is to take it for atomic, and for no order.
      if (kind != op_kind::read) {
        T v;
        __atomic_load(&raw_, &v, __ATOMIC_RELAXED);  // of an enumeration, too
        return v;
      }
    }
    return raw_;
  }
  void store(op_kind kind, T v) {
    if (kind != op_kind::write)
      declare_marked(kind, this, mask, std::is_pointer_v<T>, to_bits(v));
    else if constexpr (std::is_pointer_v<T>)
      declare_write_pointer(this, to_bits(v));
    else
      declare_write(this, to_bits(v));
    put(kind, v);
    if (kind == op_kind::store_release) declare_released(this);
  }

  operator T() const { return load(op_kind::read); }
  T operator->() const requires std::is_pointer_v<T> { return load(op_kind::read); }
  shared& operator=(T v) {
    store(op_kind::write, v);
    return *this;
  }
  // Each of these is a read and then a write: two operations, in this order.
  T operator++(int) {
    T v = load(op_kind::read);
    store(op_kind::write, static_cast<T>(v + 1));
    return v;
  }
  T operator--(int) {
    T v = load(op_kind::read);
    store(op_kind::write, static_cast<T>(v - 1));
    return v;
  }
  shared& operator+=(T d) {
    T v = load(op_kind::read);
    store(op_kind::write, static_cast<T>(v + d));
    return *this;
  }
  shared& operator-=(T d) {
    T v = load(op_kind::read);
    store(op_kind::write, static_cast<T>(v - d));
    return *this;
  }

  // Stores `v`, fully ordered, iff the value is `old`; orders nothing if it is not. Returns what
  // was there. One event, which records what is there behind it.
  T cmpxchg(T old, T v) {
    if (!declare_cmpxchg(this, mask, std::is_pointer_v<T>, to_bits(old), to_bits(v)))
      return swap(peek());  // as good as a write to those who look for races
    swap(v);
    declare_released(this);
    return old;
  }
  T xchg(T v) {
    declare_marked(op_kind::atomic_sync, this, mask, std::is_pointer_v<T>, to_bits(v));
    const T there = swap(v);
    declare_released(this);
    return there;
  }

  // Reads without an operation: for invariants and ghosts only.
  T peek() const {
    T v;
    copy_unseen(&v, &raw_, sizeof v);
    return v;
  }
  // Writes without an operation: for constructors of setup objects only.
  void poke(T v) { copy_unseen(&raw_, &v, sizeof v); }

 private:
  // Make a declared write or read-modify-write. For ThreadSanitizer a marked one is atomic, and
  // without order.
  void put(op_kind kind, T v) {
    if constexpr (std::is_scalar_v<T>) {
      if (kind != op_kind::write) return __atomic_store(&raw_, &v, __ATOMIC_RELAXED);
    }
    raw_ = v;
  }
  T swap(T v) {
    T there = peek();
#ifdef IORACE_TSAN
    if constexpr (std::is_scalar_v<T>) {
      __atomic_exchange(&raw_, &v, &there, __ATOMIC_RELAXED);
      return there;
    }
#endif
    poke(v);
    return there;
  }

  static constexpr std::uint64_t mask = ~std::uint64_t{0} >> (64 - 8 * sizeof(T));
  T raw_;
};

template <class T>
T READ_ONCE(const shared<T>& x) {
  return x.load(op_kind::read_once);
}
template <class T, class V>
void WRITE_ONCE(shared<T>& x, V v) {
  x.store(op_kind::write_once, static_cast<T>(v));
}
template <class T>
T smp_load_acquire(const shared<T>& x) {
  return x.load(op_kind::load_acquire);
}
template <class T, class V>
void smp_store_release(shared<T>& x, V v) {
  x.store(op_kind::store_release, static_cast<T>(v));
}
template <class T, class V, class W>
T cmpxchg(shared<T>& x, V old, W v) {
  return x.cmpxchg(static_cast<T>(old), static_cast<T>(v));
}
template <class T, class V>
T xchg(shared<T>& x, V v) {
  return x.xchg(static_cast<T>(v));
}

}  // namespace iorace
