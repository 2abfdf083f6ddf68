#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

// The program's commands and their options as they are parsed: what man pages and completions are
// made of. What help does not show is not here either.
namespace qprompt::cli {

// Those within this command, in the order of its help.
std::vector<const CLI::App*> commands_of(const CLI::App& command);
// This command and all below it.
std::vector<const CLI::App*> with_all_below(const CLI::App& command);
// The words that ask for it after the program's name: "data check", of the program none.
std::string words_of(const CLI::App& command);

std::vector<const CLI::Option*> flags_of(const CLI::App& command);
// Flags, and those of the program that may stand behind every command.
std::vector<const CLI::Option*> flags_with_general(const CLI::App& command);
std::vector<const CLI::Option*> positionals_of(const CLI::App& command);

// "-h", "--help", "--help-all"
std::vector<std::string> names_of(const CLI::Option& flag);
bool takes_value(const CLI::Option& flag);
// What stands for the value in help: "fp32|bf16|auto", "DIR".
std::string type_of(const CLI::Option& option);
// The values that its type lists, or its help where they are too many for that.
std::vector<std::string> choices_of(const CLI::Option& option);
// Whether something else may stand there that is no number: a path, for all that is known.
bool takes_path(const CLI::Option& option);

}  // namespace qprompt::cli
