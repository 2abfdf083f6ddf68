#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace qprompt::cli {

// "qprompt-data"; of the program "qprompt".
std::string man_page_name(const CLI::App& command);
// In roff, of the program or one of its commands, which has what is within it in its page.
std::string man_page(const CLI::App& command);

}  // namespace qprompt::cli
