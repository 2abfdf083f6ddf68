#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <string>

namespace qprompt::cli {

// Help pages of a hundred columns. Flags that few people need stand in groups by what they are
// about, which only --help-all shows.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(bool shows_all) : shows_all_(shows_all) { column_width(kNameColumn); }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  static constexpr std::size_t kNameColumn = 30;
  bool shows_all_;
};

inline constexpr char kFirstGroup[] = "Options";

// What is added to the command from now on is about this.
void start_group(CLI::App& command, const std::string& name);

// These flags of the command (and its positionals) are shown by --help, all others by --help-all.
void show_first(CLI::App& command, std::initializer_list<const char*> flags);

}  // namespace qprompt::cli
