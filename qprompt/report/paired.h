#pragma once

#include <string>
#include <vector>

#include "qprompt/report/run_record.h"
#include "qprompt/report/table.h"

namespace qprompt::report {

// One label against another over runs of the same experiment, model, data, classes, shots, seeds
// and target; records that say that their images differ are of different data, whatever its name.
// A zero-shot run is the pair of any shots and seeds: nothing was drawn for it.
struct PairedDifference {
  std::string experiment, label, against;
  std::string measure;          // a target's name, "H" or "average"
  MeanAndDeviation difference;  // of `label` over `against`, points of per cent; of the pairs
  int pairs = 0, wins = 0, ties = 0;
};

// Every label against every one that comes before it in the tables' order, or against those alone
// whose label or method is `baseline`. Throws Error where there is no such one, naming those there
// are.
std::vector<PairedDifference> paired_differences(const std::vector<RunRecord>& runs,
                                                 const std::string& baseline = "");

// A row for each.
Table paired_table(const std::vector<PairedDifference>& differences);

}  // namespace qprompt::report
