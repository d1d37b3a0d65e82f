// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Two tasks change a balance under a lock; a third, created first, compares it with what it would
// be if both deposit and withdrawal were done, but subtracts the deposit.
#include "tools/bench/programs/kit.h"
#include "tools/bench/programs/programs.h"

namespace iorace::bench {
namespace {

struct account_world {
  mutex m;
  shared<int> x, y, z, balance, deposited, withdrawn;
};
IORACE_DESCRIBE(account_world, "account", m, x, y, z, balance, deposited, withdrawn);

void check(account_world* w) {
  mutex_lock(&w->m);
  if (get(w->deposited) != 0 && get(w->withdrawn) != 0) {
    const int balance = get(w->balance);
    const int x = get(w->x);
    const int y = get(w->y);
    const int z = get(w->z);
    BUG_ON(balance != (x - y) - z);
  }
  mutex_unlock(&w->m);
}
void deposit(account_world* w) {
  mutex_lock(&w->m);
  const int balance = get(w->balance);
  const int y = get(w->y);
  set(w->balance, balance + y);
  set(w->deposited, 1);
  mutex_unlock(&w->m);
}
void withdraw(account_world* w) {
  mutex_lock(&w->m);
  const int balance = get(w->balance);
  const int z = get(w->z);
  set(w->balance, balance - z);
  set(w->withdrawn, 1);
  mutex_unlock(&w->m);
}

}  // namespace

known_bug account(std::uint32_t) {
  const auto init = [](account_world* w) {
    mutex_init(&w->m);
    w->x.poke(1), w->y.poke(2), w->z.poke(4), w->balance.poke(1);
  };
  return {with_main<account_world>(init,
                                   [](account_world* w) {
                                     start<check>(w);
                                     start<deposit>(w);
                                     start<withdraw>(w);
                                   }),
          "kernel-bug"};
}

}  // namespace iorace::bench
