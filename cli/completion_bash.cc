#include <fmt/format.h>

#include "cli/command_tree.h"
#include "cli/completion.h"

namespace qprompt::cli {
namespace {

// What no table knows is a path: bash's own completion, which `-o default` asks for.
constexpr char kBashFunction[] = R"(
_qprompt() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= word
  if [[ $current == = ]]; then current=; fi
  if [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    word=${command:+$command }$word
    if [[ -v _qprompt_words[$word] ]]; then command=$word; fi
  done
  local words=${_qprompt_words[${command:-qprompt}]}
  if [[ -v _qprompt_values["$command $before"] ]]; then
    words=${_qprompt_values["$command $before"]}
  elif [[ $current == -* ]]; then
    words=${_qprompt_flags[${command:-qprompt}]}
  fi
  COMPREPLY=()
  if [[ $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}
complete -o default -F _qprompt qprompt
)";

template <typename Words>
std::string joined_words(const Words& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> words_within(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* each : commands_of(command)) words.push_back(each->get_name());
  if (command.get_parent() == nullptr) words.push_back("help");
  for (const CLI::Option* each : positionals_of(command)) {
    for (const std::string& choice : choices_of(*each)) words.push_back(choice);
  }
  return words;
}

std::string entry(const std::string& key, const std::string& words) {
  return fmt::format("  [{}]=\"{}\"\n", key.find(' ') == key.npos ? key : "\"" + key + "\"", words);
}

std::string key_of(const CLI::App& command) {
  const std::string words = words_of(command);
  return words.empty() ? "qprompt" : words;
}

std::string flag_words(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* each : flags_with_general(command)) {
    for (const std::string& name : names_of(*each)) names.push_back(name);
  }
  return joined_words(names);
}

// One for each name of a flag that takes a value. An empty list: a path.
std::string values(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* each : flags_with_general(command)) {
    if (!takes_value(*each)) continue;
    for (const std::string& name : names_of(*each)) {
      text += entry(words_of(command) + " " + name, joined_words(choices_of(*each)));
    }
  }
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string words = entry("help", joined_words(words_within(program)));
  std::string flags, value_lists;
  for (const CLI::App* command : with_all_below(program)) {
    words += entry(key_of(*command), joined_words(words_within(*command)));
    flags += entry(key_of(*command), flag_words(*command));
    value_lists += values(*command);
  }
  return "# bash completion for qprompt\ndeclare -A _qprompt_words=(\n" + words +
         ")\ndeclare -A _qprompt_flags=(\n" + flags + ")\ndeclare -A _qprompt_values=(\n" +
         value_lists + ")\n" + kBashFunction;
}

}  // namespace qprompt::cli
