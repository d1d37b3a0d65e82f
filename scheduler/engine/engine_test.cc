// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/engine.h"

#include <gtest/gtest.h>

#include "scheduler/engine/check.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"

namespace iorace::this_file {
namespace {

struct counter {
  shared<int> value;
  shared<int> other;
};
IORACE_DESCRIBE(counter, "counter", value, other);

// Two CPUs that each read the counter and write it back one higher, marked accesses both.
program lost_update() {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  for (int i = 0; i < 2; ++i)
    p.cpu([](void* world) {
      auto* c = static_cast<counter*>(world);
      const int v = READ_ONCE(c->value);
      WRITE_ONCE(c->value, v + 1);
    });
  return p;
}

// The tutorial: a program is a setup, bodies that are interleaved, and a check. An engine runs one
// execution of it under a strategy; the same seed and number give the same execution.
TEST(engine, finds_a_lost_update) {
  program p = lost_update();
  int lost = 0;
  p.check = [&lost](void* world) { lost += static_cast<counter*>(world)->value.peek() == 1; };
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 100; ++o.number)
    EXPECT_EQ(e.run(p, choose, o).how, ended::finished);
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, 90);
}

TEST(engine, runs_the_same_execution_for_the_same_number) {
  const program p = lost_update();
  engine a, b;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 50; ++o.number) {
    const execution_result x = a.run(p, choose, o);
    const execution_result y = b.run(p, choose, o);
    EXPECT_EQ(x.digest, y.digest);
    EXPECT_EQ(x.points, 4u);
    EXPECT_EQ(x.operations, 6u) << "four accesses and two exits";
  }
}

// The value that every build has to agree on: compilers, optimisation levels, sanitizers.
TEST(engine, has_the_digest_that_every_build_has) {
  const program p = lost_update();
  engine e;
  random_strategy choose;
  execution_options o;
  o.seed = 0x5eed;
  EXPECT_EQ(e.run(p, choose, o).digest, 16119067966559966360u);
}

TEST(engine, digests_every_value) {
  std::uint64_t digest[2];
  for (int written = 0; written < 2; ++written) {
    program p;
    p.setup = [] { return static_cast<void*>(make<counter>()); };
    p.cpu([written](void* world) { static_cast<counter*>(world)->other = written; });
    engine e;
    random_strategy choose;
    digest[written] = e.run(p, choose, {}).digest;
  }
  EXPECT_NE(digest[0], digest[1]);
}

TEST(engine, records_a_negative_value_as_what_is_read_back) {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  p.cpu([](void* world) {
    static_cast<counter*>(world)->other = -2;
    [[maybe_unused]] const int v = static_cast<counter*>(world)->other;
  });
  engine e;
  random_strategy choose;
  e.run(p, choose, {});
  const auto steps = e.steps().subspan(e.first_step());
  ASSERT_EQ(steps[0].kind, op_kind::write);
  ASSERT_EQ(steps[1].kind, op_kind::read);
  EXPECT_EQ(steps[0].value, 0xfffffffeu);
  EXPECT_EQ(steps[1].value, 0xfffffffeu);
}

TEST(engine, names_objects_by_their_maker) {
  std::string names[2];
  for (int order = 0; order < 2; ++order) {
    program p;
    p.setup = [] { return static_cast<void*>(make<counter>()); };
    for (int i = 0; i < 2; ++i)
      p.cpu([](void*) {
        make<counter>();
        make<counter>();
      });
    engine e;
    random_strategy choose;
    execution_options o;
    o.number = static_cast<std::uint64_t>(order);
    e.run(p, choose, o);
    std::vector<std::string> all;
    for (object_id id = 1; id < e.objects.size(); ++id) all.push_back(e.object_name(id));
    std::sort(all.begin(), all.end());
    for (const std::string& n : all) names[order] += n + " ";
  }
  EXPECT_EQ(names[0], "counter#1 counter#1.1 counter#1.2 counter#2.1 counter#2.2 ");
  EXPECT_EQ(names[0], names[1]);
}

TEST(engine, asks_before_every_first_operation) {
  program p = lost_update();
  p.bodies.resize(1);
  p.cpu([](void* world) { static_cast<counter*>(world)->other = 1; });
  engine e;
  random_strategy choose;
  bool plain_first = false, plain_last = false;
  execution_options o;
  for (o.number = 0; o.number < 100; ++o.number) {
    e.run(p, choose, o);
    const step& first = e.steps()[e.first_step()];
    plain_first = plain_first || first.kind == op_kind::write;
    plain_last = plain_last || first.kind == op_kind::read_once;
  }
  EXPECT_TRUE(plain_first && plain_last);
}

TEST(engine, promotes_plain_accesses_to_points) {
  program p = lost_update();
  p.bodies.resize(1);
  p.cpu([](void* world) {
    auto* c = static_cast<counter*>(world);
    c->other = 1;
    c->other = 2;
  });
  engine e;
  random_strategy choose;
  EXPECT_EQ(e.run(p, choose, {}).points, 3u);
  const std::string field = "counter.other";
  e.promote({&field, 1});
  EXPECT_EQ(e.run(p, choose, {}).points, 4u);
}

void child(void* world) { WRITE_ONCE(static_cast<counter*>(world)->value, 7); }

