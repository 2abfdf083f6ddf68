#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/report/group.h"
#include "qprompt/report/table.h"

namespace qprompt::report {

// A row for each group of one experiment: every measure, runs, bytes, seconds.
Table accuracy_table(std::span<const Group> groups);

// One label, with one number of shots, over all data sets of an experiment.
struct AverageRow {
  std::string label, method;
  int shots = 0;
  bool varies = false;
  std::vector<const Group*> groups;  // one for each data set

  // The mean over the data sets of the means over the seeds; H is that of the averaged base and new
  // accuracies. The deviation is that of the averages of each seed, where every data set has the
  // same seeds. None where a data set has no such measure.
  std::optional<MeanAndDeviation> mean_of(const std::string& measure) const;
  bool has_deviation() const;
  const RunRecord& first() const { return groups.front()->first(); }
};
std::vector<AverageRow> average_rows(std::span<const Group> groups);

std::size_t dataset_count(std::span<const Group> groups);
bool shots_vary(std::span<const Group> groups);  // zero-shot apart

// A row for each label and number of shots.
Table averages_table(std::span<const Group> groups);

// Accuracy by shots: a row for each label, a column for each number of shots, averages over the
// data sets; zero-shot in a column of its own, and so is what was learned from all images.
Table shots_table(std::span<const Group> groups);

// Every accuracy that was measured: a row for each run and target.
Table runs_table(const std::vector<RunRecord>& runs);

}  // namespace qprompt::report
