// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/sync/rwsem.h"

#include <gtest/gtest.h>

#include "scheduler/sync/lab_test.h"

namespace iorace::this_file {
namespace {

void read_section(lab* l) {
  down_read(&l->rw);
  up_read(&l->rw);
}
void write_section(lab* l) {
  down_write(&l->rw);
  up_write(&l->rw);
}

// The tutorial: a writer excludes everybody, readers exclude writers only. Each CPU notes in r
// whether it met the other inside.
TEST(rwsem, excludes_writers) {
  const lab_body writer = [](lab* l) {
    down_write(&l->rw);
    l->v = l->v + 1;
    up_write(&l->rw);
  };
  const lab_body reader = [](lab* l) {
    down_read(&l->rw);
    l->r[2].poke(l->v);
    up_read(&l->rw);
  };
  EXPECT_EQ(
      outcomes(on_lab({writer, reader}), [](lab* l) { return std::to_string(l->r[2].peek()); }),
      "0 1");
  EXPECT_EQ(outcomes(on_lab({writer, writer}), [](lab* l) { return std::to_string(l->v.peek()); }),
            "2");
}

TEST(rwsem, lets_readers_in_together) {
  const lab_body meet = [](lab* l) {
    down_read(&l->rw);
    atomic_inc(&l->x);
    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
    up_read(&l->rw);
  };
  const lab_body meet2 = [](lab* l) {
    down_read(&l->rw);
    atomic_inc(&l->x);
    l->r[1].poke(static_cast<int>(atomic_read(&l->x)));
    up_read(&l->rw);
  };
  EXPECT_EQ(outcomes(on_lab({meet, meet2}), results<2>), "1,2 2,1 2,2");
}

// Read recursion alone is legal; with a writer that arrives in between it is a deadlock, found as
// soon as the circle closes although CPU3 could still run. Arriving behind both is harmless.
TEST(rwsem, deadlocks_read_recursion_around_a_writer) {
  const lab_body twice = [](lab* l) {
    down_read(&l->rw);
    down_read(&l->rw);
    up_read(&l->rw);
    up_read(&l->rw);
  };
  EXPECT_EQ(outcomes(on_lab({twice, read_section})), "clean");
  const lab_body busy = [](lab* l) { atomic_set(&l->x, 1); };
  EXPECT_EQ(outcomes(on_lab({twice, write_section, busy})), "clean deadlock");
}

TEST(rwsem, convicts_recursion_through_the_write_lock) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_write(&l->rw);
              down_read(&l->rw);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_read(&l->rw);
              down_write(&l->rw);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_write(&l->rw);
              down_write(&l->rw);
            }})),
            "recursive-lock");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              read_section(l);
              write_section(l);
              read_section(l);
            }})),
            "clean");
}

TEST(rwsem, convicts_releases_in_the_wrong_mode) {
  EXPECT_EQ(outcomes(on_lab({[](lab* l) { up_read(&l->rw); }})), "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_read(&l->rw);
              up_write(&l->rw);
            }})),
            "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_write(&l->rw);
              up_read(&l->rw);
            }})),
            "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({[](lab* l) {
              down_read(&l->rw);
              downgrade_write(&l->rw);
            }})),
            "unlock-not-owner");
  EXPECT_EQ(outcomes(on_lab({read_section, write_section})), "clean");
}

// r: what CPU2's trylock said. It fails behind a writer that only waits.
TEST(rwsem, trylocks_fail_behind_a_waiting_writer) {
  const lab_body hold_and_try = [](lab* l) {
    down_read(&l->rw);
    l->r[0].poke(down_read_trylock(&l->rw));
    if (l->r[0].peek() != 0) up_read(&l->rw);
    up_read(&l->rw);
  };
  EXPECT_EQ(outcomes(on_lab({hold_and_try, write_section}), results<1>), "0 1");
  EXPECT_EQ(outcomes(on_lab({hold_and_try, read_section}), results<1>), "1");
  const lab_body try_write = [](lab* l) {
    l->r[0].poke(down_write_trylock(&l->rw));
    if (l->r[0].peek() != 0) up_write(&l->rw);
  };
  EXPECT_EQ(outcomes(on_lab({try_write, read_section}), results<1>), "0 1");
}

