#include <fmt/format.h>

#include "cli/command_tree.h"
#include "cli/completion.h"

namespace qprompt::cli {
namespace {

// Within single quotes, in a specification of _arguments.
std::string zsh_text(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      quoted += std::string("\\") + c;
    } else {
      quoted += c;
    }
  }
  return quoted;
}

std::string zsh_action(const CLI::Option& option) {
  const std::string choices = fmt::format("{}", fmt::join(choices_of(option), " "));
  if (choices.empty()) return takes_path(option) ? "_files" : " ";
  return takes_path(option) ? " _qprompt_or_files " + choices : "(" + choices + ")";
}

std::string zsh_flag(const CLI::Option& flag) {
  std::string text;
  for (const std::string& name : names_of(flag)) {
    text += "    '" + name + (takes_value(flag) && name.starts_with("--") ? "=[" : "[") +
            zsh_text(flag.get_description()) + "]";
    if (takes_value(flag)) text += ":" + zsh_text(type_of(flag)) + ":" + zsh_action(flag);
    text += "'\n";
  }
  return text;
}

std::string zsh_function_name(const CLI::App& command) {
  std::string name = "_qprompt";
  const std::string words = words_of(command);
  if (!words.empty()) name += "_";
  for (const char c : words) name += c == ' ' ? '_' : c;
  return name;
}

// Which command, and what comes behind it.
std::string zsh_commands(const CLI::App& command) {
  std::string text = "    '1:command:((";
  for (const CLI::App* each : commands_of(command)) {
    text += fmt::format("{}\\:\"{}\" ", each->get_name(), zsh_text(each->get_description()));
  }
  if (command.get_parent() == nullptr) text += "help\\:\"what a command does\"";
  return text + "))'\n    '*::argument:->rest'\n";
}

std::string zsh_function(const CLI::App& command) {
  const bool has_commands = !commands_of(command).empty();
  std::string text =
      zsh_function_name(command) + "() {\n  local line state\n  local -a arguments=(\n";
  for (const CLI::Option* each : flags_with_general(command)) text += zsh_flag(*each);
  for (const CLI::Option* each : positionals_of(command)) {
    text += "    '*:" + zsh_text(type_of(*each)) + ":" + zsh_action(*each) + "'\n";
  }
  if (has_commands) text += zsh_commands(command);
  text += "  )\n  _arguments -C $arguments\n";
  if (has_commands)
    text += "  if [[ $state == rest ]]; then " + zsh_function_name(command) + "_$line[1]; fi\n";
  return text + "}\n";
}

}  // namespace

std::string zsh_completion(const CLI::App& program) {
  std::string text = "#compdef qprompt\n_qprompt_or_files() { compadd -- $@; _files }\n";
  for (const CLI::App* command : with_all_below(program)) text += zsh_function(*command);
  return text + "_qprompt \"$@\"\n";
}

}  // namespace qprompt::cli
