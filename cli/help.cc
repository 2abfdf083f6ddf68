#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace qprompt::cli {
namespace {

constexpr char kRest[] = "Other options";
constexpr std::size_t kColumns = 100;

// Words in lines of `width`; lines after the first are indented.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::istringstream words(text);
  std::string lines;
  std::size_t column = 0;
  for (std::string word; words >> word; column += word.size() + 1) {
    if (column > 0 && column + word.size() > width) {
      lines += "\n" + std::string(indent, ' ');
      column = 0;
    }
    lines += (column > 0 ? " " : "") + word;
  }
  return lines;
}

}  // namespace

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  const bool is_shown = shows_all_ || is_positional || group == kFirstGroup;
  return is_shown ? Formatter::make_group(group, is_positional, options) : "";
}

// A group that is not shown leaves its blank line.
std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  std::string page = Formatter::make_help(app, std::move(name), mode);
  for (std::size_t at = 0; (at = page.find("\n\n\n", at)) != page.npos;) page.erase(at, 1);
  return page;
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  const std::size_t hidden =
      app->get_options([](const CLI::Option* option) { return option->get_group() != kFirstGroup; })
          .size();
  const std::string more = shows_all_ || hidden == 0
                               ? ""
                               : fmt::format("\n--help-all shows {} more options\n\n", hidden);
  return more + Formatter::make_footer(app);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  const std::string name =
      "  " + make_option_name(option, is_positional) + make_option_opts(option);
  const std::string indent(kNameColumn, ' ');
  const bool fits = name.size() + 4 <= kNameColumn;
  std::string text = "  " + wrapped(name, 6, kColumns);
  text += fits ? std::string(kNameColumn - 2 - name.size(), ' ') : "\n" + indent;
  return text + wrapped(make_option_desc(option), kNameColumn, kColumns - kNameColumn) + "\n";
}

void start_group(CLI::App& command, const std::string& name) {
  command.option_defaults()->group(name);
}

void show_first(CLI::App& command, std::initializer_list<const char*> flags) {
  for (CLI::Option* option : command.get_options()) {
    const bool is_first =
        option->get_positional() || option == command.get_help_ptr() ||
        std::ranges::any_of(flags, [&](const char* flag) { return option->check_lname(flag); });
    if (is_first) {
      option->group(kFirstGroup);
    } else if (option->get_group() == kFirstGroup) {
      option->group(kRest);
    }
  }
}

}  // namespace qprompt::cli
