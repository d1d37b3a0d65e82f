// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Each rule convicts a planted violation and acquits its near miss; then the tree itself is read.
#include "tools/tidy/tidy.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace iorace::tidy {
namespace {

using check = complaints (*)(const source&);

// The number of the first line complained about, -1 if there is no complaint.
int first_line(check rule, std::string_view path, std::string_view text) {
  const complaints found = rule({path, text});
  return found.empty() ? -1 : found.front().line;
}

bool clean(check rule, std::string_view path, std::string_view text) {
  return first_line(rule, path, text) == -1;
}

std::string repeated(std::string_view line, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += line;
  return text;
}

TEST(tidy_text, code_has_neither_comments_nor_strings) {
  EXPECT_EQ(code_of("a /* b\n */ c // d\n"), "a \n c \n");
  EXPECT_EQ(code_of("f(\"x // \\\" y\", 'z');"), "f(\"\", '');");
  EXPECT_EQ(code_of("f(\"x // y\");", true), "f(\"x // y\");");
  EXPECT_EQ(code_of("a = 1'000'000; // b"), "a = 1'000'000; ");
  EXPECT_EQ(code_of("R\"t({ \"\n)\" )t\";\n"), "\"\n\";\n");
}

TEST(tidy_rules, licence) {
  EXPECT_TRUE(clean(check_licence, "a.sh",
                    "#!/bin/sh\n# SPDX-License-Identifier: "
                    "GPL-2.0-only OR MIT\n"));
  EXPECT_FALSE(clean(check_licence, "a.sh", "#!/bin/sh\n"));
  EXPECT_FALSE(clean(check_licence, "a.cc", ""));
}

TEST(tidy_rules, lines) {
  const std::string wide(101, 'x');
  EXPECT_EQ(first_line(check_lines, "a.cc", "\n" + wide + "\n"), 2);
  EXPECT_TRUE(clean(check_lines, "a.cc", wide.substr(1) + "\n"));
  EXPECT_TRUE(clean(check_lines, "README.md", wide + "\n"));
  EXPECT_TRUE(clean(check_lines, "a.sh", repeated("\u00e9", 100) + "\n"));
  EXPECT_EQ(first_line(check_lines, "a.cc", "a\nb \n"), 2);
  EXPECT_EQ(first_line(check_lines, "a.cc", "a\r\n"), 1);
  EXPECT_EQ(first_line(check_lines, "a.cc", "\ta\n"), 1);
  EXPECT_EQ(first_line(check_lines, "a.cc", "a"), 0);
  for (const std::string word : {"TO"
                                 "DO",
                                 "FIX"
                                 "ME",
                                 "DIS"
                                 "ABLED_",
                                 "GTEST"
                                 "_SKIP"}) {
    EXPECT_EQ(first_line(check_lines, "a.cc", "\n// " + word + "\n"), 2) << word;
    EXPECT_TRUE(clean(check_lines, "a.cc", "x" + word + "\n")) << word;
  }
}

TEST(tidy_rules, length_of_files) {
  const std::string body = repeated("int x;\n", 395);
  EXPECT_TRUE(clean(check_length, "a.cc", body));
  EXPECT_EQ(first_line(check_length, "a.cc", body + body), 0);
  EXPECT_TRUE(clean(check_length, "a.cc", "// Long because of the table.\n" + body + body));
  EXPECT_EQ(first_line(check_length, "a.cc", "// Long because.\n" + body + body + body), 0);
  EXPECT_FALSE(clean(check_length, "a.cc", body + body + "// Long because it comes too late.\n"));
  EXPECT_TRUE(clean(check_length, "README.md", body + body + body));
}

TEST(tidy_rules, length_of_functions) {
  const std::string lines = repeated("  if (x) {\n  }\n", 34);
  EXPECT_TRUE(clean(check_length, "a.cc", "int f(int x) {\n" + lines + "}\n"));
  EXPECT_EQ(first_line(check_length, "a.cc", "\nint f(int x) {\n" + lines + "\n\n}\n"), 2);
  EXPECT_EQ(first_line(check_length, "a.cc", "TEST(a, b) {\n" + lines + lines + "}\n"), 1);
  EXPECT_EQ(first_line(check_length, "a.cc",
                       "class a {\n  a(int x) : x_(x) {}\n  int f() {\n" + lines + lines + "} };"),
            3);
  const std::string declarations = repeated("  int f() { return 1; }\n", 100);
  EXPECT_TRUE(clean(check_length, "a.cc", "class a {\n" + declarations + "};\n"));
  EXPECT_TRUE(clean(check_length, "a.cc", "namespace a {\n" + declarations + "}\n"));
  EXPECT_TRUE(clean(check_length, "a.cc", "#define F(x) x\nrow t[] = {\n" + declarations + "};"));
}

TEST(tidy_rules, layers_look_down) {
  const auto allowed = [](std::string_view path, std::string_view include) {
    return clean(check_layers, path, "#include " + std::string(include) + "\n");
  };
  EXPECT_TRUE(allowed("tools/a.cc", "\"scheduler/b.h\""));
  EXPECT_TRUE(allowed("model/a.cc", "\"model/b.h\""));
  EXPECT_FALSE(allowed("scheduler/a.cc", "\"model/model.h\""));
  EXPECT_FALSE(allowed("model/a.cc", "\"fuzz/b.h\""));
  EXPECT_FALSE(allowed("fuzz/a.cc", "\"tools/b.h\""));
  EXPECT_FALSE(allowed("fuzz/a.cc", "\"program.h\""));
  EXPECT_TRUE(allowed("fuzz/a.cc", "\"model/model.h\""));
  EXPECT_FALSE(allowed("fuzz/a.cc", "\"model/iommufd/pages.h\""));
  EXPECT_TRUE(allowed("tools/a.cc", "\"model/iommufd/pages.h\""));
}

TEST(tidy_rules, libraries_have_one_room) {
  const auto allowed = [](std::string_view path, std::string_view include) {
    return clean(check_layers, path, "#include " + std::string(include) + "\n");
  };
  EXPECT_TRUE(allowed("scheduler/engine/fiber.cc", "<boost/context/detail/fcontext.hpp>"));
  EXPECT_FALSE(allowed("scheduler/engine/task.cc", "<boost/context/detail/fcontext.hpp>"));
  EXPECT_TRUE(allowed("scheduler/a.cc", "<sanitizer/tsan_interface.h>"));
  EXPECT_FALSE(allowed("model/a.cc", "<sanitizer/tsan_interface.h>"));
  EXPECT_TRUE(allowed("tools/a.cc", "<nlohmann/json.hpp>"));
  EXPECT_FALSE(allowed("fuzz/a.cc", "<nlohmann/json.hpp>"));
  EXPECT_FALSE(allowed("fuzz/a.cc", "<CLI/CLI.hpp>"));
  EXPECT_TRUE(allowed("model/a.cc", "<vector>"));
}

TEST(tidy_rules, banned_words) {
  const auto allowed = [](std::string_view line, std::string_view path = "model/a.cc") {
    return clean(check_determinism, path, "  " + std::string(line) + "\n");
  };
  for (const std::string_view line :
       {"x = rand();", "std::random_device d;", "std::steady_clock::now();", "time(nullptr);",
        "std::thread t;", "std::unordered_map<int, int> m;", "printf(\"%p\", x);",
        "std::hash<int> h;", "std::map<area*, int> m;", "std::set<const area*> s;"}) {
    EXPECT_FALSE(allowed(line)) << line;
    EXPECT_TRUE(allowed("// " + std::string(line))) << line;
    EXPECT_TRUE(allowed(line, "tools/a.cc")) << line;
    EXPECT_TRUE(allowed(line, "model/a_test.cc")) << line;
    EXPECT_TRUE(allowed(line, "model/a_test.h")) << line;
  }
  for (const std::string_view line :
       {"x = operand();", "max_time(3);", "std::this_thread::yield();", "std::map<int, area*> m;",
        "reordered_list l;"}) {
    EXPECT_TRUE(allowed(line)) << line;
  }
  EXPECT_TRUE(allowed("std::jthread t;", "scheduler/explore/workers.cc"));
  EXPECT_FALSE(allowed("x = rand();", "scheduler/explore/workers.cc"));
}

TEST(tidy_rules, mutable_statics) {
  const auto allowed = [](std::string_view line, std::string_view path = "model/a.cc") {
    return clean(check_determinism, path, std::string(line) + "\n");
  };
  for (const std::string_view line :
       {"static int x = 0;", "  static int x;", "int x = 0;", "std::vector<int> v;", "int x{3};",
        "inline int x = 0;", "thread_local int x;", "extern int x;", "const_thing x;"}) {
    EXPECT_FALSE(allowed(line)) << line;
  }
  for (const std::string_view line :
       {"static const int x = 0;", "static constexpr int x = 0;", "int f(int x = 0);",
        "  int x = 0;", "static int f(int x) { return x; }", "inline constexpr int x{3};",
        "inline bool operator==(const x& a, const x& b) { return true; }", "struct x;",
        "using x = y;", "const char* const x = nullptr;", "static void f();", "int f() {",
        "}  // namespace a", "};", "return x;", "static_assert(x == 1);",
        "template <typename T>"}) {
    EXPECT_TRUE(allowed(line)) << line;
  }
  EXPECT_TRUE(allowed("thread_local int x;", "scheduler/engine/a.cc"));
  EXPECT_TRUE(
      allowed("int x;  // Process-wide: a signal handler reads it.", "scheduler/engine/a.cc"));
  EXPECT_FALSE(allowed("int x;  // Process-wide: a cache.", "model/a.cc"));
  EXPECT_FALSE(allowed("static int x;", "scheduler/engine/a.cc"));
}

TEST(tidy_rules, top_level) {
  EXPECT_TRUE(top_level_allowed("scheduler"));
  EXPECT_TRUE(top_level_allowed(".clang-format"));
  EXPECT_FALSE(top_level_allowed("src"));
  EXPECT_FALSE(top_level_allowed("notes.txt"));
}

// --- the tree ------------------------------------------------------------------------------------

namespace fs = std::filesystem;
const fs::path root = IORACE_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string report(const fs::path& path) {
  const std::string relative = path.lexically_relative(root).generic_string();
  std::string text;
  for (const complaint& one : check_all({relative, read(path)})) {
    text += relative + ":" + std::to_string(one.line) + ": " + one.what + "\n";
  }
  return text;
}

TEST(tidy_tree, is_tidy) {
  std::string all;
  for (const fs::directory_entry& top : fs::directory_iterator(root)) {
    const std::string name = top.path().filename().string();
    EXPECT_TRUE(top_level_allowed(name)) << name << " does not belong at the top";
    if (top.is_regular_file() && name != ".git" && name != "compile_commands.json") {
      all += report(top.path());
    }
  }
  int files = 0;
  for (const std::string_view folder : {".ci", "scheduler", "model", "fuzz", "tools", "repro"}) {
    if (!fs::exists(root / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      all += report(entry.path());
      ++files;
    }
  }
  EXPECT_TRUE(all.empty()) << all;
  EXPECT_GT(files, 10) << "the tree was not read";
}

}  // namespace
}  // namespace iorace::tidy
