// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Class descriptions: the names by which anchors, steps and verdicts speak of a struct's members.
//   struct counter { iorace::mutex lock; iorace::shared<int> v; };
//   IORACE_DESCRIBE(counter, "counter", lock, v);
// The macro stands at namespace scope of the struct. Members that are described structs themselves
// are flattened; their members keep their own names ("ioas#1.iova_rwsem").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace iorace {

// Tag of "class.field": stable across builds, unlike an offset. Zero is kept for "no field".
constexpr std::uint16_t field_tag(std::string_view cls, std::string_view field) {
  std::uint32_t h = 2166136261u;
  for (char c : cls) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  h = (h ^ '.') * 16777619u;
  for (char c : field) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  const auto tag = static_cast<std::uint16_t>((h >> 16) ^ h);
  return tag == 0 ? std::uint16_t{1} : tag;
}

struct class_info;

struct field_info {
  const char* name;
  std::uint32_t offset;
  std::uint32_t size;
  const class_info* nested;  // description of the member's own type, or null
  std::uint32_t element;     // size of an element; `size` unless the member is an array
  std::uint32_t columns;     // of an array of arrays: how many elements a row has; 0 else
};

// One described struct. `type` is the C name ("iopt_area", used in "iopt_area.num_accesses"),
// `name` the short one that identities use ("area", in "area#1").
struct class_info {
  const char* type;
  const char* name;
  std::uint32_t size;
  const field_info* fields;
  std::uint32_t field_count;
  std::uint16_t tag = field_tag(type, "");  // small, and the same in every process
};

// Returns the description of T, or null. IORACE_DESCRIBE declares iorace_describe beside T.
template <class T>
constexpr const class_info* class_of() {
  if constexpr (requires { iorace_describe(static_cast<const T*>(nullptr)); })
    return iorace_describe(static_cast<const T*>(nullptr));
  else
    return nullptr;
}

}  // namespace iorace

#define IORACE_PARENS_ ()
#define IORACE_EXPAND_(...) \
  IORACE_EXPAND4_(IORACE_EXPAND4_(IORACE_EXPAND4_(IORACE_EXPAND4_(__VA_ARGS__))))
#define IORACE_EXPAND4_(...) IORACE_EXPAND3_(IORACE_EXPAND3_(IORACE_EXPAND3_(__VA_ARGS__)))
#define IORACE_EXPAND3_(...) IORACE_EXPAND2_(IORACE_EXPAND2_(IORACE_EXPAND2_(__VA_ARGS__)))
#define IORACE_EXPAND2_(...) __VA_ARGS__
#define IORACE_FIELD_(T, m)                                                          \
  ::iorace::field_info{                                                              \
      #m,                                                                            \
      static_cast<std::uint32_t>(offsetof(T, m)),                                    \
      static_cast<std::uint32_t>(sizeof(T::m)),                                      \
      ::iorace::class_of<std::remove_cv_t<decltype(T::m)>>(),                        \
      static_cast<std::uint32_t>(sizeof(std::remove_all_extents_t<decltype(T::m)>)), \
      static_cast<std::uint32_t>(std::extent_v<decltype(T::m), 1>)},
#define IORACE_EACH_(T, m, ...) \
  IORACE_FIELD_(T, m) __VA_OPT__(IORACE_AGAIN_ IORACE_PARENS_(T, __VA_ARGS__))
#define IORACE_AGAIN_() IORACE_EACH_

// Requires: T is a standard-layout struct, complete; stands in T's own namespace.
#define IORACE_DESCRIBE(T, short_name, ...)                                                      \
  inline constexpr ::iorace::field_info iorace_fields_##T[] = {__VA_OPT__(IORACE_EXPAND_(        \
      IORACE_EACH_(T, __VA_ARGS__)))::iorace::field_info{nullptr, 0, 0, nullptr, 0, 0}};         \
  inline constexpr ::iorace::class_info iorace_class_##T = {                                     \
      #T, short_name, sizeof(T), iorace_fields_##T,                                              \
      static_cast<std::uint32_t>(sizeof(iorace_fields_##T) / sizeof(iorace_fields_##T[0]) - 1)}; \
  constexpr const ::iorace::class_info* iorace_describe(const T*) { return &iorace_class_##T; }  \
  static_assert(true)
