#include "cli/command_tree.h"

#include <algorithm>
#include <cctype>

namespace qprompt::cli {
namespace {

// The type of an option whose values its help lists (enum_type_name).
constexpr char kLongList[] = "NAME";

std::vector<std::string> parts(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find(separator, start)) != text.npos;) {
    parts.push_back(text.substr(start, end - start));
    start = end + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

bool is_name(const std::string& word) {
  return !word.empty() && std::ranges::none_of(word, [](unsigned char c) {
    return std::isupper(c) != 0 || std::isspace(c) != 0;
  });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command, bool positional) {
  return command.get_options([positional](const CLI::Option* option) {
    return option->get_positional() == positional && !option->get_group().empty();
  });
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); });
}

std::vector<const CLI::App*> with_all_below(const CLI::App& command) {
  std::vector<const CLI::App*> all{&command};
  for (const CLI::App* each : commands_of(command)) {
    const auto below = with_all_below(*each);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

std::string words_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "";
  const std::string before = words_of(*parent);
  return (before.empty() ? "" : before + " ") + command.get_name();
}

std::vector<const CLI::Option*> flags_of(const CLI::App& command) {
  return options_of(command, false);
}

std::vector<const CLI::Option*> flags_with_general(const CLI::App& command) {
  std::vector<const CLI::Option*> flags = flags_of(command);
  const CLI::App* program = &command;
  while (program->get_parent() != nullptr) program = program->get_parent();
  if (program == &command) return flags;
  for (const CLI::Option* general : flags_of(*program)) {
    const bool ends_it = general == program->get_help_ptr() || general->check_lname("version");
    if (!ends_it) flags.push_back(general);
  }
  return flags;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
  return options_of(command, true);
}

std::vector<std::string> names_of(const CLI::Option& flag) {
  std::vector<std::string> names;
  for (const std::string& name : flag.get_snames()) names.push_back("-" + name);
  for (const std::string& name : flag.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& flag) { return flag.get_items_expected_max() > 0; }

std::string type_of(const CLI::Option& option) {
  return parts(option.get_type_name(), ":").front();
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = type_of(option);
  const std::string& help = option.get_description();
  std::vector<std::string> choices =
      type == kLongList ? parts(help.substr(help.rfind(": ") + 2), ", ") : parts(type, "|");
  std::erase_if(choices, [](const std::string& word) { return !is_name(word); });
  return choices;
}

bool takes_path(const CLI::Option& option) {
  const std::vector<std::string> others{"INT", "UINT", "FLOAT", kLongList};
  return std::ranges::any_of(parts(type_of(option), "|"), [&](const std::string& part) {
    return !is_name(part) && std::ranges::count(others, part) == 0;
  });
}

}  // namespace qprompt::cli
