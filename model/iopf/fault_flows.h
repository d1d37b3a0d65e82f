// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Flows of fault objects: their arguments, their errors and what they call, for iopf.flows.cc only.
#pragma once

#include "model/flow_rows.h"
#include "model/iopf/fault.h"

namespace iorace::kern::iopf_tables {

// fault.flows.cc
call_result fault_alloc(world& w, const call_args& a);
call_result fault_read(world& w, const call_args& a);
call_result fault_write(world& w, const call_args& a);
call_result fault_serve(world& w, const call_args& a);
call_result fault_poll(world& w, const call_args& a);
call_result fault_close(world& w, const call_args& a);
call_result fault_destroy(world& w, const call_args& a);
call_result fault_hwpt_alloc(world& w, const call_args& a);
call_result blank_hwpt_alloc(world& w, const call_args& a);
call_result fault_hwpt_destroy(world& w, const call_args& a);
call_result fault_attach(world& w, const call_args& a);
call_result fault_replace(world& w, const call_args& a);
call_result fault_detach(world& w, const call_args& a);

namespace {

constexpr named_value codes[] = {{"success", iopf::RESPONSE_SUCCESS},
                                 {"invalid", iopf::RESPONSE_INVALID}};

constexpr arg_info fault_arg = {.name = "fault", .kind = arg_kind::object, .cls = "fault"};
constexpr arg_info fhwpt_arg = {.name = "hwpt", .kind = arg_kind::object, .cls = "fhwpt"};
constexpr arg_info requester_arg = {.name = "pdev", .kind = arg_kind::object, .cls = "pdev"};
constexpr arg_info read_count_arg = {.name = "count",
                                     .kind = arg_kind::choice,
                                     .dull = iopf::fault_messages_max * iopf::fault_message_size};
constexpr arg_info write_count_arg = {
    .name = "count", .kind = arg_kind::choice, .dull = iopf::fault_answer_size};
constexpr arg_info cookie_arg = {.name = "cookie", .kind = arg_kind::choice, .dull = 1};
constexpr arg_info code_arg = {
    .name = "code", .kind = arg_kind::choice, .choices = codes, .dull = iopf::RESPONSE_SUCCESS};

ERRORS(fault_alloc, ENOMEM, EBUSY, EMFILE, EFAULT);
ARGS(fault_read, fault_arg, read_count_arg);
ERRORS(fault_read, EBADF, ESPIPE, EINVAL, ENOMEM, EFAULT);
ARGS(fault_write, fault_arg, cookie_arg, code_arg, write_count_arg);
ERRORS(fault_write, EBADF, ESPIPE, EFAULT, EINVAL);
ARGS(fault_serve, fault_arg, code_arg);
ERRORS(fault_serve, EBADF, ENOMEM, EFAULT, EINVAL);
ARGS(fault_poll, fault_arg);
ERRORS(fault_poll, EBADF);
ARGS(fault_close, fault_arg);
ERRORS(fault_close, EBADF);
ARGS(fault_destroy, fault_arg);
ERRORS(fault_destroy, ENOENT, EBUSY);
ARGS(fault_hwpt_alloc, fault_arg);
ERRORS(fault_hwpt_alloc, ENOMEM, EBUSY, ENOENT, EFAULT);
ERRORS(blank_hwpt_alloc, ENOMEM, EBUSY, EFAULT);
ARGS(fault_hwpt_destroy, fhwpt_arg);
ERRORS(fault_hwpt_destroy, ENOENT, EBUSY);
ARGS(fault_attach, requester_arg, fhwpt_arg);
ERRORS(fault_attach, ENODEV, EBUSY, ENOENT, EINVAL, ENOMEM);
ARGS(fault_replace, requester_arg, fhwpt_arg);
ERRORS(fault_replace, ENODEV, ENOENT, EINVAL, EBUSY, ENOMEM);
ARGS(fault_detach, requester_arg);
ERRORS(fault_detach, ENODEV);

}  // namespace
}  // namespace iorace::kern::iopf_tables
