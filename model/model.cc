// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The tables of all chapters, put together.
#include "model/model.h"

#include "model/chapters.h"

namespace iorace::kern {
namespace {

template <class Row>
std::vector<Row> joined(std::span<const Row> (*chapter_info::*table)()) {
  std::vector<Row> all;
  for (const chapter_info& c : all_chapters()) {
    const std::span<const Row> rows = (c.*table)();
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

template <class Row>
row_set rows_of(chapter_set chapters, std::span<const Row> (*chapter_info::*table)()) {
  row_set rows = {};
  std::size_t i = 0;
  for (unsigned c = 0; c < all_chapters().size(); ++c)
    for (std::size_t n = (all_chapters()[c].*table)().size(); n != 0; --n, ++i)
      if ((chapters & chapter_bit(static_cast<chapter>(c))) != 0)
        rows[i / 64] |= std::uint64_t{1} << i % 64;
  return rows;
}

}  // namespace

std::span<const flow_info> flows() {
  static const auto all = joined(&chapter_info::flows);
  return all;
}
std::span<const knob_info> knobs() {
  static const auto all = joined(&chapter_info::knobs);
  return all;
}
std::span<const limit_info> limits() {
  static const auto all = joined(&chapter_info::limits);
  return all;
}
std::span<const invariant_info> invariants() {
  static const auto all = joined(&chapter_info::invariants);
  return all;
}
std::span<const probe_info> probes() {
  static const auto all = joined(&chapter_info::probes);
  return all;
}

const class_info* class_called(std::string_view name) {
  for (const chapter_info& c : all_chapters())
    if (const class_info* found = c.class_called(name)) return found;
  return nullptr;
}

std::span<const flow_info> flows_of(chapter c) {
  std::size_t first = 0;
  unsigned i = 0;
  for (; i < static_cast<unsigned>(c); ++i) first += all_chapters()[i].flows().size();
  return flows().subspan(first, all_chapters()[i].flows().size());
}

chapter_set chapters_of(const flow_info& flow) {
  for (unsigned i = 0; i < all_chapters().size(); ++i)
    for (const flow_info& f : flows_of(static_cast<chapter>(i)))
      if (&f == &flow)
        return all_chapters()[i].needs | flow.needs | chapter_bit(static_cast<chapter>(i));
  return 0;
}

row_set knobs_of(chapter_set chapters) { return rows_of(chapters, &chapter_info::knobs); }
row_set probes_of(chapter_set chapters) { return rows_of(chapters, &chapter_info::probes); }

config upstream_config() {
  config c;
  c.knobs.assign(knobs().size(), 0);
  for (const limit_info& l : limits()) c.limits.push_back(l.value);
  return c;
}

config repaired_config() {
  config c = upstream_config();
  for (std::size_t i = 0; i < c.knobs.size(); ++i) c.knobs[i] = knobs()[i].repaired;
  return c;
}

}  // namespace iorace::kern
