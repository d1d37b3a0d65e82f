// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "tools/tidy/tidy.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace iorace::tidy {
namespace {

constexpr int max_columns = 100;
constexpr int max_function_lines = 70;
constexpr int max_file_lines = 400;
constexpr int max_justified_file_lines = 800;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool is_cpp(std::string_view path) {
  return path.ends_with(".cc") || path.ends_with(".h") || path.ends_with(".def");
}

bool is_data(std::string_view path) {
  return path.ends_with(".trace") || path.ends_with(".md") || path == "LICENSE";
}

bool is_test(std::string_view path) {
  return path.ends_with("_test.cc") || path.ends_with("_test.h") || path.ends_with("_bench.cc");
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.find('/')); }

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

// Whether `line` contains `word`, and not as the tail of a longer name.
bool contains_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    if (at == 0 || !is_word(word.front()) || !is_word(line[at - 1])) return true;
  }
  return false;
}

// Calls visit(number, line) for each line.
template <typename Visit>
void for_lines(std::string_view text, Visit visit) {
  int number = 0;
  for (const std::string_view line : lines_of(text)) visit(++number, line);
}

// --- functions -----------------------------------------------------------------------------------

// `head` behind the template parameters that it may begin with.
std::string_view without_template(std::string_view head) {
  if (!head.starts_with("template")) return head;
  int open = 0;
  for (std::size_t at = head.find('<'); at < head.size(); ++at) {
    open += head[at] == '<' ? 1 : head[at] == '>' ? -1 : 0;
    if (open == 0) return trimmed(head.substr(at + 1));
  }
  return head;
}

// Whether a brace after `head`, the text since the last ; { or }, opens a function's body.
bool opens_function(std::string_view head) {
  head = without_template(trimmed(head));
  if (head.find('(') == head.npos || head.ends_with('=') || head.ends_with(',')) return false;
  constexpr std::array<std::string_view, 6> others = {"namespace", "class", "struct",
                                                      "enum",      "union", "#"};
  return std::ranges::none_of(others, [&](auto other) { return head.starts_with(other); });
}

complaints check_functions(std::string_view text) {
  complaints found;
  std::string head;
  int line = 1, depth = 0, function_depth = 0, first_line = 0;
  for (const char c : code_of(text)) {
    head += c == '\n' ? ' ' : c;
    if (c == '\n') {
      ++line;
      if (trimmed(head).starts_with('#') && !trimmed(head).ends_with('\\')) head.clear();
    } else if (c == '{') {
      ++depth;
      head.pop_back();
      if (function_depth == 0 && opens_function(head)) {
        function_depth = depth;
        first_line = line;
      }
    } else if (c == '}') {
      const int lines = line - first_line + 1;
      if (depth == function_depth) {
        function_depth = 0;
        if (lines > max_function_lines) {
          found.push_back({first_line, "a function of " + std::to_string(lines) + " lines; " +
                                           std::to_string(max_function_lines) + " are enough"});
        }
      }
      --depth;
    }
    if (c == '{' || c == '}' || c == ';') head.clear();
  }
  return found;
}

// --- determinism ---------------------------------------------------------------------------------

struct banned_word {
  std::string_view word;
  std::string_view instead;
};

constexpr std::string_view draw = "a draw of the strategy";
constexpr std::string_view no_clock = "points and executions; tools/ looks at the clock";
constexpr std::string_view workers = "tasks; OS threads live in scheduler/explore/workers.cc";

constexpr banned_word banned_words[] = {
    {"rand(", draw},
    {"srand(", draw},
    {"random_device", draw},
    {"mt19937", draw},
    {"_distribution<", draw},
    {"std::shuffle", draw},
    {"steady_clock", no_clock},
    {"system_clock", no_clock},
    {"high_resolution_clock", no_clock},
    {"clock_gettime", no_clock},
    {"gettimeofday", no_clock},
    {"time(", no_clock},
    {"std::thread", workers},
    {"std::jthread", workers},
    {"std::async", workers},
    {"unordered_", "a vector indexed by identity, or std::map: its order is the same everywhere"},
    {"%p", "the identity of the object: addresses differ from run to run"},
    {"std::hash", "xxhash: std::hash differs between libraries"},
    {"absl::", "the standard library: absl's hashes are salted"},
    {"extern template", "an ordinary function: the closed archive hides instantiations"},
};

