// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the chapters' tables of flows are written with: for *.flows.cc only.
//   ARGS(ioas_destroy, ioas_arg);
//   ERRORS(ioas_destroy, ENOENT, EBUSY);
//   FLOW(syscall, ioas_destroy, destroy, nullptr, "Destroys it.", "main.c:iommufd_destroy")
#pragma once

#include <span>
#include <string_view>

#include "model/iommufd/contracts.h"
#include "model/iommufd/file.h"
#include "model/world.h"

namespace iorace::kern {

// Around every flow: the way back to user mode, and the check of what it returns.
template <call_result (*Body)(world&, const call_args&), const auto& Name, const auto& Errors>
call_result enter(world& w, const call_args& a) {
  const call_result r = Body(w, a);
  task_work_run();
  CONTRACT(syscall_returned, Name, r.rc, Errors, std::size(Errors));
  return r;
}

// Returns null if no class is called so.
inline const class_info* find_class(std::span<const class_info* const> classes,
                                    std::string_view name) {
  for (const class_info* cls : classes)
    if (cls->name == name) return cls;
  return nullptr;
}

}  // namespace iorace::kern

// Arguments and errors of a flow. Errors include those that injected faults cause.
#define ARGS(flow, ...) constexpr arg_info flow##_args[] = {__VA_ARGS__}
#define ERRORS(flow, ...)               \
  constexpr char flow##_name[] = #flow; \
  constexpr int flow##_errors[] = {__VA_ARGS__}

// A row. `where` is a flow_context, `out` the class of what the call makes, `at` the kernel's
// function. FLOW takes the arguments that are called after the flow.
#define FLOW_OF(where, name, body, args, out, words, at)                                       \
  flow_info {                                                                                  \
    #name, words, at, flow_context::where, out, args, enter<body, name##_name, name##_errors>, \
        name##_errors                                                                          \
  }
#define FLOW(where, name, body, out, words, at) \
  FLOW_OF(where, name, body, name##_args, out, words, at)
