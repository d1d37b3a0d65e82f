// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/strategies/feedback.h"

#include <set>

#include <gtest/gtest.h>

#include "scheduler/strategies/toy_test.h"

namespace iorace::this_file {
namespace {

// Tasks whose operations all concern one place: `text` says "w" and "r" for each.
toy_tasks on_one_place(std::initializer_list<const char*> texts) {
  static char place;
  toy_tasks tasks;
  for (const char* text : texts) {
    auto& ops = tasks.emplace_back();
    for (; *text != '\0'; ++text)
      ops.push_back({.place = &place,
                     .field = 9999,
                     .kind = *text == 'w' ? op_kind::write_once : op_kind::read_once});
  }
  return tasks;
}

TEST(feedback, sites_are_the_same_for_tasks_that_do_the_same) {
  const toy_tasks tasks = on_one_place({"wr", "wr", "rr"});
  reads_from reads;
  reads.begin();
  std::vector<pending_op> pending(4);
  choice_view view{};
  view.pending = pending.data();
  const auto look = [&](task_id t, std::size_t i) {
    pending[t] = tasks[t - 1u][i];
    reads.look(view, t);
    return reads.pending(t).site;
  };
  EXPECT_EQ(look(1, 0), look(2, 0));
  EXPECT_NE(look(1, 0), look(3, 0));
  const std::uint64_t first = look(3, 0);
  EXPECT_EQ(reads.execute(3), (site_pair{first, 0, reads.pending(3).place}));
  EXPECT_NE(look(3, 1), first) << "a site knows what its task has done";
  const std::uint64_t writer = look(1, 0);
  EXPECT_EQ(reads.execute(1).reader, 0u) << "a write reads nothing";
  EXPECT_EQ(reads.execute(3).writer, writer);
}

// 20 writers and a reader that reads twice: that its second read sees what nobody had written at
// the first is likely; that no writer has moved is a matter of one constraint.
TEST(feedback, shows_pairs_that_others_do_not) {
  toy_tasks tasks(21, on_one_place({"wwww"})[0]);
  tasks[20] = toy(1, 10)[0];
  tasks[20].push_back(on_one_place({"r"})[0][0]);
  const auto reader_first = [&](const std::vector<task_id>& order) {
    std::size_t reads = 0, writes = 0;
    for (const task_id t : order) {
      if (t != 21) ++writes;
      if (t == 21 && ++reads == 11) return writes == 0;
    }
    return false;
  };
  feedback s;
  knowledge known;
  s.recall(&known);
  std::uint64_t needed = 0;
  for (bool done = false; !done && needed < 1000; ++needed) {
    done = reader_first(toy_run(s, tasks, {.seed = 1, .number = needed}));
    lesson l;
    s.report(l, ended::finished);
    known.learn(l);
    known.merged();
  }
  EXPECT_LT(needed, 60u);
}

TEST(feedback, keeps_a_schedule_only_for_a_new_pair) {
  corpus c;
  const site_event write{.site = 1, .place = 9, .reads = false, .writes = true};
  const site_event read{.site = 2, .place = 9, .reads = true, .writes = false};
  reads_from_lesson l{.any = true, .path = 5, .sites = {write, read}, .pairs = {{2, 0, 9}}};
  c.learn(l);
  c.merged();
  EXPECT_EQ(c.schedules(), 1u);
  EXPECT_EQ(c.pairs_seen(), 1u);
  EXPECT_FALSE(c.is_new(read));
  EXPECT_FALSE(c.is_new(site_pair{2, 0, 9}));
  EXPECT_TRUE(c.is_new(site_pair{2, 1, 9}));
  c.learn(l);
  EXPECT_EQ(c.schedules(), 1u);
  l.pairs = {{2, 1, 9}};
  c.learn(l);
  c.merged();
  EXPECT_EQ(c.schedules(), 2u);
  EXPECT_EQ(c.pairs_seen(), 2u);
}

// Whatever is proposed says something of known sites only.
TEST(feedback, proposes_constraints_between_known_sites) {
  corpus c;
  const site_event write{.site = 1, .place = 9, .reads = false, .writes = true};
  const site_event read{.site = 2, .place = 9, .reads = true, .writes = false};
  c.learn({.any = true, .path = 5, .sites = {write, read}, .pairs = {{2, 0, 9}}});
  c.merged();
  rng random(1);
  unsigned constrained = 0, aimed = 0;
  for (int i = 0; i < 1000; ++i) {
    const corpus::proposal p = c.propose(random);
    constrained += p.plan.count > 0;
    aimed += p.aim != corpus::nothing;
    for (unsigned k = 0; k < p.plan.count; ++k) {
      EXPECT_EQ(p.plan.constraints[k].pair.reader, 2u);
      EXPECT_LE(p.plan.constraints[k].pair.writer, 1u);
    }
  }
  EXPECT_GT(constrained, 500u);
  EXPECT_GT(aimed, 200u);
}

}  // namespace
}  // namespace iorace::this_file
