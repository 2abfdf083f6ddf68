#include "qprompt/report/cost.h"

#include <algorithm>

namespace qprompt::report {
namespace {

struct Cost {
  std::string experiment, method;
  int runs = 0;
  Seconds seconds{};

  void add(const RunRecord& run) {
    ++runs;
    seconds.features += run.seconds.features;
    seconds.test_features += run.seconds.test_features;
    seconds.training += run.seconds.training;
    seconds.evaluation += run.seconds.evaluation;
  }
};

// In the order in which they come.
std::vector<Cost> costs_of(const std::vector<RunRecord>& runs) {
  std::vector<Cost> costs;
  for (const RunRecord& run : runs) {
    auto cost = std::ranges::find_if(costs, [&](const Cost& each) {
      return each.experiment == run.experiment && each.method == run.method;
    });
    if (cost == costs.end()) cost = costs.insert(cost, {run.experiment, run.method});
    cost->add(run);
  }
  return costs;
}

std::vector<Cell> row_of(const Cost& cost) {
  std::vector<Cell> row{cost.experiment, cost.method, double(cost.runs)};
  const Seconds& s = cost.seconds;
  for (const double sum : {s.features, s.test_features, s.training, s.evaluation, s.all()}) {
    row.emplace_back(sum);
    row.emplace_back(sum / cost.runs);
  }
  return row;
}

}  // namespace

Table cost_table(const std::vector<RunRecord>& runs) {
  Table table{"cost",
              "Seconds",
              "Sums over the runs, and means. Features: preparing training and test images that "
              "no run before had prepared, so that the first run of a data set pays for those "
              "after it. Records that say nothing of test features hold them under evaluation.",
              {},
              {},
              1};
  table.columns = {Column::of_text("experiment"), Column::of_text("method"),
                   Column::of_count("runs")};
  for (const std::string part : {"features", "test features", "training", "evaluation", "all"}) {
    table.columns.push_back({part + ", s", true, 1});
    table.columns.push_back({part + ", s a run", true, 2});
  }
  Cost all{"all", "all"};
  for (const RunRecord& run : runs) all.add(run);
  for (const Cost& cost : costs_of(runs)) table.rows.push_back(row_of(cost));
  table.rows.push_back(row_of(all));
  return table;
}

}  // namespace qprompt::report
