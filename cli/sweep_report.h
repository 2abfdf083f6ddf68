#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/experiment/sweep.h"
#include "qprompt/report/read_records.h"

namespace qprompt::cli {

// What became of a list of runs.
struct SweepResult {
  std::vector<std::filesystem::path> records{};  // that are there now, in the order of the list
  std::size_t found = 0;                         // that were there before
  std::vector<std::string> failures{};           // why runs failed, one line each
  bool interrupted = false;

  SweepResult& operator+=(const SweepResult& other);
};

// Does the runs that are missing (run_all) until a SIGINT, with progress, and says on stderr what
// becomes of each. `options` are without what is to be called.
SweepResult run_and_tell(Workbench& bench, const std::vector<RunSpec>& runs, SweepOptions options);

// Throws Interrupted or Error where not all was done.
void require_all_done(const SweepResult& result);

// Accuracies on stdout, a table for each experiment; on stderr what is to be noticed.
void print_tables(const report::Records& records);

}  // namespace qprompt::cli
