// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What the flows of fault objects call. A program knows a fault object by both its numbers: the
// object's id, and the descriptor of its file above it.
#include "model/hw/handle_flows.h"
#include "model/iopf/fault_flows.h"
#include "model/world.h"

namespace iorace::kern::iopf_tables {
namespace {

using namespace iopf;

constexpr unsigned fd_shift = 32;

u32 id_of(u64 value) { return static_cast<u32>(value); }
// A fault object that is not there has no descriptor either.
int fd_of(u64 value) { return value == 0 ? -1 : static_cast<int>(value >> fd_shift); }
call_result result(int rc, u64 out) { return {rc, rc == 0 ? out : 0}; }

}  // namespace

call_result fault_alloc(world& w, const call_args&) {
  u32 id = 0;
  int fd = 0;
  const int rc = iommufd_fault_alloc(w.ictx, &id, &fd);
  return result(rc, id | static_cast<u64>(fd) << fd_shift);
}

call_result fault_read(world&, const call_args& a) {
  u64 done = 0;
  const int rc = fault_user_read(fd_of(a.value[0]), a.value[1], &done);
  return result(rc, done);
}

call_result fault_write(world&, const call_args& a) {
  u64 done = 0;
  const fault_answer answer = {.cookie = id_of(a.value[1]), .code = id_of(a.value[2]), .meant = 0};
  const int rc = fault_user_write(fd_of(a.value[0]), answer, a.value[3], &done);
  return result(rc, done);
}

call_result fault_serve(world&, const call_args& a) {
  u64 done = 0;
  const int rc = fault_user_serve(fd_of(a.value[0]), id_of(a.value[1]), &done);
  return result(rc, done);
}

call_result fault_poll(world&, const call_args& a) {
  u64 events = 0;
  const int rc = fault_user_poll(fd_of(a.value[0]), &events);
  return result(rc, events);
}

call_result fault_close(world&, const call_args& a) {
  return {fault_user_close(fd_of(a.value[0])), 0};
}

call_result fault_destroy(world& w, const call_args& a) {
  return {iommufd_destroy(w.ictx, id_of(a.value[0])), 0};
}

call_result fault_hwpt_alloc(world& w, const call_args& a) {
  u32 id = 0;
  const int rc = iommufd_fault_hwpt_alloc(w.ictx, true, id_of(a.value[0]), &id);
  return result(rc, id);
}

call_result blank_hwpt_alloc(world& w, const call_args&) {
  u32 id = 0;
  const int rc = iommufd_fault_hwpt_alloc(w.ictx, false, 0, &id);
  return result(rc, id);
}

call_result fault_hwpt_destroy(world& w, const call_args& a) {
  return {iommufd_destroy(w.ictx, id_of(a.value[0])), 0};
}

call_result fault_attach(world& w, const call_args& a) {
  pri_device* const dev = named<pri_device>(a.value[0]);
  return {dev == nullptr ? -ENODEV : fault_driver_attach(w.ictx, dev, id_of(a.value[1])), 0};
}

call_result fault_replace(world& w, const call_args& a) {
  pri_device* const dev = named<pri_device>(a.value[0]);
  return {dev == nullptr ? -ENODEV : fault_driver_replace(w.ictx, dev, id_of(a.value[1])), 0};
}

call_result fault_detach(world&, const call_args& a) {
  pri_device* const dev = named<pri_device>(a.value[0]);
  return {dev == nullptr ? -ENODEV : fault_driver_detach(dev), 0};
}

}  // namespace iorace::kern::iopf_tables
