#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/report/run_record.h"

namespace qprompt::report {

// The order of tables: experiment, data set, classes, method, what was varied, shots, seeds.
bool comes_before(const RunRecord& a, const RunRecord& b);

inline constexpr char kBase[] = "base", kNew[] = "new", kH[] = "H", kAverage[] = "average";

// A quantity of a run, in per cent.
struct Measure {
  std::string name;
  double value = 0;
};
// The accuracy on every target; then H where there are base and new classes, or the average over
// the other data sets than the run's own where there are several.
std::vector<Measure> measures(const RunRecord& run);

// Runs that differ in nothing but their seeds: a row of a table.
struct Group {
  std::string experiment, dataset, label, method;
  int shots = 0;
  bool varies = false;  // one of several variants of its method
  std::vector<const RunRecord*> runs;

  Index payload_bytes() const { return runs.front()->payload_bytes; }
  double training_seconds() const;  // mean
  const RunRecord& first() const { return *runs.front(); }
};
// In the order of `runs`, which have to outlive them. Where an experiment holds a data set with
// several choices of classes, the data set's name says which.
std::vector<Group> groups_of(const std::vector<RunRecord>& runs);

// Mean and population standard deviation over the runs, in per cent; H is that of the mean base and
// new accuracies, as published tables have it, and its deviation that of the runs' H. None where a
// run has no such measure.
std::optional<MeanAndDeviation> mean_of(const Group& group, const std::string& measure);

// Names of measures of all groups, in the order in which they come.
std::vector<std::string> measure_names(std::span<const Group> groups);

}  // namespace qprompt::report
