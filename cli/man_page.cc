#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "cli/command_tree.h"

namespace qprompt::cli {
namespace {

constexpr char kExitStatus[] = R"(.SH EXIT STATUS
0: done; 1: an error, which a line on stderr tells; 2: the words were no command; 130: interrupted,
what was finished is kept.
)";

// Text as roff shows it.
std::string roff(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    if (c == '\\') {
      shown += "\\e";
    } else if (c == '-') {
      shown += "\\-";
    } else if (c == '\'') {
      shown += "\\(aq";
    } else {
      shown += c;
    }
  }
  return shown.starts_with('.') ? "\\&" + shown : shown;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string synopsis(const CLI::App& command) {
  const std::string words = words_of(command);
  std::string line = ".B qprompt" + (words.empty() ? "" : " " + roff(words)) + "\n";
  line += "[" + italic("OPTIONS") + "]";
  for (const CLI::Option* each : positionals_of(command)) {
    const std::string more = each->get_items_expected_max() > 1 ? " ..." : "";
    line += each->get_required() ? " " + italic(type_of(*each)) + more
                                 : " [" + italic(type_of(*each)) + more + "]";
  }
  if (!commands_of(command).empty()) line += " " + italic("COMMAND");
  return line + "\n";
}

// "--a, --b", the same every time: the set is in the order of addresses.
std::string listed(const std::set<CLI::Option*>& options) {
  std::set<std::string> names;
  for (const CLI::Option* each : options) {
    names.insert(each->get_positional() ? type_of(*each) : each->get_name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// What holds of the option beside its help, a sentence each.
std::string conditions(const CLI::Option& option) {
  std::string text;
  const std::string type = option.get_type_name();
  const std::size_t range = type.find(" in [");
  if (option.get_required()) text += " Required.";
  if (range != type.npos) text += " Range:" + type.substr(range + 3) + ".";
  if (!option.get_default_str().empty()) text += " Default: " + option.get_default_str() + ".";
  if (!option.get_envname().empty()) text += " Environment: " + option.get_envname() + ".";
  if (!option.get_excludes().empty()) text += " Not with " + listed(option.get_excludes()) + ".";
  if (!option.get_needs().empty()) text += " Needs " + listed(option.get_needs()) + ".";
  return text;
}

std::string paragraph(const std::string& tag, const std::string& text) {
  return ".TP\n" + tag + "\n" + text + "\n";
}

std::string option_text(const CLI::Option& option) {
  std::string tag;
  for (const std::string& name : names_of(option)) {
    tag += (tag.empty() ? "" : ", ") + bold(name);
  }
  if (tag.empty()) {
    tag = italic(type_of(option));
  } else if (takes_value(option)) {
    tag += " " + italic(type_of(option));
  }
  const std::string more = conditions(option);
  return paragraph(tag, roff(option.get_description() + (more.empty() ? "" : ".") + more));
}

// Its options under their groups, which help shows in this order.
std::string options_text(const CLI::App& command, const std::string& heading) {
  std::string text;
  for (const CLI::Option* each : positionals_of(command)) text += option_text(*each);
  if (!text.empty()) text = heading + "ARGUMENTS\n" + text;
  for (const std::string& group : command.get_groups()) {
    std::string options;
    for (const CLI::Option* each : flags_of(command)) {
      if (each->get_group() == group) options += option_text(*each);
    }
    if (!options.empty()) text += heading + roff(upper(group)) + "\n" + options;
  }
  return text;
}

// Examples stand as they are; lines of prose flow together.
std::string footer_text(const CLI::App& command) {
  std::istringstream lines(command.get_footer());
  std::string text;
  bool in_example = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:") continue;
    const bool is_example = line.starts_with("  ");
    if (is_example != in_example) text += is_example ? ".nf\n" : ".fi\n.PP\n";
    in_example = is_example;
    text += roff(line) + "\n";
  }
  if (in_example) text += ".fi\n";
  return text.empty() ? "" : ".SH EXAMPLES\n" + text;
}

// The commands within one, which have their options in its page.
std::string inner_commands_text(const CLI::App& command) {
  std::string text;
  for (const CLI::App* each : with_all_below(command)) {
    if (each == &command) continue;
    text +=
        ".SH " + roff(upper(words_of(*each))) + "\n" + roff(each->get_description()) + "\n.PP\n";
    text += synopsis(*each) + options_text(*each, ".SS ");
  }
  return text;
}

std::string list_of_pages(const CLI::App& program) {
  std::string text = ".SH COMMANDS\n";
  for (const CLI::App* each : commands_of(program)) {
    text += paragraph(bold(man_page_name(*each)) + "(1)", roff(each->get_description()));
  }
  return text;
}

}  // namespace

std::string man_page_name(const CLI::App& command) {
  return command.get_parent() == nullptr ? "qprompt" : "qprompt-" + command.get_name();
}

std::string man_page(const CLI::App& command) {
  const bool is_program = command.get_parent() == nullptr;
  const std::string name = man_page_name(command);
  return fmt::format(".TH {} 1 \"\" \"qprompt {}\" \"User Commands\"\n", roff(upper(name)),
                     QPROMPT_VERSION) +
         fmt::format(".SH NAME\n{} \\- {}\n", roff(name), roff(command.get_description())) +
         ".SH SYNOPSIS\n" + synopsis(command) + options_text(command, ".SH ") +
         (is_program ? list_of_pages(command) + kExitStatus : inner_commands_text(command)) +
         footer_text(command) + (is_program ? "" : ".SH SEE ALSO\n.BR qprompt (1)\n");
}

}  // namespace qprompt::cli
