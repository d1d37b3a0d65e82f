// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "scheduler/engine/objects.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include <xxhash.h>

#include "scheduler/engine/check.h"

namespace iorace {
namespace {

constexpr std::uint32_t classes_max = 256;

// "[2]", or "[1][0]": the element of `f` that is `offset` bytes behind its beginning.
std::string element_of(const field_info& f, std::uint32_t offset) {
  if (f.element == f.size || f.element % granule != 0) return "";
  const std::uint32_t i = offset / f.element;
  if (f.columns == 0) return '[' + std::to_string(i) + ']';
  return '[' + std::to_string(i / f.columns) + "][" + std::to_string(i % f.columns) + ']';
}

// Writes tags and names of `info`'s fields, nested ones in place of their struct. A leaf name that
// occurs twice is qualified by the member that holds the nested struct.
void flatten(const class_info& info, std::uint32_t at, const std::string& prefix,
             class_entry& out) {
  for (std::uint32_t i = 0; i < info.field_count; ++i) {
    const field_info& f = info.fields[i];
    if (f.nested != nullptr) {
      flatten(*f.nested, at + f.offset, prefix + f.name + ".", out);
      continue;
    }
    std::string name = f.name;
    if (std::find(out.names.begin(), out.names.end(), name) != out.names.end())
      name = prefix + name;
    const std::uint32_t first = (at + f.offset) / 8;
    const std::uint32_t last = (at + f.offset + f.size - 1) / 8;
    for (std::uint32_t word = first; word <= last && word < out.tags.size(); ++word) {
      out.tags[word] = field_tag(out.info->type, name);
      out.names[word] = name;
      out.elements[word] = element_of(f, word * 8 - at - f.offset);
    }
  }
}

// Returns "field" of "type.field" if that is the type of `c`.
std::optional<std::string_view> field_of(const class_entry& c, std::string_view promotion) {
  const std::size_t dot = promotion.find('.');
  if (dot == promotion.npos || promotion.substr(0, dot) != c.info->type) return std::nullopt;
  return promotion.substr(dot + 1);
}

// Whether one struct is described in two places.
bool same_struct(const class_info& a, const class_info& b) {
  const auto same_field = [](const field_info& x, const field_info& y) {
    return std::strcmp(x.name, y.name) == 0 && x.offset == y.offset && x.size == y.size;
  };
  return std::strcmp(a.name, b.name) == 0 && a.size == b.size &&
         std::equal(a.fields, a.fields + a.field_count, b.fields, b.fields + b.field_count,
                    same_field);
}

// Whether a tag stands for two fields. Steps, promotions and the order of locks know fields by
// their tags alone.
bool clash(const class_entry& a, const class_entry& b) {
  for (std::size_t i = 0; i < a.tags.size(); ++i) {
    if (a.tags[i] == 0 || (i != 0 && a.tags[i] == a.tags[i - 1])) continue;
    for (std::size_t k = 0; k < b.tags.size(); ++k)
      if (a.tags[i] == b.tags[k] && (&a != &b || a.names[i] != b.names[k])) return true;
  }
  return false;
}

}  // namespace

void object_table::reset() {
  restored_ = nullptr;
  objects_.clear();
  objects_.emplace_back();
  for (std::uint32_t i : touched_) counters_[i] = {};
  touched_.clear();
}

void object_table::save(image& to) const {
  to.objects = objects_;
  to.counters.clear();
  for (std::uint32_t i : touched_) to.counters.emplace_back(i, counters_[i]);
}

void object_table::restore(const image& from) {
  if (restored_ == &from) return;
  reset();
  objects_.assign(from.objects.begin(), from.objects.end());
  for (const auto& [i, c] : from.counters) {
    counters_[i] = c;
    touched_.push_back(i);
  }
  restored_ = &from;
}

std::uint16_t object_table::find_class(const class_info& info) {
  std::size_t i = 0;
  while (i < classes_.size() && classes_[i]->info != &info) ++i;
  // A description in a header can have two addresses: the closed archive keeps its own copy.
  if (i == classes_.size()) {
    for (i = 0; i < classes_.size() && std::strcmp(classes_[i]->info->type, info.type) != 0;) ++i;
    CHECK(i == classes_.size() || same_struct(*classes_[i]->info, info),
          "two described structs have one name: rename one");
  }
  if (i == classes_.size()) add_class(info);
  const auto index = static_cast<std::uint16_t>(i);
  hints_[info.tag % hints_max] = {&info, index};
  return index;
}

void object_table::add_class(const class_info& info) {
  CHECK(classes_.size() < classes_max, "too many described classes");
  auto c = std::make_unique<class_entry>();
  c->info = &info;
  c->hash = XXH3_64bits(info.type, std::strlen(info.type));
  c->tags.assign((info.size + 7) / 8, 0);
  c->names.assign(c->tags.size(), "");
  c->elements.assign(c->tags.size(), "");
  flatten(info, 0, "", *c);
  apply_promotions(*c);
  classes_.push_back(std::move(c));
  for (const auto& other : classes_)
    CHECK(!clash(*classes_.back(), *other), "two described fields have one tag: rename one");
}

object_table::counter& object_table::counter_of(task_id maker, std::uint16_t cls) {
  restored_ = nullptr;
  const std::uint32_t index = maker * classes_max + cls;
  if (index >= counters_.size()) counters_.resize((maker + 1u) * classes_max);
  counter& c = counters_[index];
  if (c.reserved == 0 && c.extra == 0 && c.next == 0) touched_.push_back(index);
  return c;
}

std::uint32_t object_table::next_number(task_id maker, std::uint16_t cls) {
  counter& c = counter_of(maker, cls);
  if (c.next != 0) {
    const std::uint32_t number = c.next;
    c.next = 0;
    c.reserved = std::max(c.reserved, number);
    return number;
  }
  return c.reserved + ++c.extra;
}

void object_table::reserve(task_id maker, std::uint16_t cls, std::uint32_t n) {
  counter_of(maker, cls).reserved = n;
}

void object_table::name_next(task_id maker, std::uint16_t cls, std::uint32_t number) {
  counter_of(maker, cls).next = number;
}

void object_table::apply_promotions(class_entry& c) {
  c.shadow.clear();
  for (const std::uint16_t tag : c.tags) c.shadow.push_back({.object = 0, .tag = tag, .bad = 0});
  for (const std::string& p : promotions_) {
    const std::optional<std::string_view> field = field_of(c, p);
    for (std::size_t word = 0; field && word < c.names.size(); ++word)
      if (c.names[word] == *field) c.shadow[word].promoted = 1;
  }
}

const std::string* object_table::promoted_in_vain() const {
  for (const std::string& p : promotions_)
    for (std::size_t id = 1; id < objects_.size(); ++id) {
      const class_entry& c = *classes_[objects_[id].cls];
      const std::optional<std::string_view> field = field_of(c, p);
      if (field && std::find(c.names.begin(), c.names.end(), *field) == c.names.end()) return &p;
    }
  return nullptr;
}

void object_table::promote(std::span<const std::string> fields) {
  if (std::equal(fields.begin(), fields.end(), promotions_.begin(), promotions_.end())) return;
  promotions_.assign(fields.begin(), fields.end());
  for (const auto& c : classes_) apply_promotions(*c);
}

object_table::element object_table::element_at(object_id id, const void* place) const {
  const object_entry& o = objects_[id];
  const class_entry& c = *classes_[o.cls];
  element e;
  if (c.tags.empty()) return e;
  const auto word = static_cast<std::size_t>(static_cast<const char*>(place) - o.base) / granule;
  if (o.bytes > c.info->size)
    std::snprintf(e.of_object, sizeof e.of_object, "[%zu]", word / c.tags.size());
  e.of_member = c.elements[word % c.tags.size()].c_str();
  return e;
}

const char* object_table::field_name(object_id id, std::uint16_t tag) const {
  const class_entry& c = *classes_[objects_[id].cls];
  for (std::size_t word = 0; word < c.tags.size(); ++word)
    if (tag != 0 && c.tags[word] == tag) return c.names[word].c_str();
  return "";
}

std::string object_table::class_field(object_id id, std::uint16_t tag) const {
  return std::string(classes_[objects_[id].cls]->info->type) + "." + field_name(id, tag);
}

}  // namespace iorace
