#pragma once

namespace qprompt::cli {

// From now on the first SIGINT or SIGTERM is acknowledged and remembered, and a later one ends the
// program at once. A second one within a second is the same once more: `timeout` and terminals
// signal a program and then its whole group.
void watch_interrupts();
bool interrupted();

}  // namespace qprompt::cli
