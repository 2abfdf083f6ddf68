#include "cli/commands.h"

namespace qprompt::cli {

void add_classify_command(CLI::App&) {}

}  // namespace qprompt::cli
