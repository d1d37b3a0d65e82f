// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Programs as text: calls, and the sections [setup] [cpuN] [agent NAME] [menu] of a trace.
//
//   area#1 = ioas_map(ioas#1, iova=0x10000, length=0x2000) = 0     # a comment
//   ioas_unmap(ioas#1, iova=0x10000, length=0x2000) = -ENOENT
//
// Objects are written by their place, everything else by name; what is left out is dull. In a
// [menu] what is left out is drawn, and '?' stands for an object that is. trace_file.h reads and
// writes whole files with these.
#pragma once

#include <string>
#include <vector>

#include "fuzz/program.h"
#include "scheduler/record/scanner.h"

namespace iorace {

// "ioas_unmap(ioas#1, iova=0x10000, length=0x2000)", with its variable and expected result around
// it.
std::string call_text(const call& c, unsigned task);
// The same without them: how the call appears in steps and columns.
std::string call_label(const call& c);
std::string menu_text(const menu_item& item);

// Appends the sections of a program that are not empty, each "[title]" and its lines.
void print_program(const program_data& p, std::string& to);
// Appends what stands above something, or "  # behind" and the end of the line.
void print_above(const comments& notes, std::string& to);
void print_behind(const comments& notes, std::string& to);

// Reads the sections of one program, line by line in the order of the file. Each line may hold
// anything; the first error ends the reading.
class program_reader {
 public:
  program_reader(const schema& s, program_data& into) : schema_(s), p_(into) {}

  // Begins the section "[title]" if programs have one of that name: returns false if not. `in`
  // stands behind the ']'.
  parsed<bool> section(std::string_view title, std::size_t column, scanner& in,
                       const comments& notes);
  // One line of the section that began last.
  parsed<void> line(scanner& in, comments notes);
  // After the last line: every use must have its variable.
  parsed<void> finish();

 private:
  struct use {
    unsigned task;
    std::size_t place, index;
    unsigned line;
    std::size_t column;
  };
  parsed<void> cpu_section(scanner& in, std::size_t column, unsigned number, const comments& notes);
  parsed<void> agent_section(scanner& in, std::size_t column, std::string_view name,
                             const comments& notes);
  parsed<void> menu_section(scanner& in, const comments& notes);
  parsed<void> call_line(scanner& in, call& c);
  parsed<void> menu_line(scanner& in, menu_item& item);
  parsed<void> result(scanner& in, std::size_t at, std::string_view name, call& c);
  parsed<const kern::flow_info*> flow(scanner& in, std::size_t at, std::string_view name);
  parsed<std::size_t> arg_index(scanner& in, const kern::flow_info& f,
                                const std::vector<bool>& given);
  parsed<void> arguments(scanner& in, menu_item& item);

  const schema& schema_;
  program_data& p_;
  unsigned task_ = 0;
  bool in_menu_ = false;
  std::vector<use> uses_;
  std::vector<use> arg_columns_;  // of the call being read
};

}  // namespace iorace