TEST(engine, creates_and_joins_tasks) {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  p.cpu([](void* world) {
    const task_id t = create_task(task_kind::kthread, "kworker1", child, world);
    join_task(t);
    static_cast<counter*>(world)->value = 8;  // plain, and ordered by the join
  });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 50; ++o.number)
    ASSERT_EQ(e.run(p, choose, o).how, ended::finished) << e.last_finding().title;
  EXPECT_EQ(e.task_name(2), "kworker1");
}

std::vector<std::string> names_of_tasks(engine& e, std::initializer_list<const char*> asked) {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  for (const char* name : asked) p.bodies.push_back({task_kind::cpu, name, child});
  random_strategy choose;
  e.run(p, choose, {});
  std::vector<std::string> names;
  for (task_id t = 1; t < e.tasks(); ++t) names.push_back(e.task_name(t));
  return names;
}

TEST(engine, names_tasks_apart) {
  using names = std::vector<std::string>;
  engine e;
  const names two = {"reader", "reader-2"};
  EXPECT_EQ(names_of_tasks(e, {"reader", "reader"}), two);
  EXPECT_EQ(names_of_tasks(e, {"writer", "reader"}), (names{"writer", "reader"}));
  EXPECT_EQ(names_of_tasks(e, {"reader-2", "reader", "reader", "reader"}),
            (names{"reader-2", "reader", "reader-3", "reader-4"}));
  EXPECT_EQ(names_of_tasks(e, {"reader", "reader"}), two);
  EXPECT_EQ(names_of_tasks(e, {"cpu2", "", "cpu1", ""}), (names{"cpu2", "cpu2-2", "cpu1", "cpu4"}));
  EXPECT_EQ(names_of_tasks(e, {"", "", "setup"}), (names{"cpu1", "cpu2", "setup-2"}));
  EXPECT_EQ(names_of_tasks(e, {"choose", "7", "#a b:c"}),
            (names{"task-choose", "task-7", "task-_a_b_c"}));
}

// 128 tasks at once, and made by tasks, so that the clocks have to grow.
TEST(engine, runs_many_tasks) {
  program p;
  p.setup = [] { return static_cast<void*>(make<counter>()); };
  p.cpu([](void* world) {
    for (int i = 0; i < 127; ++i) create_task(task_kind::kthread, nullptr, child, world);
  });
  engine e;
  random_strategy choose;
  const execution_result r = e.run(p, choose, {});
  EXPECT_EQ(r.how, ended::finished);
  EXPECT_EQ(e.tasks(), 129u);
  EXPECT_EQ(e.run(p, choose, {}).digest, r.digest);
}

TEST(engine, survives_executions_that_are_discarded_midway) {
  program p = lost_update();
  p.bodies.resize(1);
  p.cpu([](void*) {
    KFUNC();
    BUG_ON(true);
  });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 1000; ++o.number) {
    ASSERT_EQ(e.run(p, choose, o).how, ended::found);
    ASSERT_EQ(e.last_finding().name, "kernel-bug");
  }
}

[[gnu::noinline]] int overflow(int depth) {
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : overflow(depth + 1) + page[0];
}

// A frame that is larger than the whole stack.
[[gnu::noinline]] int overflow_at_once(int) {
  volatile char pages[1 << 20];
  pages[0] = 1;
  return pages[0];
}

TEST(engine_death, names_the_task_whose_stack_overflows) {
  for (int (*const f)(int) : {overflow, overflow_at_once}) {
    program p;
    p.cpu([f](void*) { f(1); });
    EXPECT_DEATH(
        {
          engine e;
          random_strategy choose;
          e.run(p, choose, {});
        },
        "stack.overflow in CPU1|stack-overflow");
  }
}

struct clash {
  shared<int> first;
  shared<int> febd;  // the tag of clash.febd is that of clash.first
};
IORACE_DESCRIBE(clash, "clash", first, febd);

TEST(engine_death, two_fields_with_one_tag_are_refused) {
  program p;
  p.setup = [] { return static_cast<void*>(make<clash>()); };
  EXPECT_DEATH(
      {
        engine e;
        random_strategy choose;
        e.run(p, choose, {});
      },
      "two described fields have one tag");
}

struct namesake {
  shared<int> first;
};
IORACE_DESCRIBE(namesake, "namesake", first);
namespace other {
struct namesake {
  shared<int> second;
};
IORACE_DESCRIBE(namesake, "namesake", second);
}  // namespace other

TEST(engine_death, two_structs_with_one_name_are_refused) {
  program p;
  p.setup = [] {
    make<namesake>();
    return static_cast<void*>(make<other::namesake>());
  };
  EXPECT_DEATH(
      {
        engine e;
        random_strategy choose;
        e.run(p, choose, {});
      },
      "two described structs have one name");
}

TEST(engine_death, a_broken_assumption_tells_how_to_run_it_again) {
  program p;
  p.cpu([](void*) { CHECK(false, "a test"); });
  EXPECT_DEATH(
      {
        set_rerun_command("iorace run x --seed 7");
        engine e;
        random_strategy choose;
        e.run(p, choose, {.seed = 7});
      },
      "a test .false.\niorace: seed 7, execution 0, step .*\niorace: run it again: iorace run x "
      "--seed 7\n");
}

}  // namespace
}  // namespace iorace::this_file
