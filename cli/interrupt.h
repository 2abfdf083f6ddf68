#pragma once

namespace qprompt::cli {

// From now on the first SIGINT is remembered and the second ends the program at once.
void watch_interrupts();
bool interrupted();

}  // namespace qprompt::cli
