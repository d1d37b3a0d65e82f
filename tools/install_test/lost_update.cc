// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/explore/program.h"

int main() {
  iorace::program program;
  program.cpu([](void*) {}).cpu([](void*) {});
  return program.bodies.size() == 2 ? 0 : 1;
}
