// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Menus: programs whose calls are drawn, anew for each execution, from what a [menu] offers.
#pragma once

#include <cstdint>

#include "fuzz/program.h"

namespace iorace {

// Returns the program that execution `number` of a run with `seed` executes: that of `p`, with the
// menu's tasks filled with drawn calls and the menu gone. Each execution knows only a random part
// of the menu, from one call to all, and some of it is far likelier than the rest, so that each
// call also meets few others, often (swarm testing: Groce et al., ISSTA 2012). A call that is left
// out comes up only where another needs what it makes. A function of its arguments alone. Requires:
// `p` has a menu.
program_data draw_menu(const program_data& p, std::uint64_t seed, std::uint64_t number,
                       const schema& s);

}  // namespace iorace
