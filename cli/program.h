#pragma once

namespace qprompt::cli {

// The whole program: reads the words behind argv[0], does what they say and returns the exit
// status.
int main(int argc, char** argv);

}  // namespace qprompt::cli
