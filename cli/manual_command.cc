#include <fmt/format.h>

#include <filesystem>

#include "cli/command_tree.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/man_page.h"
#include "qprompt/core/file.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

// Where man and the shells look for them, below a share folder.
void write_manual(const CLI::App& program, const fs::path& folder) {
  const auto write = [&](const fs::path& name, const std::string& text) {
    fs::create_directories((folder / name).parent_path());
    write_file(folder / name, text);
  };
  const auto write_page = [&](const CLI::App& command) {
    write("man/man1/" + man_page_name(command) + ".1", man_page(command));
  };
  write_page(program);
  for (const CLI::App* command : commands_of(program)) write_page(*command);
  write("bash-completion/completions/qprompt", bash_completion(program));
  write("zsh/site-functions/_qprompt", zsh_completion(program));
  write("fish/vendor_completions.d/qprompt.fish", fish_completion(program));
}

}  // namespace

void add_manual_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("manual", "write man pages and completions for bash, zsh and fish");
  command->group("");  // for those who make packages
  auto folder = std::make_shared<std::string>();
  command->add_option("output", *folder, "share folder to write into")
      ->required()
      ->type_name("DIR");
  command->callback([&app, folder] { write_manual(app, *folder); });
}

}  // namespace qprompt::cli
