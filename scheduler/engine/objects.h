// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The table of objects of one execution: what each is, who made it, whether it still lives, and
// what it is called. Names depend on the maker and its own past only, never on how tasks
// interleave.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/engine/arena.h"
#include "scheduler/engine/describe.h"
#include "scheduler/engine/mixed.h"
#include "scheduler/engine/operation.h"

namespace iorace {

// A described class as the engine uses it, by granule.
struct class_entry {
  const class_info* info = nullptr;
  std::vector<std::uint16_t> tags;    // 0 where nothing is described
  std::vector<std::string> names;     // of fields
  std::vector<std::string> elements;  // "[2]" where the field is an array, else ""
  std::vector<cell> shadow;           // of an object that is alive, but for its id
  std::uint64_t hash = 0;             // of info->type
};

enum class object_state : std::uint8_t { live, freed };

struct object_entry {
  char* base = nullptr;
  std::uint32_t bytes = 0;
  std::uint16_t cls = 0;  // index into classes()
  task_id maker = 0;
  std::uint32_t number = 0;  // the k of "area#k"
  object_state state = object_state::live;
  bool kernel = false;  // made by kzalloc and friends: must not leak
  step_id made_at = no_step;
  step_id freed_at = no_step;
  std::uint64_t name = 0;  // hash of maker, class and number; set by the table
};

class object_table {
 public:
  object_table() {
    objects_.reserve(1024);
    reset();
  }
  void reset();

  // Registers the class at its first use.
  std::uint16_t class_index(const class_info& info) {
    const hint& h = hints_[info.tag % hints_max];
    return __builtin_expect(h.info == &info, 1) ? h.index : find_class(info);
  }
  const class_entry& cls(std::uint16_t index) const { return *classes_[index]; }

  object_id add(const object_entry& o) {
    restored_ = nullptr;
    objects_.push_back(o);
    const std::uint64_t who = std::uint64_t{o.maker} << 32 | o.number;
    objects_.back().name = mixed(classes_[o.cls]->hash, who);
    return static_cast<object_id>(objects_.size() - 1);
  }
  void free(object_id id, step_id at) {
    objects_[id].state = object_state::freed;
    objects_[id].freed_at = at;
    restored_ = nullptr;
  }
  const object_entry& operator[](object_id id) const { return objects_[id]; }
  std::size_t size() const { return objects_.size(); }

  // The number of the next object of `cls` that `maker` makes.
  std::uint32_t next_number(task_id maker, std::uint16_t cls);
  void reserve(task_id maker, std::uint16_t cls, std::uint32_t n);
  void name_next(task_id maker, std::uint16_t cls, std::uint32_t number);

  std::uint16_t tag_of(object_id id, const void* place) const {
    const object_entry& o = objects_[id];
    const class_entry& c = *classes_[o.cls];
    const auto word = static_cast<std::size_t>(static_cast<const char*>(place) - o.base) / 8;
    return c.tags.empty() ? std::uint16_t{0}
                          : c.tags[word < c.tags.size() ? word : word % c.tags.size()];
  }
  // The identity of a place in an object, which may have been freed since: see engine::identity().
  // One for all that is in none.
  std::uint64_t identity(object_id id, const void* place) const {
    if (id == 0) return 1;
    const auto offset = static_cast<const char*>(place) - objects_[id].base;
    return std::uint64_t{id} << 32 | (static_cast<std::uint64_t>(offset) + 1);
  }
  // Replaces the set of promoted fields, each "type.field".
  void promote(std::span<const std::string> fields);
  // Returns the first promoted field that the objects of its class do not have, or null; null, too,
  // where the execution has made no such object.
  const std::string* promoted_in_vain() const;

  // Copies the objects and what the next ones will be called; puts the copy back, or leaves it
  // where it was put back last and nothing has changed since.
  struct image;
  void save(image& to) const;
  void restore(const image& from);

  // Which element of an array `place` is in: "[3]" if the object is one of several in a row, "[2]"
  // if its member is an array; "" elsewhere.
  struct element {
    char of_object[24] = "";
    const char* of_member = "";
  };
  element element_at(object_id id, const void* place) const;

  // "num_accesses"; "" where nothing is described.
  const char* field_name(object_id id, std::uint16_t tag) const;
  // "iopt_area.num_accesses".
  std::string class_field(object_id id, std::uint16_t tag) const;

 private:
  struct counter {
    std::uint32_t reserved = 0, extra = 0, next = 0;
  };
  static constexpr std::size_t hints_max = 256;
  // Where class_index() looks first. What it returns does not depend on it, nor does it depend on
  // addresses: fuzzers see what code was covered, and how often.
  struct hint {
    const class_info* info = nullptr;
    std::uint16_t index = 0;
  };
  std::uint16_t find_class(const class_info& info);
  void add_class(const class_info& info);
  counter& counter_of(task_id maker, std::uint16_t cls);
  void apply_promotions(class_entry& c);

  std::vector<object_entry> objects_;                  // slot 0 is "no object"
  std::vector<std::unique_ptr<class_entry>> classes_;  // by index, in order of first use
  std::array<hint, hints_max> hints_;
  std::vector<counter> counters_;       // by maker * classes_max + cls
  std::vector<std::uint32_t> touched_;  // counters to clear at reset
  std::vector<std::string> promotions_;
  const image* restored_ = nullptr;  // what this is still like
};

struct object_table::image {
  std::vector<object_entry> objects;
  std::vector<std::pair<std::uint32_t, counter>> counters;
};

}  // namespace iorace
