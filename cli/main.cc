#include "cli/program.h"

int main(int argc, char** argv) { return qprompt::cli::main(argc, argv); }
