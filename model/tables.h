// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// What a chapter gives to model.cc: its tables, and the part of the world that is its own.
#pragma once

#include <span>
#include <string_view>

#include "model/model.h"

// make() makes the chapter's part of the world in a program's setup. finish() lets go of what the
// program left open and judges what holds at the end; the check for leaks comes after all of them.
#define IORACE_CHAPTER_TABLES(name)                        \
  namespace iorace::kern::name##_tables {                  \
    std::span<const flow_info> flows();                    \
    std::span<const knob_info> knobs();                    \
    std::span<const limit_info> limits();                  \
    std::span<const invariant_info> invariants();          \
    std::span<const probe_info> probes();                  \
    const class_info* class_called(std::string_view name); \
    void make(world& w);                                   \
    void finish(world& w);                                 \
  }
