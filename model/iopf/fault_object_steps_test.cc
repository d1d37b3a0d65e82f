// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The steps by which fault objects, their files and their page tables come and go, and the locks
// that are held from one to the next. What is not finalized, or has no user left, is its maker's or
// destroyer's alone.
#include "model/iommufd/steps_test.h"
#include "model/iopf/fault_machine_test.h"

namespace iorace::kern::this_file {
namespace {

constexpr const char* objects = "ctx#1.objects";

void made(world* w) { make_call(w, "fault_alloc"); }
void with_page_table(world* w) {
  made(w);
  make_call(w, "fault_hwpt_alloc", {the_fault});
}

TEST(fault_steps, alloc) {
  expect_pairs({.pairs = 9,
                .unlocked = 9,
                .setup = [](world*) {},
                .cpu1 = made,
                .steps = {{"M", "kmalloc fault#1.1"},
                          {"id", "xa_alloc ctx#1.objects"},
                          {"file", "kmalloc file#1.1"},
                          {"users", "refcount_inc fault#1.1.users"},
                          {"context", "refcount_inc file#1.f_count"},
                          {"file of it", "write fault#1.1.filep"},
                          {"descriptor", "xa_alloc files#1.fdt"},
                          {"U", "copy_to_user"},
                          {"finalize", "xa_store ctx#1.objects"},
                          {"install", "xa_store files#1.fdt"}},
                .c = fault_config()});
}

// The file is put, and its user of the object with it, before the object is freed.
TEST(fault_steps, alloc_fails) {
  expect_pairs({.pairs = 5,
                .unlocked = 5,
                .setup = [](world*) {},
                .cpu1 = made,
                .steps = {{"U", "copy_to_user"},
                          {"descriptor", "xa_erase files#1.fdt"},
                          {"file", "read fault#1.1.filep"},
                          {"users", "refcount_dec fault#1.1.users"},
                          {"id", "xa_erase ctx#1.objects"},
                          {"free", "kfree fault#1.1"}},
                .c = fault_config(),
                .fault = "fault_alloc"});
}

TEST(fault_steps, poll) {
  expect_pairs({.pairs = 4,
                .unlocked = 2,
                .setup = made,
                .cpu1 = call_of("fault_poll", {the_fault}),
                .steps = {{"fd", "refcount_inc file#2.f_count"},
                          {"L+", "spin_lock fault#1.lock"},
                          {"any?", "list_empty fault#1.deliver", "fault#1.lock"},
                          {"L-", "spin_unlock fault#1.lock", "fault#1.lock"},
                          {"fput", "refcount_dec_and_test file#2.f_count"}},
                .c = fault_config()});
}

// The context is read before the object is let go of.
TEST(fault_steps, release) {
  expect_pairs({.pairs = 5,
                .unlocked = 5,
                .setup = made,
                .cpu1 = call_of("fault_close", {the_fault}),
                .steps = {{"fd", "xa_erase files#1.fdt"},
                          {"last?", "refcount_dec_and_test file#2.f_count"},
                          {"context", "read fault#1.ictx"},
                          {"users", "refcount_dec fault#1.users"},
                          {"put", "refcount_dec_and_test file#1.f_count"},
                          {"free", "kfree file#2"}},
                .c = fault_config()});
}

TEST(fault_steps, destroy) {
  const body closed = [](world* w) {
    made(w);
    make_call(w, "fault_close", {the_fault});
  };
  expect_pairs({.pairs = 6,
                .unlocked = 4,
                .setup = closed,
                .cpu1 = call_of("fault_destroy", {the_fault}),
                .steps = {{"find", "xa_load ctx#1.objects"},
                          {"last?", "refcount_dec_if_one fault#1.users", objects},
                          {"erase", "xa_erase ctx#1.objects", objects},
                          {"short-term", "refcount_dec_and_test fault#1.shortterm_users"},
                          {"deliver", "list_next fault#1.deliver"},
                          {"responses", "xa_find fault#1.response"},
                          {"free", "kfree fault#1"}},
                .c = fault_config()});
}

TEST(fault_steps, page_table) {
  expect_pairs({.pairs = 8,
                .unlocked = 8,
                .setup = made,
                .cpu1 = call_of("fault_hwpt_alloc", {the_fault}),
                .steps = {{"M", "kmalloc fhwpt#1.1"},
                          {"id", "xa_alloc ctx#1.objects"},
                          {"domain", "kmalloc fdom#1.1"},
                          {"fault object", "refcount_inc_not_zero fault#1.users"},
                          {"handler", "write fdom#1.1.handler"},
                          {"users", "refcount_inc fault#1.users"},
                          {"put", "refcount_dec_and_test fault#1.shortterm_users"},
                          {"U", "copy_to_user"},
                          {"finalize", "xa_store ctx#1.objects"}},
                .c = fault_config()});
}

TEST(fault_steps, page_table_goes) {
  expect_pairs({.pairs = 6,
                .unlocked = 4,
                .setup = with_page_table,
                .cpu1 = call_of("fault_hwpt_destroy", {fault_page_table}),
                .steps = {{"find", "xa_load ctx#1.objects"},
                          {"last?", "refcount_dec_if_one fhwpt#1.users", objects},
                          {"erase", "xa_erase ctx#1.objects", objects},
                          {"short-term", "refcount_dec_and_test fhwpt#1.shortterm_users"},
                          {"domain", "kfree fdom#1"},
                          {"users", "refcount_dec fault#1.users"},
                          {"free", "kfree fhwpt#1"}},
                .c = fault_config()});
}

}  // namespace
}  // namespace iorace::kern::this_file
