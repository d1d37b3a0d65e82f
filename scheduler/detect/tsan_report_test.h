// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// For tests that hold a report of ThreadSanitizer against what our detector says of the same race:
// a program of its own prints both.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace iorace {

struct ran {
  std::string output;
  int status = 0;
};

// Runs a program of this build: its name and its arguments.
inline ran run_beside(const std::string& command) {
  ran r;
  FILE* pipe = popen((IORACE_BINARY_DIR "/bin/" + command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    r.output.append(buffer.data(), n);
  r.status = pclose(pipe) >> 8;
  return r;
}

inline std::string after(const std::string& line, const char* mark) {
  const std::size_t at = line.find(mark);
  return at == line.npos ? "" : line.substr(at + std::string(mark).size());
}

using race_sides = std::multiset<std::string>;  // "CPU1 write_value"

// What our detector says: its lines in `output`.
inline race_sides our_sides(const std::string& output) {
  race_sides sides;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("side: ")) sides.insert(line.substr(6));
  return sides;
}

// The function of a line of a stack, without namespaces: "    #1 iorace::f(int) /a/b.cc:3
// (program)", or "    #1 f /a/b.cc:3 (program)" where it is inlined.
inline std::string function_in(const std::string& line) {
  if (!line.starts_with("    #")) return {};
  std::string name = line.substr(line.find(' ', 5) + 1);
  const std::string unnamed = "(anonymous namespace)::";  // has parentheses, too
  for (std::size_t at; (at = name.find(unnamed)) != name.npos;) name.erase(at, unnamed.size());
  name = name.substr(0, std::min(name.find('('), name.find(" /")));
  return name.substr(name.find_last_of(" :") + 1);
}

// Each report in `output`: of both sides the task, and the innermost function of those that our
// detector names.
inline std::vector<race_sides> reported_sides(const std::string& output) {
  std::set<std::string> ours;
  for (const std::string& side : our_sides(output)) ours.insert(after(side, " "));
  std::vector<race_sides> reports;
  std::vector<std::pair<std::string, std::string>> accesses;  // thread, function
  std::map<std::string, std::string> names;
  const auto end_report = [&] {
    race_sides sides;
    for (const auto& [thread, function] : accesses) sides.insert(names[thread] + ' ' + function);
    if (!accesses.empty()) reports.push_back(sides);
    accesses.clear();
    names.clear();
  };
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("WARNING: ThreadSanitizer")) end_report();
    const std::string by = after(line, "by thread ");
    if (!by.empty() && line.find(" at 0x") != line.npos)
      accesses.push_back({by.substr(0, by.find_first_of(" :")), ""});
    const std::string made = after(line, "  Thread ");
    if (!made.empty() && line.find("created by") != line.npos) {
      const std::string name = after(made, "'");
      names[made.substr(0, made.find(' '))] = name.substr(0, name.find('\''));
    }
    const std::string function = function_in(line);
    if (accesses.empty() || !accesses.back().second.empty()) continue;
    if (ours.contains(function)) accesses.back().second = function;
  }
  end_report();
  return reports;
}

}  // namespace iorace
