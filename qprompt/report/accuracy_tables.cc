#include "qprompt/report/accuracy_tables.h"

#include <algorithm>
#include <map>
#include <set>

namespace qprompt::report {
namespace {

void add_measure_columns(const std::vector<std::string>& names, Table& table) {
  for (const std::string& name : names) table.columns.push_back(Column::of_percent(name));
}

Cell cell_of(const std::optional<MeanAndDeviation>& value, bool several) {
  return value ? Cell(*value, several) : Cell();
}

constexpr char kZeroShot[] = "zero-shot";

// Bytes and seconds are of what was learned.
Cell learned_only(bool learned, double value) { return learned ? Cell(value) : Cell(); }

using Seeds = std::pair<std::uint64_t, std::uint64_t>;

std::set<Seeds> seeds_of(const Group& group) {
  std::set<Seeds> draws;
  for (const RunRecord* run : group.runs) draws.emplace(run->seed, run->train_seed);
  return draws;
}

// The measure of one draw, averaged over the data sets.
double average_of(const std::vector<const Group*>& groups, const Seeds& draw,
                  const std::string& name) {
  double sum = 0;
  for (const Group* group : groups) {
    for (const RunRecord* run : group->runs) {
      if (Seeds(run->seed, run->train_seed) != draw) continue;
      for (const Measure& measure : measures(*run)) {
        if (measure.name == name) sum += measure.value;
      }
    }
  }
  return sum / static_cast<double>(groups.size());
}

std::string count_of(std::size_t part, std::size_t all) {
  return part == all ? std::to_string(all) : std::to_string(part) + " of " + std::to_string(all);
}

// Columns of a table by shots: zero-shot, then from few to many, then all images.
std::vector<std::string> shots_columns(std::span<const Group> groups) {
  std::map<std::pair<bool, int>, std::string> names;
  for (const Group& group : groups) {
    if (group.first().is_zero_shot()) continue;
    names[{group.shots == 0, group.shots}] = group.first().shots_name();
  }
  std::vector<std::string> columns{kZeroShot};
  for (const auto& [rank, name] : names) columns.push_back(name);
  return columns;
}

std::vector<Cell> average_cells(const AverageRow& row, const std::vector<std::string>& names) {
  std::vector<Cell> cells;
  cells.reserve(names.size());
  for (const std::string& name : names) {
    cells.push_back(cell_of(row.mean_of(name), row.has_deviation()));
  }
  return cells;
}

// The measure that stands for all of a run.
std::string main_measure(std::span<const Group> groups) { return measure_names(groups).back(); }

}  // namespace

Table accuracy_table(std::span<const Group> groups) {
  const std::string& experiment = groups.front().experiment;
  Table table{id_of(experiment),
              "Accuracy by data set",
              "Per cent; mean and population standard deviation over the seeds.",
              {},
              {},
              1};
  const bool by_shots = shots_vary(groups);
  const std::vector<std::string> names = measure_names(groups);
  table.columns = {Column::of_text("data set"), Column::of_text("method")};
  if (by_shots) table.columns.push_back(Column::of_text("shots"));
  add_measure_columns(names, table);
  for (const char* name : {"runs", "bytes"}) table.columns.push_back(Column::of_count(name));
  table.columns.push_back({"training, s", true, 1});
  for (const Group& group : groups) {
    std::vector<Cell> row{group.dataset, group.label};
    const bool learned = !group.first().is_zero_shot();
    if (by_shots) row.emplace_back(group.first().shots_text());
    for (const std::string& name : names) {
      row.push_back(cell_of(mean_of(group, name), group.runs.size() > 1));
    }
    row.emplace_back(static_cast<double>(group.runs.size()));
    row.push_back(learned_only(learned, static_cast<double>(group.payload_bytes())));
    row.push_back(learned_only(learned, group.training_seconds()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::optional<MeanAndDeviation> AverageRow::mean_of(const std::string& measure) const {
  MeanAndDeviation result;
  for (const Group* group : groups) {
    const auto value = report::mean_of(*group, measure);
    if (!value) return std::nullopt;
    result.mean += value->mean / static_cast<double>(groups.size());
  }
  if (measure == kH) {
    result.mean = harmonic_mean(mean_of(kBase)->mean, mean_of(kNew)->mean);
  }
  std::vector<double> averages;
  for (const Seeds& draw : seeds_of(*groups.front())) {
    averages.push_back(measure == kH ? harmonic_mean(average_of(groups, draw, kBase),
                                                     average_of(groups, draw, kNew))
                                     : average_of(groups, draw, measure));
  }
  result.deviation = mean_and_deviation(averages).deviation;
  return result;
}

bool AverageRow::has_deviation() const {
  const std::set<Seeds> draws = seeds_of(*groups.front());
  return draws.size() > 1 &&
         std::ranges::all_of(groups, [&](const Group* group) { return seeds_of(*group) == draws; });
}

std::vector<AverageRow> average_rows(std::span<const Group> groups) {
  std::vector<AverageRow> rows;
  for (const Group& group : groups) {
    auto row = std::ranges::find_if(rows, [&](const AverageRow& each) {
      return each.label == group.label && each.shots == group.shots;
    });
    if (row == rows.end()) {
      row = rows.insert(row, {group.label, group.method, group.shots, group.varies, {}});
    }
    row->groups.push_back(&group);
  }
  return rows;
}

std::size_t dataset_count(std::span<const Group> groups) {
  std::set<std::string> datasets;
  for (const Group& group : groups) datasets.insert(group.dataset);
  return datasets.size();
}

bool shots_vary(std::span<const Group> groups) { return shots_columns(groups).size() > 2; }

Table averages_table(std::span<const Group> groups) {
  const std::string& experiment = groups.front().experiment;
  Table table{
      id_of(experiment) + "-averages",
      "Averages over the data sets",
      "Per cent, over the data sets of each row; H of the averaged base and new accuracies. "
      "The deviation is that of the averages of single seeds. The best is marked among "
      "rows of the same number of data sets.",
      {},
      {},
      1};
  const bool by_shots = shots_vary(groups);
  const std::vector<std::string> names = measure_names(groups);
  table.columns = {Column::of_text("data sets"), Column::of_text("method")};
  if (by_shots) table.columns.push_back(Column::of_text("shots"));
  add_measure_columns(names, table);
  const std::size_t datasets = dataset_count(groups);
  for (const AverageRow& average : average_rows(groups)) {
    std::vector<Cell> row{count_of(average.groups.size(), datasets), average.label};
    if (by_shots) row.emplace_back(average.first().shots_text());
    for (Cell& cell : average_cells(average, names)) row.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table shots_table(std::span<const Group> groups) {
  const std::string measure = main_measure(groups);
  Table table{id_of(groups.front().experiment) + "-shots",
              "Averages by shots",
              "Per cent (" + measure + "), averages over the data sets.",
              {},
              {},
              1};
  table.columns = {Column::of_text("data sets"), Column::of_text("method")};
  const std::vector<std::string> shots = shots_columns(groups);
  for (const std::string& name : shots) table.columns.push_back(Column::of_percent(name));
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  const std::size_t datasets = dataset_count(groups);
  for (const AverageRow& average : average_rows(groups)) {
    const std::string count = count_of(average.groups.size(), datasets);
    const auto [place, is_new] = places.try_emplace({count, average.label}, table.rows.size());
    if (is_new) {
      table.rows.emplace_back(table.columns.size());
      table.rows.back()[0] = count;
      table.rows.back()[1] = average.label;
    }
    const RunRecord& run = average.first();
    const std::string name = run.is_zero_shot() ? kZeroShot : run.shots_name();
    const auto column = 2 + (std::ranges::find(shots, name) - shots.begin());
    table.rows[place->second][static_cast<std::size_t>(column)] =
        cell_of(average.mean_of(measure), average.has_deviation());
  }
  return table;
}

Table runs_table(const std::vector<RunRecord>& runs) {
  Table table{"runs",
              "Single runs",
              "Per cent; low and high: the 95 % interval of the accuracy; NLL in nats.",
              {},
              {},
              2};
  table.columns = {Column::of_text("experiment"),
                   Column::of_text("data set"),
                   Column::of_text("method"),
                   Column::of_text("shots"),
                   Column::of_count("seed"),
                   Column::of_text("target"),
                   Column::of_count("images"),
                   Column::of_percent("accuracy", Better::kNeither),
                   Column::of_percent("low", Better::kNeither),
                   Column::of_percent("high", Better::kNeither),
                   Column::of_percent("top 5", Better::kNeither),
                   Column::of_percent("macro F1", Better::kNeither),
                   Column::of_percent("ECE", Better::kNeither),
                   {"NLL", true, 3}};
  for (const RunRecord& run : runs) {
    for (const TargetRecord& target : run.targets) {
      table.rows.push_back(
          {run.experiment, run.dataset, run.label, run.shots_text(), static_cast<double>(run.seed),
           target.name, static_cast<double>(target.images), 100 * target.accuracy,
           100 * target.interval.low, 100 * target.interval.high, 100 * target.top_5,
           100 * target.macro_f1, target.ece ? Cell(100 * *target.ece) : Cell(), Cell(target.nll)});
    }
  }
  return table;
}

}  // namespace qprompt::report
