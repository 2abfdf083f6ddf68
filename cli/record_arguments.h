#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "qprompt/report/read_records.h"

namespace qprompt::cli {

// RECORDS: what a command reads that shows results.
struct RecordArguments {
  std::vector<std::string> paths;

  void add_to(CLI::App& app);
  // Says on stderr what was left out and what differs.
  report::Records read() const;
};

}  // namespace qprompt::cli
