#include "qprompt/report/comparison.h"

#include <algorithm>
#include <set>

#include "qprompt/report/accuracy_tables.h"
#include "qprompt/report/published.h"

namespace qprompt::report {
namespace {

constexpr int kPublishedShots = 16;
constexpr char kImageNet[] = "ImageNet";  // published transfer is from it
constexpr char kOurs[] = "this report", kTheirs[] = "published";

std::string note_of_both() {
  return published().about + " Ours are of the model that the report names.";
}

using Names = std::set<std::string>;

bool is_comparable(const RunRecord& run) {
  return run.is_zero_shot() || run.shots == kPublishedShots;
}

// Whether an average is over the data sets that the published ones are over.
bool is_of_published_datasets(const AverageRow& row) {
  Names ours, theirs;
  for (const Group* group : row.groups) ours.insert(group->first().dataset);
  for (const PublishedBaseToNew& each : published().base_to_new) theirs.insert(each.dataset);
  return ours == theirs;
}

void add_comparison_columns(Table& table, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    table.columns.push_back(Column::of_percent(name, Better::kNeither));
    table.columns.push_back(Column::of_percent(name + ", published", Better::kNeither));
    table.columns.push_back(Column::of_difference(name + ", difference"));
  }
}

void add_comparison(std::vector<Cell>& row, const std::optional<MeanAndDeviation>& ours,
                    double theirs) {
  row.push_back(ours ? Cell(ours->mean) : Cell());
  row.emplace_back(theirs);
  row.push_back(ours ? Cell(ours->mean - theirs) : Cell());
}

Table base_to_new_table(std::span<const Group> groups) {
  Table table{"base-to-new-published", "Beside published numbers", note_of_both(), {}, {}, 1};
  table.columns = {Column::of_text("data set"), Column::of_text("method")};
  add_comparison_columns(table, {kBase, kNew, kH});
  for (const Group& group : groups) {
    if (group.varies || !is_comparable(group.first())) continue;
    for (const PublishedBaseToNew& theirs : published().base_to_new) {
      if (theirs.dataset != group.first().dataset) continue;
      if (theirs.method != published().title_of(group.method)) continue;
      std::vector<Cell> row{group.dataset, group.label};
      add_comparison(row, mean_of(group, kBase), theirs.base);
      add_comparison(row, mean_of(group, kNew), theirs.novel);
      add_comparison(row, mean_of(group, kH), theirs.harmonic);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

// Averages over other data sets than the published eleven are no averages to compare.
Table base_to_new_averages_table(std::span<const Group> groups) {
  Table table{"base-to-new-averages-published",
              "Averages beside published ones",
              "Averages over the data sets of this report; the published ones are over eleven.",
              {},
              {},
              1};
  table.columns = {Column::of_text("data sets"), Column::of_text("method")};
  add_comparison_columns(table, {kBase, kNew, kH});
  for (const AverageRow& ours : average_rows(groups)) {
    if (ours.varies || !is_comparable(ours.first()) || !is_of_published_datasets(ours)) continue;
    for (const PublishedBaseToNew& theirs : published().base_to_new_averages) {
      if (theirs.method != published().title_of(ours.method)) continue;
      std::vector<Cell> row{std::to_string(ours.groups.size()), ours.label};
      add_comparison(row, ours.mean_of(kBase), theirs.base);
      add_comparison(row, ours.mean_of(kNew), theirs.novel);
      add_comparison(row, ours.mean_of(kH), theirs.harmonic);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

// Whether the average of a run is over the targets that the published one is over.
bool has_published_targets(const RunRecord& run, std::span<const PublishedAccuracy> published_for) {
  Names ours, theirs;
  for (const TargetRecord& target : run.targets) ours.insert(target.dataset);
  for (const PublishedAccuracy& each : published_for) theirs.insert(each.target);
  theirs.erase(kAverage);
  for (Names* names : {&ours, &theirs}) names->erase(kImageNet);
  return ours == theirs;
}

// Transfer: what was learned on ImageNet, asked on others.
Table transfer_table(std::span<const Group> groups,
                     std::span<const PublishedAccuracy> published_for) {
  Table table{id_of(groups.front().experiment) + "-published",
              "Beside published numbers",
              note_of_both(),
              {},
              {},
              1};
  table.columns = {Column::of_text("target"), Column::of_text("method")};
  add_comparison_columns(table, {"accuracy"});
  for (const Group& group : groups) {
    const RunRecord& run = group.first();
    if (group.varies || !is_comparable(run) || run.dataset != kImageNet) continue;
    const bool has_all = has_published_targets(run, published_for);
    for (const PublishedAccuracy& theirs : published_for) {
      if (theirs.target == kAverage && !has_all) continue;
      const auto ours = mean_of(group, theirs.target);
      if (!ours || theirs.method != published().title_of(group.method)) continue;
      std::vector<Cell> row{theirs.target, group.label};
      add_comparison(row, ours, theirs.accuracy);
      table.rows.push_back(std::move(row));
    }
  }
  std::ranges::stable_sort(table.rows, {}, [](const auto& row) { return row[0].text; });
  return table;
}

Table few_shot_table(std::span<const Group> groups) {
  Table table{"few-shot-published",
              "Averages beside published ones",
              "Averages over the data sets of this report; the published ones are over eleven.",
              {},
              {},
              1};
  table.columns = {Column::of_text("data sets"), Column::of_text("method"),
                   Column::of_count("shots")};
  add_comparison_columns(table, {"accuracy"});
  const std::string measure = measure_names(groups).back();
  for (const AverageRow& ours : average_rows(groups)) {
    if (ours.varies || !is_of_published_datasets(ours)) continue;
    if (ours.shots == 0 && !ours.first().is_zero_shot()) continue;
    for (const PublishedFewShot& theirs : published().few_shot) {
      if (theirs.shots != ours.shots || theirs.method != published().title_of(ours.method)) {
        continue;
      }
      std::vector<Cell> row{std::to_string(ours.groups.size()), ours.label, double(ours.shots)};
      add_comparison(row, ours.mean_of(measure), theirs.accuracy);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

void add_published_sizes(Table& table) {
  for (const PublishedBaseToNew& theirs : published().base_to_new_averages) {
    for (const PublishedMethod& method : published().methods) {
      if (method.title != theirs.method || !method.bytes) continue;
      table.rows.push_back({method.title, kTheirs, *method.bytes, theirs.harmonic});
    }
  }
}

std::vector<Table> all_tables(std::span<const Group> groups) {
  const std::string& experiment = groups.front().experiment;
  if (experiment == "base-to-new") {
    return {base_to_new_averages_table(groups), base_to_new_table(groups)};
  }
  if (experiment == "cross-dataset") return {transfer_table(groups, published().cross_dataset)};
  if (experiment == "domain-generalization") {
    return {transfer_table(groups, published().domain_generalization)};
  }
  if (experiment == "few-shot") return {few_shot_table(groups)};
  return {};
}

}  // namespace

std::vector<Table> published_tables(std::span<const Group> groups) {
  std::vector<Table> tables = all_tables(groups);
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  return tables;
}

Figure size_figure(std::span<const Group> groups) {
  const std::string measure = measure_names(groups).back();
  Figure figure = Figure::of(groups.front().experiment, "size", "Accuracy against size");
  figure.caption = "Bytes of the learned values against " + measure +
                   ", averaged over the data sets. Zero-shot learns nothing and is a line.";
  figure.kind = "scatter";
  figure.channels = {{"x", "bytes"}, {"y", measure}, {"series", "source"}, {"name", "method"}};
  figure.data.columns = {Column::of_text("method"), Column::of_text("source"),
                         Column::of_count("bytes"), Column::of_percent(measure, Better::kNeither)};
  for (const AverageRow& row : average_rows(groups)) {
    const auto value = row.mean_of(measure);
    if (!value) continue;
    const Index bytes = row.groups.front()->payload_bytes();
    figure.data.rows.push_back({row.label, kOurs, static_cast<double>(bytes), value->mean});
  }
  if (measure == kH) add_published_sizes(figure.data);
  return figure;
}

Figure shots_figure(std::span<const Group> groups) {
  const std::string measure = measure_names(groups).back();
  Figure figure = Figure::of(groups.front().experiment, "curves", "Accuracy by shots");
  figure.caption =
      "Averages over the data sets of this report; dashed: published averages over eleven. "
      "Zero-shot is at no shots; what was learned from all images stands in the table alone.";
  figure.kind = "lines";
  figure.channels = {{"x", "shots"}, {"y", "accuracy"}, {"series", "method"}, {"scale", "shots"}};
  figure.data.columns = {Column::of_text("method"), Column::of_count("shots"),
                         Column::of_percent("accuracy", Better::kNeither)};
  std::set<std::string> methods;
  for (const AverageRow& row : average_rows(groups)) {
    methods.insert(published().title_of(row.method));
    if (row.shots == 0 && !row.first().is_zero_shot()) continue;
    const auto value = row.mean_of(measure);
    if (!value) continue;
    figure.data.rows.push_back({row.label, double(row.shots), Cell(*value, row.has_deviation())});
  }
  for (const PublishedFewShot& theirs : published().few_shot) {
    if (!methods.contains(theirs.method)) continue;
    figure.data.rows.push_back(
        {theirs.method + ", published", double(theirs.shots), theirs.accuracy});
  }
  return figure;
}

}  // namespace qprompt::report
