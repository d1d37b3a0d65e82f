// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/heap.h"

#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"

namespace iorace::this_file {
namespace {

struct item {
  shared<int> value;
  shared<item*> next;
};
IORACE_DESCRIBE(item, "item", value, next);

// Runs `body` on one CPU and returns the title of what was found.
std::string title_of(void (*body)(void*)) {
  program p;
  p.setup = [] { return static_cast<void*>(make<item>()); };
  p.cpu(body);
  engine e;
  random_strategy choose;
  e.run(p, choose, {});
  return e.last_finding().title;
}

void use_after_free(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  kfree(i);
  i->value = 1;
}

void use_before_free(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  i->value = 1;
  kfree(i);
}

void double_free(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  kfree(i);
  kfree(i);
}

void free_twice_another(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  auto* j = kzalloc<item>();
  kfree(i);
  kfree(j);
  kfree(nullptr);
}

void invalid_free(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  kfree(&i->next);
}

void behind(void*) {
  KFUNC();
  auto* i = kvcalloc<item>(2);
  i[2].value = 1;
}

void last(void*) {
  KFUNC();
  auto* i = kvcalloc<item>(2);
  i[1].next = nullptr;
  kfree(i);
}

void null_pointer(void*) {
  KFUNC();
  auto* i = kzalloc<item>();
  declare_write(i->next, 1);  // what `i->next->value = 1` declares
}

TEST(heap, convicts_misuse_and_acquits_its_near_miss) {
  EXPECT_EQ(title_of(use_after_free), "use-after-free: use_after_free v use_after_free");
  EXPECT_EQ(title_of(use_before_free), "");
  EXPECT_EQ(title_of(double_free), "double-free: double_free v double_free");
  EXPECT_EQ(title_of(free_twice_another), "");
  EXPECT_EQ(title_of(invalid_free), "invalid-free in invalid_free");
  EXPECT_EQ(title_of(behind), "out-of-bounds in behind");
  EXPECT_EQ(title_of(last), "");
  EXPECT_EQ(title_of(null_pointer), "out-of-bounds in null_pointer");
}

TEST(heap, reports_leaks_of_kernel_objects_only) {
  for (const bool leak : {false, true}) {
    program p;
    p.setup = [] { return static_cast<void*>(make<item>()); };
    p.cpu([leak](void*) {
      KFUNC();
      auto* i = kzalloc<item>();
      if (!leak) kfree(i);
    });
    p.check = [](void*) { check_leaks(); };
    engine e;
    random_strategy choose;
    e.run(p, choose, {});
    EXPECT_EQ(e.last_finding().name, leak ? "leak" : "");
  }
}

TEST(heap, fails_allocations_within_the_budget) {
  program p;
  p.cpu([](void*) {
    int failed = 0;
    for (int i = 0; i < 64; ++i) failed += kzalloc<item>() == nullptr;
    BUG_ON(failed > 2);
  });
  engine e;
  random_strategy choose;
  execution_options o;
  o.faults_max = 2;
  int with_fault = 0;
  for (o.number = 0; o.number < 100; ++o.number) {
    ASSERT_EQ(e.run(p, choose, o).how, ended::finished);
    for (const step& s : e.steps()) with_fault += s.kind == op_kind::kmalloc && s.object == 0;
  }
  EXPECT_GT(with_fault, 20);
  o.faults_max = 0;
  e.run(p, choose, o);
  for (const step& s : e.steps()) EXPECT_FALSE(s.kind == op_kind::kmalloc && s.object == 0);
}

// No null that no fault has made, and no verdict: it is cut.
TEST(heap, ends_an_execution_that_allocates_on_and_on) {
  for (const bool frees : {false, true}) {
    program p;
    p.cpu([frees](void*) {
      for (;;) {
        auto* i = kvcalloc<item>(1 << 16);
        BUG_ON(i == nullptr);
        if (frees) kfree(i);
      }
    });
    engine e;
    random_strategy choose;
    EXPECT_EQ(e.run(p, choose, {}).how, ended::cut);
    EXPECT_LE(e.memory.used(), std::size_t{64} << 20);
    EXPECT_GT(e.memory.used(), std::size_t{60} << 20);
  }
  program p;
  p.setup = [] {
    for (;;) kvcalloc<item>(1 << 16);
    return static_cast<void*>(nullptr);
  };
  p.cpu([](void*) { BUG_ON(true); });
  engine e;
  random_strategy choose;
  EXPECT_EQ(e.run(p, choose, {}).how, ended::cut);
}

TEST(heap, numbers_what_a_program_reserved) {
  program p;
  p.cpu([](void*) {
    reserve_names(*class_of<item>(), 2);
    make<item>();
    name_next(*class_of<item>(), 2);
    make<item>();
    make<item>();
  });
  engine e;
  random_strategy choose;
  e.run(p, choose, {});
  EXPECT_EQ(e.object_name(1), "item#1.3");
  EXPECT_EQ(e.object_name(2), "item#1.2");
  EXPECT_EQ(e.object_name(3), "item#1.4");
}

}  // namespace
}  // namespace iorace::this_file
