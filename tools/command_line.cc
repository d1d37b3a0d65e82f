// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The command line as a grammar. Whatever is wrong with it is one line and exit status 2.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fuzz/settings.h"
#include "scheduler/engine/check.h"
#include "scheduler/record/scanner.h"
#include "scheduler/strategies/strategy.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/program_report.h"

namespace iorace::cli {
namespace {

constexpr unsigned jobs_max = 256;
constexpr unsigned faults_max = 1000;
constexpr std::string_view verbs[] = {"run",  "verify",  "replay",  "minimize",
                                      "draw", "explain", "convert", "list"};

const std::string plain_status = "Exit status: 0, or 2: usage, unreadable or malformed";

using action = std::function<result<int>()>;

// Adds an option whose word `take` reads; take returns an empty text or what is wrong with the
// word.
template <class Take>
CLI::Option* add(CLI::App& app, const std::string& name, const std::string& type,
                 const std::string& help, Take take) {
  return app
      .add_option_function<std::vector<std::string>>(
          name,
          [name, take](const std::vector<std::string>& words) {
            for (const std::string& word : words)
              if (const std::string wrong = take(word); !wrong.empty())
                throw CLI::ValidationError(name, wrong);
          },
          help)
      ->type_name(type)
      ->expected(1)
      ->allow_extra_args(false)  // the next word is a file or a scenario
      ->trigger_on_parse();
}

template <class T, class To>
std::string store(const number<T>& value, To& to) {
  if (!value) return value.error();
  to = static_cast<To>(*value);
  return {};
}
template <class T, class To>
std::string store(const number<T>& value, std::optional<To>& to) {
  return store(value, to.emplace());
}

std::string error_of(const set_result& set) { return set ? std::string() : set.error(); }

void add_color(CLI::App& app, output_options& o) {
  add(app, "--color", "WHEN", "auto, always or never", [&o](const std::string& word) {
    static constexpr std::string_view names[] = {"auto", "always", "never"};
    const auto at = std::find(std::begin(names), std::end(names), word);
    if (at == std::end(names))
      return fmt::format("unknown value {}, {}", iorace::quoted(word),
                         expected_one_of(word, names));
    o.color = static_cast<color_mode>(at - std::begin(names));
    return std::string();
  });
}

void add_output(CLI::App& app, output_options& o) {
  add(app, "--format", "FORMAT", "text (default) or json", [&o](const std::string& word) {
    static constexpr std::string_view names[] = {"text", "json"};
    o.json = word == "json";
    return o.json || word == "text" ? std::string()
                                    : fmt::format("unknown format {}, {}", iorace::quoted(word),
                                                  expected_one_of(word, names));
  });
  add_color(app, o);
}

void add_settings_options(CLI::App& app, outside_settings& o) {
  add(app, "--with", "KNOB=VALUE", "Set a knob, or profile=repaired; repeatable",
      [&o](const std::string& w) { return error_of(set_knob(o.command, w, kernel_schema())); });
  add(app, "--limit", "NAME=N", "Set a limit; repeatable",
      [&o](const std::string& w) { return error_of(set_limit(o.command, w, kernel_schema())); });
}

// An option that names a file.
void add_file(CLI::App& app, const char* option, const char* type, std::string& file,
              const std::string& help) {
  add(app, option, type, help, [&file](const std::string& w) {
    file = w;
    return w.empty() ? "'' is no name, expected one of a file" : std::string();
  });
}

void add_file(CLI::App& app, std::string& file, const std::string& what) {
  app.add_option("FILE", file, what)->required()->type_name("");
}

void add_scenario(CLI::App& app, std::string& scenario) {
  app.add_option("SCENARIO", scenario, "A built-in name (iorace list scenarios) or a file")
      ->required()
      ->type_name("");
}

// --max-executions, --max-time, --faults and -o of a search.
template <class Request>
void add_search_limits(CLI::App& app, Request& o, const std::string& executions_default_text) {
  add(app, "--max-executions", "N",
      fmt::format("Stop after N executions (default {})", executions_default_text),
      [&o](const std::string& w) {
        return store(parse_count(w, 1, ~std::uint64_t{0}), o.executions_max);
      });
  add(app, "--max-time", "TIME", "Stop after 250ms, 10s, 5m, 1h (default: never)",
      [&o](const std::string& w) {
        o.time_text = w;
        return store(parse_duration(w), o.time_max);
      });
  add(app, "--faults", "N", "Inject up to N failures (default: as SCENARIO says)",
      [&o](const std::string& w) { return store(parse_count(w, 0, faults_max), o.faults); });
  add_file(app, "-o", "PATH", o.out, "Trace of the finding (default SCENARIO-VERDICT-HASH.trace)");
}

void add_run_limits(CLI::App& app, run_request& o) {
  add(app, "--seed", "N", "Decimal, 0x..., a commit hash, or FIRST..LAST (default 0)",
      [&o](const std::string& w) { return store(parse_seeds(w), o.seeds); });
  add_search_limits(app, o, fmt::format("{}", executions_default));
  add(app, "--jobs", "N", "Workers (default 1); the result does not depend on it",
      [&o](const std::string& w) { return store(parse_count(w, 1, jobs_max), o.jobs); });
}

action add_run(CLI::App& verb, run_request& o) {
  add_scenario(verb, o.scenario);
  add_settings_options(verb, o.with);
  add(verb, "--strategy", "NAME[:ARG]", "How to schedule (iorace list strategies)",
      [&o](const std::string& word) {
        o.strategy = word;
        return make_strategy(word) == nullptr ? strategy_error(word) : std::string();
      });
  add_run_limits(verb, o);
  verb.add_flag("--keep-going", o.keep_going, "Do not stop at the first finding");
  add(verb, "--statistics", "WHICH", "Count traces of some executions (default) or of all",
      [&o](const std::string& word) {
        static constexpr std::string_view names[] = {"some", "all"};
        o.statistics = word == "all" ? statistics_of::all : statistics_of::some;
        if (word == "some" || word == "all") return std::string();
        return fmt::format("unknown value {}, {}", iorace::quoted(word),
                           expected_one_of(word, names));
      });
  verb.add_flag("--fair", o.fair, "Locks are handed over first come, first served");
  add_file(verb, "--resume", "FILE", o.resume,
           "Keep checkpoints in FILE; go on from it if it exists");
  add_output(verb, o.output);
  verb.footer(
      "Example: iorace run access_pin_unmap --with selftest_access.lock=spin\n"
      "Exit status: 0 nothing found, 1 a finding, 2 usage, 130 interrupted");
  return [&o] { return run_command(o); };
}

action add_verify(CLI::App& verb, verify_request& o) {
  add_scenario(verb, o.scenario);
  add_settings_options(verb, o.with);
  verb.add_flag("--whole", o.whole, "The scenario as run explores it, not its small version");
  add(verb, "--preemptions", "N", "Only what needs at most N preemptions (default: all)",
      [&o](const std::string& w) { return store(parse_count(w, 0, 1'000'000), o.preemptions); });
  add_search_limits(verb, o, "no limit");
  add_output(verb, o.output);
  verb.footer(
      "Example: iorace verify access_pin_unmap\n"
      "Exit status: 0 complete, nothing found; 1 a finding; 2 usage; 4 ended before it\n"
      "was complete and found nothing; 130 interrupted");
  return [&o] { return verify_command(o); };
}

action add_replay(CLI::App& verb, replay_request& o) {
  verb.add_option("FILE", o.files, "Traces, corpus files, folders of them; - for stdin")
      ->required()
      ->type_name("");
  add_settings_options(verb, o.with);
  verb.add_flag("--strict", o.strict, "Other steps than recorded (drifted) are a failure");
  verb.add_flag("--relocate", o.relocate,
                "Search lost anchors nearby; writes FILE.relocated.trace");
  verb.add_flag("--bisect", o.bisect, "Exit 125 instead of 2 and 3, for git bisect run");
  add_output(verb, o.output);
  verb.footer(
      "Example: iorace replay --strict repro\n"
      "Exit status: 0 same or drifted, 1 changed, 2 malformed, 3 lost, nondeterministic\n"
      "or drifted with --strict; of several files the first that applies of 2, 3, 1, 0");
  return [&o] { return replay_command(o); };
}

action add_minimize(CLI::App& verb, minimize_request& o) {
  add_file(verb, o.file, "A trace or corpus file with a finding; - for stdin");
  add_settings_options(verb, o.with);
  verb.add_flag("--keep-program", o.keep_program, "Shrink the schedule only");
  add_file(verb, "-o", "PATH", o.out, "Where to write (default FILE.min.trace)");
  add_output(verb, o.output);
  verb.footer(
      "Example: iorace minimize found.trace -o minimal.trace\n"
      "Exit status: 0 minimised, 1 the finding does not replay, 2 usage or malformed,\n"
      "130 interrupted: its file has what it had come to");
  return [&o] { return minimize_command(o); };
}

action add_draw(CLI::App& verb, draw_request& o) {
  add_file(verb, o.file, "A trace or corpus file; - for stdin");
  add_settings_options(verb, o.with);
  verb.add_flag("--full", o.full, "Every function, object and prefix");
  add_color(verb, o.output);
  verb.footer("Example: iorace draw minimal.trace\n" + plain_status);
  return [&o] { return draw_command(o); };
}

action add_explain(CLI::App& verb, explain_request& o) {
  add_file(verb, o.file, "A trace or corpus file; - for stdin");
  add_settings_options(verb, o.with);
  add_output(verb, o.output);
  verb.footer(
      "Example: iorace explain minimal.trace\n"
      "Exit status: 0 explained, or there is no finding, 2 usage or malformed, 3 lost\n"
      "or nondeterministic");
  return [&o] { return explain_command(o); };
}

action add_convert(CLI::App& verb, convert_request& o) {
  add_file(verb, o.file, "Corpus bytes or a trace; - for stdin");
  add_settings_options(verb, o.with);
  add_file(verb, "-o", "PATH", o.out, "Where to write (default: stdout); no *.trace for bytes");
  verb.footer("Example: iorace convert corpus/iommufd_fuzzer/0a1b2c > seed.trace\n" + plain_status);
  return [&o] { return convert_command(o); };
}

action add_list(CLI::App& verb, list_request& o) {
  const std::vector<std::string> kinds = list_kinds();
  add(verb, "KIND", "", "What there is a list of", [&o, kinds](const std::string& word) {
    o.kind = word;
    if (std::find(kinds.begin(), kinds.end(), word) != kinds.end()) return std::string();
    return fmt::format("unknown kind {}, expected one of {}", iorace::quoted(word),
                       fmt::join(kinds, ", "));
  })->required();
  add_output(verb, o.output);
  verb.footer(fmt::format("Kinds: {}\nExample: iorace list knobs --format json\n{}",
                          fmt::join(kinds, ", "), plain_status));
  return [&o] { return list_command(o); };
}

int report(const failure& f) {
  write_stderr(fmt::format("{}{}\n", f.located ? "" : "iorace: ", f.text));
  return exit_usage;
}

std::string uncapitalized(std::string text) {
  if (text.starts_with("The ") || text.starts_with("A ")) text[0] = static_cast<char>(text[0] + 32);
  return text;
}

// A word too many says more than one that is missing, for which it may have been meant.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const auto unknown = app.remaining(true);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !unknown.empty())
    return uncapitalized(CLI::ExtrasError(std::vector{unknown[0]}).what());
  return uncapitalized(error.what());
}

// Where the right options are to be read.
std::string hint(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return fmt::format(" (see iorace {}--help)", chosen.empty() ? "" : chosen[0]->get_name() + " ");
}

// Returns the exit status, or nothing if the first word is a verb or an option.
std::optional<int> check_verb(int argc, char** argv, const CLI::App& app) {
  if (argc < 2) {
    write_stderr(app.help());
    return exit_usage;
  }
  const std::string_view word = argv[1];
  if (word == "-h" || word == "--help" || word == "--version" ||
      std::find(std::begin(verbs), std::end(verbs), word) != std::end(verbs))
    return std::nullopt;
  return report(
      {fmt::format("unknown verb {}, {}", iorace::quoted(word), expected_one_of(word, verbs))});
}

result<void> read_environment(program_data& to) {
  const char* const with = std::getenv("IORACE_WITH");
  if (with == nullptr) return {};
  if (const auto set = set_list(to, with, kernel_schema()); !set)
    return fail("IORACE_WITH: " + set.error());
  return {};
}

// What our own broken assumptions tell people to type.
void remember_command(int argc, char** argv) {
  static std::string line;
  std::vector<std::string> words(argv, argv + argc);
  words[0] = "iorace";
  line = shell_line(words);
  if (const char* with = std::getenv("IORACE_WITH"); with != nullptr && *with != '\0')
    line = "IORACE_WITH=" + shell_line({with}) + " " + line;
  set_rerun_command(line.c_str());
}

}  // namespace

