#include <fmt/format.h>

#include <sstream>

#include "cli/command_tree.h"
#include "cli/completion.h"

namespace qprompt::cli {
namespace {

std::string fish_text(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return quoted + "'";
}

// All words of the command have been typed.
std::string fish_condition(const CLI::App& command) {
  std::istringstream words(words_of(command));
  std::string condition;
  for (std::string word; words >> word;) {
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
  }
  return condition.empty() ? "" : " -n " + fish_text(condition);
}

// The commands within one, as long as none of them has been typed.
std::string fish_commands(const CLI::App& command) {
  std::string names, condition;
  for (const CLI::App* each : commands_of(command)) names += " " + each->get_name();
  const std::string words = words_of(command);
  if (!words.empty()) condition = "__fish_seen_subcommand_from " + words + "; and ";
  condition += "not __fish_seen_subcommand_from" + names;
  std::string text;
  for (const CLI::App* each : commands_of(command)) {
    text += fmt::format("complete -c qprompt -f -n {} -a {} -d {}\n", fish_text(condition),
                        each->get_name(), fish_text(each->get_description()));
  }
  return text;
}

std::string fish_flag(const CLI::App& command, const CLI::Option& flag) {
  std::string line = "complete -c qprompt" + fish_condition(command);
  for (const std::string& name : flag.get_snames()) line += " -s " + name;
  for (const std::string& name : flag.get_lnames()) line += " -l " + name;
  if (takes_value(flag)) line += takes_path(flag) ? " -r" : " -x";
  const std::vector<std::string> choices = choices_of(flag);
  if (takes_value(flag) && !choices.empty()) {
    line += " -a " + fish_text(fmt::format("{}", fmt::join(choices, " ")));
  }
  return line + " -d " + fish_text(flag.get_description()) + "\n";
}

}  // namespace

std::string fish_completion(const CLI::App& program) {
  std::string text = "# fish completion for qprompt\n";
  for (const CLI::App* command : with_all_below(program)) {
    if (!commands_of(*command).empty()) text += fish_commands(*command);
    for (const CLI::Option* flag : flags_of(*command)) text += fish_flag(*command, *flag);
  }
  return text;
}

}  // namespace qprompt::cli
