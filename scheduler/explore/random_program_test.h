// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Small random programs over every primitive, as lists of instructions, for comparing ways to
// search them. What is still held at the end is dropped.
#pragma once

#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "scheduler/explore/random_containers_test.h"
#include "scheduler/explore/random_mortals_test.h"
#include "scheduler/explore/random_sleeps_test.h"

namespace iorace {

// Calls take(i) for every instruction.
template <class Take>
void for_each_instruction(Take take) {
  for (const auto table : {std::span<const instruction>(instructions),
                           std::span<const instruction>(container_instructions),
                           std::span<const instruction>(mortal_instructions),
                           std::span<const instruction>(sleep_instructions)})
    for (const instruction& i : table) take(i);
}

// The instructions of one of the groups that `groups` names; "*" is all of them.
inline std::vector<const instruction*> instructions_of(const std::string& groups) {
  std::vector<const instruction*> all;
  for_each_instruction([&](const instruction& i) {
    bool wanted = groups == "*";
    std::istringstream words(i.groups);
    for (std::string word; words >> word;)
      wanted |= (" " + groups + " ").find(" " + word + " ") != std::string::npos;
    if (wanted) all.push_back(&i);
  });
  return all;
}

// The fields that instructions access plainly, or in operations that are no points.
inline std::vector<std::string> accessed_plainly() {
  return {"lab.v", "lab.items", "lab.tree", "thing.entry", "thing.node", "deferred.others"};
}

inline void run_instructions(lab* l, const std::vector<const instruction*>& code) {
  own_state own;
  for (const instruction* i : code) i->run(l, own);
  if (own.a) mutex_unlock(&l->a);
  if (own.b) mutex_unlock(&l->b);
  if (own.s) spin_unlock(&l->s);
  if (own.reads) up_read(&l->rw);
  if (own.writes) up_write(&l->rw);
  if (own.xa) xa_unlock(&l->xa);
  if (own.rcu) rcu_read_unlock();
  if (own.srcu) srcu_read_unlock(&deferred().here->srcu, 0);
  if (own.mortal_lock) mutex_unlock(&doomed()->lock);
  if (own.mortal_spin) spin_unlock(&doomed()->spin);
  if (own.mortal_reads) up_read(&doomed()->rw);
  if (own.mortal_writes) up_write(&doomed()->rw);
  stop_thread(own);
}

struct random_program {
  std::vector<std::vector<const instruction*>> cpus;

  program runnable() const {
    program p = on_lab({}, [](lab* l) {
      refcount_set(&l->ref, 1);
      make_deferred(l);
    });
    for (const auto& code : cpus)
      p.cpu([code](void* l) { run_instructions(static_cast<lab*>(l), code); });
    return p;
  }
  std::string text() const {
    std::string t;
    for (const auto& code : cpus) {
      t += "[";
      for (const instruction* i : code) t += std::string(" ") + i->name;
      t += " ] ";
    }
    return t;
  }
};

inline random_program random_program_of(std::mt19937_64& rng, std::size_t cpus, std::size_t length,
                                        const std::vector<const instruction*>& among) {
  random_program p;
  for (std::size_t c = 0; c < cpus; ++c) {
    auto& code = p.cpus.emplace_back();
    const std::size_t n = 1 + rng() % length;
    for (std::size_t i = 0; i < n; ++i) code.push_back(among[rng() % among.size()]);
  }
  return p;
}

// The program that `text` of a random program says.
inline random_program random_program_from(const std::string& text) {
  random_program p;
  std::string word;
  for (const char c : text + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    if (word == "[") p.cpus.emplace_back();
    for_each_instruction([&](const instruction& i) {
      if (word == i.name) p.cpus.back().push_back(&i);
    });
    word.clear();
  }
  return p;
}

}  // namespace iorace