// Whether `map<` or `set<` in `line` has a pointer as its key.
bool has_pointer_key(std::string_view line) {
  for (const std::string_view container : {"map<", "set<"}) {
    const std::size_t at = line.find(container);
    if (at == line.npos) continue;
    const std::size_t key = at + container.size();
    const std::size_t end = line.find_first_of(",<>", key);
    if (end != line.npos && line.substr(key, end - key).find('*') != line.npos) return true;
  }
  return false;
}

// Whether `line` defines a variable of static duration that can change: `static` or `inline`
// anywhere, or anything of that shape at column 0, which is namespace scope.
bool is_mutable_static(std::string_view line) {
  const std::string_view declaration = trimmed(line);
  constexpr std::array<std::string_view, 16> others = {
      "const ", "return",   "using",  "typedef",    "namespace", "struct ", "class ",   "enum ",
      "union ", "template", "friend", "constexpr ", "goto",      "delete",  "co_await", "#"};
  const auto starts = [&](std::string_view word) { return declaration.starts_with(word); };
  const bool keyword = starts("static ") || starts("inline ") || starts("thread_local ");
  if (!keyword && (line.empty() || !is_word(line.front()) || std::ranges::any_of(others, starts))) {
    return false;
  }
  for (const std::string_view constant : {"const", "constexpr", "consteval", "static_assert"}) {
    const std::size_t at = declaration.find(constant);
    if (at != declaration.npos && !is_word(declaration.substr(at + constant.size())[0])) {
      return false;
    }
  }
  const std::size_t end = declaration.find_first_of("(=;{");
  if (end == declaration.npos || declaration[end] == '(' || declaration.ends_with('{') ||
      contains_word(declaration, "operator")) {
    return false;
  }
  // At least a type and a name.
  return trimmed(declaration.substr(0, end)).find(' ') != declaration.npos;
}

// The engine knows which execution a worker runs, and may keep what the process owns.
bool is_excused_static(std::string_view path, std::string_view line) {
  return path.starts_with("scheduler/engine/") &&
         (contains_word(line, "thread_local") || contains_word(line, "// Process-wide: "));
}

// --- layers --------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 4> layers = {"scheduler", "model", "fuzz", "tools"};

std::ptrdiff_t layer_of(std::string_view folder) {
  return std::ranges::find(layers, folder) - layers.begin();
}

std::string check_project_include(std::string_view path, std::string_view included) {
  const std::string_view from = folder_of(path), to = folder_of(included);
  if (layer_of(to) == std::ssize(layers)) {
    return "includes start at the root of the repository: \"" + std::string(from) + "/...\"";
  }
  if (layer_of(to) > layer_of(from)) {
    return std::string(from) + "/ must not know " + std::string(to) + "/";
  }
  if (from == "fuzz" && to == "model" && included != "model/model.h") {
    return "fuzz/ sees the model through model/model.h only";
  }
  return {};
}

std::string check_library_include(std::string_view path, std::string_view included) {
  const std::string_view from = folder_of(path), library = folder_of(included);
  if (library == "boost" && !path.starts_with("scheduler/engine/fiber.")) {
    return "only scheduler/engine/fiber sees Boost";
  }
  if (library == "sanitizer" && from != "scheduler") {
    return "only scheduler/ talks to the sanitizers";
  }
  if ((library == "nlohmann" || library == "CLI") && from != "tools") {
    return "only tools/ knows JSON and command lines";
  }
  return {};
}

}  // namespace

complaints check_licence(const source& file) {
  constexpr std::string_view licence = "SPDX-License-Identifier: GPL-2.0-only OR MIT";
  const auto lines = lines_of(file.text);
  const auto head = std::span(lines).first(std::min<std::size_t>(lines.size(), 5));
  if (file.path.ends_with(".trace") ||
      std::ranges::any_of(head, [&](auto line) { return line.find(licence) != line.npos; })) {
    return {};
  }
  return {{0, "no " + std::string(licence) + " in the first lines"}};
}

