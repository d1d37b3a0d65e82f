// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/detect/race.h"

#include <gtest/gtest.h>

#include "scheduler/engine/engine.h"
#include "scheduler/engine/frames.h"
#include "scheduler/engine/shared.h"
#include "scheduler/strategies/random.h"

namespace iorace::this_file {
namespace {

struct mailbox {
  shared<int> data;
  shared<int> flag;
};
IORACE_DESCRIBE(mailbox, "mailbox", data, flag);

using body = void (*)(mailbox*);

// Returns how many of 200 random executions end in a data race, and checks that nothing else ends
// them.
int races(std::initializer_list<body> bodies) {
  program p;
  p.setup = [] { return static_cast<void*>(make<mailbox>()); };
  for (const body b : bodies) p.cpu([b](void* m) { b(static_cast<mailbox*>(m)); });
  engine e;
  random_strategy choose;
  execution_options o;
  int found = 0;
  for (o.number = 0; o.number < 200; ++o.number) {
    if (e.run(p, choose, o).how != ended::found) continue;
    EXPECT_EQ(e.last_finding().name, "data-race") << e.last_finding().title;
    ++found;
  }
  return found;
}

void read_plain(mailbox* m) {
  KFUNC();
  (void)static_cast<int>(m->data);
}
void write_plain(mailbox* m) {
  KFUNC();
  m->data = 1;
}
void read_marked(mailbox* m) {
  KFUNC();
  (void)READ_ONCE(m->data);
}
void write_marked(mailbox* m) {
  KFUNC();
  WRITE_ONCE(m->data, 1);
}

TEST(race, judges_each_pair_of_accesses_as_kcsan_does) {
  const body all[] = {read_plain, write_plain, read_marked, write_marked};
  const bool write[] = {false, true, false, true};
  const bool marked[] = {false, false, true, true};
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b) {
      const bool expected = (write[a] || write[b]) && !(marked[a] && marked[b]);
      EXPECT_EQ(races({all[a], all[b]}), expected ? 200 : 0) << a << " " << b;
    }
}

void publish(mailbox* m) {
  m->data = 1;
  smp_store_release(m->flag, 1);
}
void consume(mailbox* m) {
  if (smp_load_acquire(m->flag) == 1) (void)static_cast<int>(m->data);
}
void publish_without_release(mailbox* m) {
  m->data = 1;
  WRITE_ONCE(m->flag, 1);
}

TEST(race, knows_release_and_acquire) {
  EXPECT_EQ(races({publish, consume}), 0);
  EXPECT_GT(races({publish_without_release, consume}), 20) << "READ_ONCE orders nothing";
}

// Many concurrent readers are remembered, not only the last.
TEST(race, remembers_every_reader) {
  EXPECT_EQ(races({read_plain, read_plain, read_plain}), 0);
  EXPECT_EQ(races({read_plain, read_plain, read_plain, write_plain}), 200);
  EXPECT_EQ(races({read_marked, write_marked, write_marked, read_plain}), 200);
}

TEST(race, names_both_sides_and_the_field) {
  program p;
  p.setup = [] { return static_cast<void*>(make<mailbox>()); };
  p.cpu([](void* m) { read_plain(static_cast<mailbox*>(m)); });
  p.cpu([](void* m) { write_plain(static_cast<mailbox*>(m)); });
  engine e;
  random_strategy choose;
  execution_options o;
  for (o.number = 0; o.number < 10; ++o.number) {
    e.run(p, choose, o);
    const finding& f = e.last_finding();
    EXPECT_EQ(f.title, "data-race: read_plain v write_plain") << "one title for both orders";
    EXPECT_EQ(f.detail, "mailbox#1.data");
    EXPECT_NE(e.steps()[f.at].task, e.steps()[f.other].task);
  }
}

}  // namespace
}  // namespace iorace::this_file