int run_command_line(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error like a full disk
  CLI::App app(
      "iorace: finds, shrinks, draws and replays races of the Linux IOMMU stack.\n"
      "iorace VERB --help says more about each verb.",
      "iorace");
  app.require_subcommand(1);
  app.set_version_flag("--version", "iorace " IORACE_VERSION);
  app.get_formatter()->column_width(22);
  app.footer("Start with: iorace run access_pin_unmap --with selftest_access.lock=spin");
  run_request run;
  verify_request verify;
  replay_request replay;
  minimize_request minimize;
  draw_request draw;
  explain_request explain;
  convert_request convert;
  list_request list;
  const auto verb = [&app](std::size_t index, const char* help) -> CLI::App& {
    return *app.add_subcommand(std::string(verbs[index]), help);
  };
  const action actions[] = {
      add_run(verb(0, "Explore a scenario until something is found"), run),
      add_verify(verb(1, "Explore every interleaving of a scenario"), verify),
      add_replay(verb(2, "Re-execute traces and compare"), replay),
      add_minimize(verb(3, "Shrink program, then schedule, keeping verdict and title"), minimize),
      add_draw(verb(4, "CPU columns as on a mailing list"), draw),
      add_explain(verb(5, "Which orders a finding needs, and what passes next to it"), explain),
      add_convert(verb(6, "Corpus bytes to trace text, or back"), convert),
      add_list(verb(7, "Scenarios, flows, knobs and more"), list)};
  if (const auto status = check_verb(argc, argv, app)) return *status;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    std::ostringstream help;
    app.exit(done, help);
    const auto written = write_stdout(help.str());
    return written ? exit_ok : report(written.error());
  } catch (const CLI::ParseError& error) {
    return report({complaint(app, error) + hint(app)});
  }
  for (outside_settings* with : {&run.with, &verify.with, &replay.with, &minimize.with, &draw.with,
                                 &explain.with, &convert.with})
    if (const auto read = read_environment(with->environment); !read) return report(read.error());
  remember_command(argc, argv);
  const auto chosen = std::find_if(std::begin(verbs), std::end(verbs), [&](auto name) {
    return app.got_subcommand(std::string(name));
  });
  const result<int> status = actions[chosen - std::begin(verbs)]();
  return status ? *status : report(status.error());
}

}  // namespace iorace::cli
