#include "cli/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "cli/command_tree.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "qprompt/core/error.h"
#include "qprompt/core/nearest.h"
#include "qprompt/core/shard.h"

namespace qprompt::cli {
namespace {

constexpr int kFailure = 1, kUsage = 2, kInterrupted = 130;

std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : commands_of(app)) words.push_back(command->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// The subcommand that was being parsed, or the program, and the words that ask for it.
struct Active {
  const CLI::App* command;
  std::string words;  // "data check "
};

Active active(const CLI::App& app) {
  Active active{&app, ""};
  while (!active.command->get_subcommands().empty()) {
    active.command = active.command->get_subcommands().front();
    active.words += active.command->get_name() + " ";
  }
  return active;
}

// "A subcommand is required" says nothing of the word that stands in its place.
std::optional<std::string> unknown_command(const CLI::App& active,
                                           const std::vector<std::string>& rest) {
  const std::vector<const CLI::App*> commands = commands_of(active);
  if (commands.empty() || rest.empty() || rest.front().starts_with('-')) return std::nullopt;
  std::string known;
  for (const CLI::App* command : commands) {
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return fmt::format("unknown command '{}', expected one of {}", rest.front(), known);
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const auto [command, words] = active(app);
  const std::vector<std::string> rest = app.remaining(true);
  std::string hint;
  for (const std::string& word : rest) {
    const std::string best = nearest(word.substr(0, word.find('=')), known_words(*command));
    if (!best.empty() && hint.empty()) hint = fmt::format(" (did you mean {}?)", best);
  }
  const std::string problem = unknown_command(*command, rest).value_or(error.what());
  tell("qprompt: {}{}; see qprompt {}--help", problem, hint, words);
  return kUsage;
}

// The command line's words, last first as CLI11 takes them. It would give "--flag=" the next word
// for its value instead of none.
std::vector<std::string> words_reversed(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) {
    std::string word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      words.emplace_back();
      word.pop_back();
    }
    words.push_back(word);
  }
  return words;
}

// "help COMMAND" is "COMMAND --help"; last first, as CLI11 takes them. Of what is no command it
// stays an error.
void ask_for_help(const CLI::App& app, std::vector<std::string>& reversed) {
  const auto word = std::find_if_not(reversed.rbegin(), reversed.rend(),
                                     [](auto& each) { return each.starts_with('-'); });
  if (word == reversed.rend() || *word != "help") return;
  const auto command = std::next(word);
  const bool known = command == reversed.rend() || command->starts_with('-') ||
                     std::ranges::count(known_words(app), *command) > 0;
  reversed.erase(std::next(word).base());
  if (known) reversed.insert(reversed.begin(), "--help");
}

void build(CLI::App& app, const std::vector<std::string>& words) {
  app.formatter(
      std::make_shared<HelpFormatter>(std::ranges::find(words, "--help-all") != words.end()));
  app.set_version_flag("-V,--version", version_text);
  app.add_flag_callback(
      "--quiet", [] { silence_progress(true); }, "no progress lines");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_flag("-h,--help,--help-all", "print this help, or that with all options, and exit");
  add_train_command(app);
  add_tune_command(app);
  add_evaluate_command(app);
  add_classify_command(app);
  add_serve_command(app);
  add_inspect_command(app);
  add_import_command(app);
  add_export_command(app);
  add_convert_command(app);
  add_experiment_commands(app);
  add_sweep_command(app);
  add_runs_command(app);
  add_report_command(app);
  add_compare_command(app);
  add_cache_command(app);
  add_data_command(app);
  add_demo_command(app);
  add_manual_command(app);
}

// Of several ranks at one run the first alone talks, of wrong words too.
void let_one_rank_talk(const std::vector<std::string>& words) {
  if (std::ranges::find(words, "--ranks") == words.end()) return;
  const auto process = launched_process();
  if (process && process->number > 1) silence_console(true);
}

int run(int argc, char** argv) {
  CLI::App app("Adapts CLIP-like models with a few images a class by learning quantized prompts.",
               "qprompt");
  std::vector<std::string> words = words_reversed(argc, argv);
  let_one_rank_talk(words);
  build(app, words);
  ask_for_help(app, words);
  try {
    watch_interrupts();
    app.parse(words);
    finish_stdout();
    return interrupted() ? kInterrupted : EXIT_SUCCESS;
  } catch (const CLI::Success& wanted) {
    const int code = app.exit(wanted);
    finish_stdout();
    return code;
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  } catch (const Interrupted&) {
    tell("qprompt: interrupted");
    return kInterrupted;
  }
}

int exit_code(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    tell("qprompt: out of memory");
  } catch (const std::exception& error) {
    std::string line = error.what();  // of other libraries perhaps, which may write several
    std::replace(line.begin(), line.end(), '\n', ' ');
    tell("qprompt: {}", line);
  }
  return kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  prepare_streams();
  silence_console(false);
  silence_progress(false);
  const int code = exit_code(argc, argv);
  // mpirun ends all ranks as soon as one fails: that is to be the one which says why.
  return console_is_silent() ? EXIT_SUCCESS : code;
}

}  // namespace qprompt::cli
