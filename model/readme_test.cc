// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The table of model/README.md against the sources: what it says is ours is there, what is omitted
// is not, and no function of ours is without its row.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

const std::filesystem::path folder = IORACE_SOURCE_DIR "/model";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The model's sources by the name of the file.
std::map<std::string, std::string> sources() {
  std::map<std::string, std::string> texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if ((name.ends_with(".cc") || name.ends_with(".h")) && name.find("_test.") == name.npos)
      texts[name] = read(entry.path());
  }
  return texts;
}

struct row {
  std::vector<std::string> functions;
  std::string ours, how, why;
};

// What stands between two of `mark` in `text`: with '|' cells, with '`' names.
std::vector<std::string> between(const std::string& text, char mark) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, mark);) parts.push_back(part);
  return parts;
}

std::vector<row> table() {
  std::vector<row> rows;
  std::istringstream in(read(folder / "README.md"));
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| kernel | ours |")) inside = true;
    if (line.empty()) inside = false;
    if (!inside || line.starts_with("| kernel") || line.starts_with("| ---")) continue;
    const std::vector<std::string> cells = between(line, '|');
    EXPECT_EQ(cells.size(), 5u) << line;
    if (cells.size() != 5) continue;
    row r{{}, cells[2], cells[3], cells[4]};
    const std::vector<std::string> names = between(cells[1], '`');
    for (std::size_t i = 1; i < names.size(); i += 2) r.functions.push_back(names[i]);
    rows.push_back(r);
  }
  EXPECT_GE(rows.size(), 40u);
  return rows;
}

bool mentions(const std::string& text, const std::string& function) {
  const std::string call = function + '(';
  for (std::size_t at = text.find(call); at != text.npos; at = text.find(call, at + 1))
    if (at == 0 || (std::isalnum(text[at - 1]) == 0 && text[at - 1] != '_')) return true;
  return false;
}

TEST(readme, tells_the_truth_about_functions) {
  const auto texts = sources();
  for (const row& r : table()) {
    const bool omitted = r.how == " omitted ";
    EXPECT_TRUE(omitted || r.how == " exact " || r.how == " simplified ") << r.how;
    EXPECT_TRUE(r.how == " exact " || r.why.size() > 2) << "a row needs its reason";
    for (const std::string& function : r.functions) {
      bool found = false;
      for (const auto& [name, text] : texts)
        found |= (omitted || r.ours.find(name) != r.ours.npos) && mentions(text, function);
      EXPECT_EQ(found, !omitted) << function << ", " << r.how;
    }
  }
}

// A modelled function opens with KFUNC(), below the line that has its name.
TEST(readme, has_a_row_of_every_function) {
  std::map<std::string, unsigned> rows;
  for (const row& r : table())
    for (const std::string& function : r.functions)
      EXPECT_EQ(++rows[function], 1u) << function << " has two rows";
  unsigned functions = 0;
  for (const auto& [name, text] : sources()) {
    std::string head;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      const std::size_t paren = line.find('(');
      if (paren != line.npos && (std::isalpha(line[0]) != 0 || line[0] == '_'))
        head = line.substr(0, paren);
      if (line != "  KFUNC();") continue;
      ++functions;
      EXPECT_EQ(rows.count(head.substr(head.find_last_of(" *&") + 1)), 1u) << name << ": " << head;
    }
  }
  EXPECT_GE(functions, 100u);
}

}  // namespace
