// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/operation.h"

namespace iorace {
namespace {

constexpr access_type READ = access_type::read;
constexpr access_type WRITE = access_type::write;
constexpr access_type NONE = access_type::none;
constexpr std::uint16_t POINT = op_point, WAITS = op_waits, SLEEPS = op_sleeps, MARKED = op_marked,
                        ACQUIRE = op_acquire, RELEASE = op_release, TRY = op_try;

constexpr op_traits table[] = {
#define EVENT(kind, access, flags) {#kind, access, flags},
#include "scheduler/engine/event_table.def"
#undef EVENT
};

}  // namespace

const op_traits& traits(op_kind kind) { return table[static_cast<unsigned>(kind)]; }

op_kind op_kind_by_name(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(op_kind::count_); ++i)
    if (name == table[i].name) return static_cast<op_kind>(i);
  return op_kind::count_;
}

bool dependent(const pending_op& a, const pending_op& b) {
  if (a.place == nullptr || a.place != b.place) return false;
  const access_type x = traits(a.kind).access;
  const access_type y = traits(b.kind).access;
  if (x == access_type::none || y == access_type::none) return false;
  return x == access_type::write || y == access_type::write;
}

}  // namespace iorace