// CPU3's read trylock fails although only CPU1, a reader, can be inside: so CPU2 has arrived and
// waits. Yet CPU3, arriving as a writer only now, may be first ("2,1"): it steals the lock. FIFO
// would forbid that.
TEST(litmus_rwsem, an_arriving_writer_may_steal_the_lock) {
  const program p = on_lab({read_section,
                            [](lab* l) {
                              down_write(&l->rw);
                              l->r[0].poke(l->r[1].peek() == 0 ? 1 : 2);
                              up_write(&l->rw);
                            },
                            [](lab* l) {
                              if (down_read_trylock(&l->rw)) {
                                up_read(&l->rw);
                                return;
                              }
                              down_write(&l->rw);
                              l->r[1].poke(l->r[0].peek() == 0 ? 1 : 2);
                              up_write(&l->rw);
                            }});
  EXPECT_EQ(outcomes(p, results<2>), "1,0 1,2 2,1");
  EXPECT_EQ(outcomes(p, results<2>, fair()), "1,0 1,2");
}

// A reader that sees the writer wait cannot pass it, fair or not: CPU3's trylock fails behind CPU2,
// and its down_read comes after CPU2's section ("1,2" and never "2,1").
TEST(litmus_rwsem, a_reader_may_not_pass_a_waiting_writer) {
  const program p = on_lab({read_section,
                            [](lab* l) {
                              down_write(&l->rw);
                              l->r[0].poke(l->r[1].peek() == 0 ? 1 : 2);
                              up_write(&l->rw);
                            },
                            [](lab* l) {
                              if (down_read_trylock(&l->rw)) {
                                up_read(&l->rw);
                                return;
                              }
                              down_read(&l->rw);
                              l->r[1].poke(l->r[0].peek() == 0 ? 1 : 2);
                              up_read(&l->rw);
                            }});
  EXPECT_EQ(outcomes(p, results<2>), "1,0 1,2");
  EXPECT_EQ(outcomes(p, results<2>, fair()), "1,0 1,2");
}

// CPU2, a reader, may queue up behind the writer that has the lock, and the other writer behind
// CPU2: then CPU2 is the next. Nobody waits for ever.
TEST(litmus_rwsem, a_fair_queue_has_readers_and_writers) {
  const lab_body write = [](lab* l) {
    down_write(&l->rw);
    up_write(&l->rw);
  };
  const lab_body read_late = [](lab* l) {
    WRITE_ONCE(l->r[1], 1);
    down_read(&l->rw);
    l->r[0].poke(1);
    up_read(&l->rw);
  };
  for (const enumerate_options& o : {enumerate_options{}, fair()})
    EXPECT_EQ(outcomes(on_lab({write, read_late, write}), results<1>, o), "1");
}

// Behind downgrade_write other readers come in while a waiting writer stays out.
TEST(litmus_rwsem, downgrade_lets_readers_in) {
  const lab_body downgrader = [](lab* l) {
    down_write(&l->rw);
    l->v = 1;
    downgrade_write(&l->rw);
    atomic_set(&l->x, 1);
    atomic_set(&l->x, 0);
    up_read(&l->rw);
  };
  const program readers = on_lab({downgrader, [](lab* l) {
                                    down_read(&l->rw);
                                    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
                                    l->r[1].poke(l->v);
                                    up_read(&l->rw);
                                  }});
  EXPECT_EQ(outcomes(readers, results<2>), "0,0 0,1 1,1") << "1,1: inside together";
  const program writers = on_lab({downgrader, [](lab* l) {
                                    down_write(&l->rw);
                                    l->r[0].poke(static_cast<int>(atomic_read(&l->x)));
                                    l->r[1].poke(l->v);
                                    up_write(&l->rw);
                                  }});
  EXPECT_EQ(outcomes(writers, results<2>), "0,0 0,1");
}

}  // namespace
}  // namespace iorace::this_file
