#include "cli/commands.h"

namespace qprompt::cli {

void add_inspect_command(CLI::App&) {}

}  // namespace qprompt::cli
