// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/record/sections.h"

#include <gmock/gmock.h>

#include "scheduler/engine/heap.h"
#include "scheduler/engine/shared.h"
#include "scheduler/explore/keep.h"
#include "scheduler/record/explanation.h"
#include "scheduler/sync/mutex.h"
#include "scheduler/sync/rwsem.h"

namespace iorace::this_file {
namespace {

using testing::ElementsAre;

struct house {
  mutex doors[2];
  rw_semaphore roof;
  shared<int> rooms[2][3];
};
IORACE_DESCRIBE(house, "house", doors, roof, rooms);

void* build() {
  auto* h = make<house>();
  for (mutex& door : h->doors) mutex_init(&door);
  init_rwsem(&h->roof);
  return h;
}

program in_house(std::initializer_list<void (*)(house*)> bodies) {
  program p;
  p.setup = build;
  for (void (*const body)(house*) : bodies)
    p.cpu([body](void* h) { body(static_cast<house*>(h)); });
  return p;
}

// Each access to a room, with the locks that its task holds.
std::vector<std::string> accesses(const recording& r) {
  const lock_sections sections(r);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < r.lines.size(); ++i) {
    if (!r.lines[i].field.starts_with("rooms")) continue;
    const explained_operation o = explained(r, sections, i);
    std::string text = o.task + ' ' + o.text;
    for (const explained_operation::lock& l : o.locks)
      text += std::string(" [") + traits(l.how).name + ' ' + l.place + ']';
    all.push_back(text);
  }
  return all;
}

recording executed(const program& p, std::string_view plan = "") {
  engine e;
  return keep(e, p, *parse_schedule(plan), {}, {}).steps;
}

TEST(sections, elements_of_an_array_are_locks_and_variables_of_their_own) {
  const program p = in_house({[](house* h) {
    mutex_lock(&h->doors[0]);
    mutex_lock(&h->doors[1]);
    h->rooms[0][2] = 3;
    mutex_unlock(&h->doors[0]);
    h->rooms[1][0] = 4;
    h->rooms[0][2] = 5;
    mutex_unlock(&h->doors[1]);
  }});
  EXPECT_THAT(accesses(executed(p)),
              ElementsAre("cpu1 house#1.rooms[0][2] -> 3 [mutex_lock house#1.doors[0]] "
                          "[mutex_lock house#1.doors[1]]",
                          "cpu1 house#1.rooms[1][0] -> 4 [mutex_lock house#1.doors[1]]",
                          "cpu1 house#1.rooms[0][2] 3 -> 5 [mutex_lock house#1.doors[1]]"));
}

TEST(sections, objects_in_a_row_are_told_apart) {
  program p;
  p.setup = [] { return static_cast<void*>(kvcalloc<house>(2)); };
  p.cpu([](void* h) { static_cast<house*>(h)[1].rooms[0][0] = 1; });
  EXPECT_THAT(accesses(executed(p)), ElementsAre("cpu1 house#1[1].rooms[0][0] -> 1"));
}

TEST(sections, a_writer_that_downgrades_holds_its_lock_for_reading) {
  const program p = in_house({[](house* h) {
    down_write(&h->roof);
    h->rooms[0][0] = 1;
    downgrade_write(&h->roof);
    h->rooms[0][1] = h->rooms[0][0];
    up_read(&h->roof);
    h->rooms[0][2] = 1;
  }});
  EXPECT_THAT(accesses(executed(p)),
              ElementsAre("cpu1 house#1.rooms[0][0] -> 1 [down_write house#1.roof]",
                          "cpu1 house#1.rooms[0][0] = 1 [downgrade_write house#1.roof]",
                          "cpu1 house#1.rooms[0][1] -> 1 [downgrade_write house#1.roof]",
                          "cpu1 house#1.rooms[0][2] -> 1"));
}

// It keeps readers out from its arrival on, and holds nothing yet.
TEST(sections, a_writer_that_waits_holds_nothing) {
  const program p = in_house({[](house* h) { down_write(&h->roof), up_write(&h->roof); }});
  const recording r = executed(p);
  const lock_sections sections(r);
  ASSERT_EQ(r.lines[0].kind, op_kind::down_write_arrive);
  ASSERT_EQ(r.lines[1].kind, op_kind::down_write);
  EXPECT_THAT(sections.around(1), ElementsAre(0u));
  EXPECT_EQ(sections.held(0, 1), std::nullopt);
  EXPECT_EQ(sections.held(0, 2), op_kind::down_write);
  EXPECT_EQ(sections.end(0), 2u);
}

}  // namespace
}  // namespace iorace::this_file
