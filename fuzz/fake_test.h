// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// A small schema for the tests of this folder: the flows do nothing but return.
#pragma once

#include "fuzz/program.h"

namespace iorace::fake {

using namespace kern;

inline call_result nothing(world&, const call_args&) { return {0, 1}; }

inline constexpr named_value prot_names[] = {{"read", 1}, {"write", 2}};
inline constexpr named_value mode_names[] = {{"slow", 0}, {"fast", 1}};
inline constexpr arg_info unmap_all_args[] = {{"ioas", arg_kind::object, "ioas"}};
inline constexpr arg_info unmap_args[] = {{"ioas", arg_kind::object, "ioas"},
                                          {"iova", arg_kind::iova, nullptr, {}, 0x10000},
                                          {"length", arg_kind::length, nullptr, {}, 0x1000}};
inline constexpr arg_info map_args[] = {{"ioas", arg_kind::object, "ioas"},
                                        {"iova", arg_kind::iova, nullptr, {}, 0x10000},
                                        {"length", arg_kind::length, nullptr, {}, 0x1000},
                                        {"uptr", arg_kind::uptr, nullptr, {}, 0x400000},
                                        {"prot", arg_kind::flags, nullptr, prot_names, 3}};
inline constexpr arg_info attach_args[] = {{"access", arg_kind::object, "access"},
                                           {"ioas", arg_kind::object, "ioas"},
                                           {"mode", arg_kind::choice, nullptr, mode_names, 0}};
inline constexpr flow_info flows[] = {
    {"ioas_alloc", "", "", flow_context::syscall, "ioas", {}, nothing},
    {"ioas_map", "", "", flow_context::syscall, "area", map_args, nothing},
    {"ioas_unmap", "", "", flow_context::syscall, nullptr, unmap_args, nothing},
    {"ioas_unmap_all", "", "", flow_context::syscall, nullptr, unmap_all_args, nothing},
    {"access_create", "", "", flow_context::syscall, "access", {}, nothing},
    {"access_attach", "", "", flow_context::kernel, nullptr, attach_args, nothing},
    {"user_stalls", "", "", flow_context::agent, nullptr, {}, nothing},
};
inline constexpr knob_value lock_values[] = {{"mutex", "V1", "", "", "", "clean"},
                                             {"spin", "V0", "", "", "", "pin-survives-unmap"}};
inline constexpr knob_value order_values[] = {{"late", "", "", "", "", "kernel-warn"},
                                              {"early", "", "", "", "", "clean"}};
inline constexpr knob_info knobs[] = {{"selftest_access.lock", "", lock_values, 0},
                                      {"notify.order", "", order_values, 1}};
inline constexpr limit_info limits[] = {{"unmap_tries", "", 100, 1, 1000}};
inline constexpr invariant_info invariants[] = {{"pin-survives-unmap", "I1.1", "", ""}};

inline constexpr schema tables{flows, knobs, limits, invariants};

}  // namespace iorace::fake
