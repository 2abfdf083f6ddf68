#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/suggest.h"
#include "cli/version.h"
#include "qprompt/core/error.h"

namespace qprompt::cli {
namespace {

constexpr int kFailure = 1, kUsage = 2, kInterrupted = 130;

std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) words.push_back(command->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// The subcommand that was being parsed, or the program.
const CLI::App& active(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

// "A subcommand is required" says nothing of the word that stands in its place.
std::optional<std::string> unknown_command(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  const bool chosen = !app.get_subcommands().empty();
  if (chosen || rest.empty() || rest.front().starts_with('-')) return std::nullopt;
  std::string known;
  for (const CLI::App* command : app.get_subcommands({})) {
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return fmt::format("unknown command '{}', expected one of {}", rest.front(), known);
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = active(app);
  std::string hint;
  for (const std::string& word : app.remaining(true)) {
    const std::string best = nearest(word.substr(0, word.find('=')), known_words(command));
    if (!best.empty() && hint.empty()) hint = fmt::format(" (did you mean {}?)", best);
  }
  const std::string problem = unknown_command(app).value_or(error.what());
  tell("qprompt: {}{}; see qprompt {}--help", problem, hint,
       &command == &app ? "" : command.get_name() + " ");
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
  app.add_flag_callback("--quiet", silence_progress, "no progress lines");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_flag("-h,--help,--help-all", "print this help, or that with all options, and exit");
  add_train_command(app);
  add_evaluate_command(app);
  add_classify_command(app);
  add_inspect_command(app);
  add_import_command(app);
  add_export_command(app);
  add_convert_command(app);
  add_base_to_new_command(app);
  add_report_command(app);
  add_compare_command(app);
  add_cache_command(app);
  add_demo_command(app);
}

int run(int argc, char** argv) {
  CLI::App app("Adapts CLIP-like models with a few images a class by learning quantized prompts.",
               "qprompt");
  std::vector<std::string> words = words_reversed(argc, argv);
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

}  // namespace
}  // namespace qprompt::cli

int main(int argc, char** argv) {
  using qprompt::cli::tell;
  qprompt::cli::prepare_streams();
  try {
    return qprompt::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    tell("qprompt: out of memory");
  } catch (const std::exception& error) {
    std::string line = error.what();  // of other libraries perhaps, which may write several
    std::replace(line.begin(), line.end(), '\n', ' ');
    tell("qprompt: {}", line);
  }
  return qprompt::cli::kFailure;
}
