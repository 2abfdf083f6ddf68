// usage: make_records FOLDER: records of made-up runs, to look at a report of.

#include <cstdio>

#include "tests/support/synthetic_records.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_records FOLDER\n", stderr);
    return 2;
  }
  qprompt::testing::write_many_records(argv[1]);
}
