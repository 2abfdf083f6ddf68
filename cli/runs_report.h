#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "qprompt/run/run_list.h"

namespace qprompt::cli {

// A line for each run under a line of headings, in columns.
std::vector<std::string> runs_table(const std::vector<ListedRun>& runs);

// "5 runs: 1 running, 4 finished"
std::string runs_summary(const std::vector<ListedRun>& runs);

nlohmann::ordered_json runs_as_json(const std::vector<ListedRun>& runs);

// The table that renews itself on a terminal as long as runs run. Elsewhere lines of runs are
// printed as they change.
class RunsWatch {
 public:
  // Shows runs in place of those shown before.
  void show(const std::vector<ListedRun>& runs);

 private:
  void renew(const std::vector<ListedRun>& runs, int rows, int columns);
  void print_changes(const std::vector<ListedRun>& runs);

  int lines_shown_ = 0;
  std::map<std::string, std::string> shown_;  // what was printed of each run
};

}  // namespace qprompt::cli
