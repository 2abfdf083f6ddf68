#include "cli/commands.h"

namespace qprompt::cli {

void add_demo_command(CLI::App&) {}

}  // namespace qprompt::cli
