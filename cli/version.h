#pragma once

#include <string>

namespace qprompt::cli {

// What the program was built with and what this machine offers.
std::string version_text();

}  // namespace qprompt::cli