complaints check_lines(const source& file) {
  complaints found;
  // Spelt so that this file does not complain about itself.
  constexpr std::string_view debts[] = {
      "DIS"
      "ABLED_",
      "GTEST"
      "_SKIP",
      "TO"
      "DO",
      "FIX"
      "ME"};
  for_lines(file.text, [&](int number, std::string_view line) {
    if (line.ends_with('\r')) found.push_back({number, "a carriage return"});
    if (line.ends_with(' ') || line.ends_with('\t')) found.push_back({number, "trailing blanks"});
    const auto columns = std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; });
    if (columns > max_columns && !is_data(file.path)) {
      found.push_back({number, std::to_string(columns) + " columns; 100 are enough"});
    }
    if (line.find('\t') != line.npos && is_cpp(file.path)) found.push_back({number, "a tab"});
    for (const std::string_view debt : debts) {
      if (contains_word(line, debt)) {
        found.push_back({number, std::string(debt) + ": do it, or write an issue"});
      }
    }
  });
  if (!file.text.empty() && !file.text.ends_with('\n'))
    found.push_back({0, "no newline at the end"});
  return found;
}

complaints check_length(const source& file) {
  if (is_data(file.path)) return {};
  const auto lines = lines_of(file.text);
  complaints found = is_cpp(file.path) ? check_functions(file.text) : complaints{};
  const int count = static_cast<int>(lines.size());
  bool justified = false;
  for (const std::string_view line : lines) {
    if (!line.starts_with("//") && !line.starts_with("#")) break;
    justified |= line.find("Long because") != line.npos;
  }
  if (count > max_justified_file_lines || (count > max_file_lines && !justified)) {
    found.push_back({0, std::to_string(count) +
                            " lines; above 400 the header says \"Long because\", 800 is the end"});
  }
  return found;
}

complaints check_layers(const source& file) {
  complaints found;
  if (!is_cpp(file.path)) return found;
  for_lines(code_of(file.text, true), [&](int number, std::string_view line) {
    constexpr std::string_view include = "#include ";
    if (!line.starts_with(include) || line.size() < include.size() + 2) return;
    const std::string_view name = line.substr(include.size() + 1, line.size() - include.size() - 2);
    const bool ours = line[include.size()] == '"';
    std::string what =
        ours ? check_project_include(file.path, name) : check_library_include(file.path, name);
    if (!what.empty()) found.push_back({number, std::move(what)});
  });
  return found;
}

complaints check_determinism(const source& file) {
  complaints found;
  const std::string_view folder = folder_of(file.path);
  if ((folder != "scheduler" && folder != "model") || !is_cpp(file.path) || is_test(file.path)) {
    return found;
  }
  const bool may_thread = file.path == "scheduler/explore/workers.cc";
  for_lines(code_of(file.text, true), [&](int number, std::string_view line) {
    for (const banned_word& banned : banned_words) {
      if (contains_word(line, banned.word) && !(may_thread && banned.instead == workers)) {
        found.push_back(
            {number, std::string(banned.word) + ": use " + std::string(banned.instead)});
      }
    }
    if (has_pointer_key(line)) {
      found.push_back({number, "a pointer as a key: order by identity, not by address"});
    }
  });
  const auto lines = lines_of(file.text);
  for_lines(code_of(file.text), [&](int number, std::string_view line) {
    const std::string_view with_comment = lines[static_cast<std::size_t>(number - 1)];
    if (is_mutable_static(line) && !is_excused_static(file.path, with_comment)) {
      found.push_back({number,
                       "a mutable static: state belongs to the execution (the engine "
                       "may say `// Process-wide: why`)"});
    }
  });
  return found;
}

complaints check_all(const source& file) {
  complaints all;
  for (const auto check :
       {check_licence, check_lines, check_length, check_layers, check_determinism}) {
    for (complaint& one : check(file)) all.push_back(std::move(one));
  }
  return all;
}

bool top_level_allowed(std::string_view name) {
  constexpr std::string_view allowed[] = {
      "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "corpus", "fuzz", "model",
      "repro", "scheduler", "tools",
      // Not in the repository: made by builds and by fuzzing.
      "CMakeUserPresets.json", "build", "compile_commands.json", "new"};
  return name.starts_with('.') || std::ranges::find(allowed, name) != std::end(allowed);
}

}  // namespace iorace::tidy
