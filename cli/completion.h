#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace qprompt::cli {

// What a shell sources to complete the program's commands, flags, listed values and paths.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace qprompt::cli
