#include "qprompt/report/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "qprompt/report/accuracy_tables.h"

namespace qprompt::report {
namespace {

constexpr std::size_t kMostSteps = 400, kMostEpochs = 10;

// "qcoop bits=2, Caltech101": a group by its name.
std::string name_of(const Group& group, std::span<const Group> groups) {
  const bool by_shots = std::ranges::any_of(groups, [&](const Group& other) {
    return other.label == group.label && other.dataset == group.dataset &&
           other.shots != group.shots;
  });
  return group.label + ", " + group.dataset + (by_shots ? ", " + group.first().shots_name() : "");
}

std::vector<Figure> unless_empty(Figure figure) {
  if (figure.data.rows.empty()) return {};
  return {std::move(figure)};
}

using Curve = std::map<int, std::vector<double>>;  // by epoch, a value of each run

// Of the epochs that all runs have: a mean of fewer would be of something else.
void add_curve(const std::vector<Cell>& names, const Curve& curve, std::size_t runs, Table& table) {
  for (const auto& [epoch, values] : curve) {
    if (values.size() != runs) continue;
    std::vector<Cell> row = names;
    row.emplace_back(double(epoch));
    row.emplace_back(mean_and_deviation(values), runs > 1);
    table.rows.push_back(std::move(row));
  }
}

using Values = std::map<std::string, double>;  // of an epoch, by panel

Values losses_of(const EpochRecord& epoch) { return {{"training", epoch.loss}}; }

Values accuracies_of(const EpochRecord& epoch) {
  Values values;
  for (const auto& [name, accuracy] : epoch.targets) values[name] = 100 * accuracy;
  return values;
}

// A curve for each group and panel.
Figure epoch_figure(Figure figure, const Column& y, std::span<const Group> groups,
                    Values (*values_of)(const EpochRecord&)) {
  figure.kind = "lines";
  figure.channels = {{"x", "epoch"}, {"y", y.name}, {"series", "method"}, {"panel", "target"}};
  figure.choice = "data set";
  figure.data.columns = {Column::of_text("data set"), Column::of_text("target"),
                         Column::of_text("method"), Column::of_count("epoch"), y};
  for (const Group& group : groups) {
    std::map<std::string, Curve> curves;
    for (const RunRecord* run : group.runs) {
      for (const EpochRecord& epoch : run->epochs) {
        for (const auto& [panel, value] : values_of(epoch)) {
          curves[panel][epoch.epoch].push_back(value);
        }
      }
    }
    const std::string series =
        group.label + (shots_vary(groups) ? ", " + group.first().shots_name() : "");
    for (const auto& [panel, curve] : curves) {
      add_curve({group.dataset, panel, series}, curve, group.runs.size(), figure.data);
    }
  }
  return figure;
}

// Methods whose answers are not those of the last epoch.
std::string note_of_choices(std::span<const Group> groups) {
  std::set<std::string> labels;
  for (const Group& group : groups) {
    const auto choice = group.first().settings.find("model_choice");
    if (choice == group.first().settings.end() || choice->second == "last_epoch") continue;
    labels.insert(group.label + " (" + choice->second + ")");
  }
  if (labels.empty()) return "";
  return fmt::format(
      " Tables are of the epoch that was chosen, or of an average of epochs, and may say otherwise "
      "than the end of a curve: {}.",
      fmt::join(labels, ", "));
}

// As many epochs as can be told apart, evenly spaced, the first and the last among them.
std::vector<const EpochRecord*> epochs_with_weights(const RunRecord& run) {
  std::vector<const EpochRecord*> all;
  for (const EpochRecord& epoch : run.epochs) {
    if (!epoch.weights.empty()) all.push_back(&epoch);
  }
  if (all.size() <= kMostEpochs) return all;
  std::vector<const EpochRecord*> chosen;
  for (std::size_t i = 0; i < kMostEpochs; ++i) {
    chosen.push_back(all[i * (all.size() - 1) / (kMostEpochs - 1)]);
  }
  return chosen;
}

void add_histogram(const std::string& name, int epoch, const WeightHistogram& histogram,
                   Table& table) {
  const double width =
      (histogram.high - histogram.low) / static_cast<double>(histogram.counts.size());
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    const double low = histogram.low + width * static_cast<double>(i);
    table.rows.push_back(
        {name, double(epoch), low, low + width, static_cast<double>(histogram.counts[i])});
  }
}

// Every re-clustering, and of the other steps as many as a curve needs.
void add_divergences(const std::string& name, const std::string& matrix, const RunRecord& run,
                     Table& table) {
  std::size_t count = 0, position = 0;
  for (const DivergenceRecord& each : run.divergences) count += each.matrix == matrix;
  const std::size_t stride = (count + kMostSteps - 1) / kMostSteps;
  for (const DivergenceRecord& each : run.divergences) {
    if (each.matrix != matrix) continue;
    if (position++ % stride != 0 && !each.clustered) continue;
    table.rows.push_back(
        {name, static_cast<double>(each.step), each.kl, each.clustered ? "yes" : "no"});
  }
}

// Of methods that have all data sets: others' averages would be of something else.
void add_average_ranges(std::span<const Group> groups, const std::vector<std::string>& names,
                        Table& table) {
  const std::size_t datasets = dataset_count(groups);
  const std::string title = "average of " + std::to_string(datasets);
  for (const AverageRow& row : average_rows(groups)) {
    for (const std::string& name : names) {
      const auto value = row.mean_of(name);
      if (!value || row.groups.size() < datasets) continue;
      table.rows.push_back({title, name, row.label, Cell(*value, row.has_deviation())});
    }
  }
}

}  // namespace

Figure ranges_figure(std::span<const Group> groups) {
  Figure figure = Figure::of(groups.front().experiment, "ranges", "Accuracy of every method");
  figure.caption = "Mean over the seeds; the bar is the population standard deviation.";
  figure.kind = "ranges";
  figure.channels = {{"x", "accuracy"}, {"y", "method"}, {"panel", "target"}};
  figure.choice = "data set";
  figure.data.columns = {Column::of_text("data set"), Column::of_text("target"),
                         Column::of_text("method"),
                         Column::of_percent("accuracy", Better::kNeither)};
  const std::vector<std::string> names = measure_names(groups);
  if (dataset_count(groups) > 1) add_average_ranges(groups, names, figure.data);
  for (const Group& group : groups) {
    for (const std::string& name : names) {
      const auto value = mean_of(group, name);
      if (!value) continue;
      figure.data.rows.push_back(
          {group.dataset, name, group.label, Cell(*value, group.runs.size() > 1)});
    }
  }
  return figure;
}

std::vector<Figure> epoch_figures(std::span<const Group> groups) {
  const std::string& experiment = groups.front().experiment;
  const std::string means =
      "Mean over the seeds, of the epochs that all of them have; the band is the population "
      "standard deviation.";
  Figure accuracies =
      epoch_figure(Figure::of(experiment, "epochs", "Accuracy by epoch"),
                   Column::of_percent("accuracy", Better::kNeither), groups, accuracies_of);
  accuracies.caption = means +
                       " Of the values that each epoch ended with, as a file would hold them." +
                       note_of_choices(groups);
  if (!accuracies.data.rows.empty()) return {std::move(accuracies)};
  Figure losses = epoch_figure(Figure::of(experiment, "loss", "Loss by epoch"), {"loss", true, 4},
                               groups, losses_of);
  losses.caption = means;
  return unless_empty(std::move(losses));
}

std::vector<Figure> weight_figures(std::span<const Group> groups) {
  Figure figure = Figure::of(groups.front().experiment, "weights", "Learned values by epoch");
  figure.caption = "Histograms of a matrix of the prompt at the end of an epoch.";
  figure.kind = "histogram";
  figure.channels = {{"low", "from"}, {"high", "to"}, {"y", "values"}, {"panel", "epoch"}};
  figure.choice = "run and matrix";
  figure.data.columns = {Column::of_text("run and matrix"),
                         Column::of_count("epoch"),
                         {"from", true, 4},
                         {"to", true, 4},
                         Column::of_count("values")};
  for (const Group& group : groups) {
    for (const EpochRecord* epoch : epochs_with_weights(*group.runs.front())) {
      for (const auto& [matrix, histogram] : epoch->weights) {
        add_histogram(name_of(group, groups) + ", " + matrix, epoch->epoch, histogram, figure.data);
      }
    }
  }
  return unless_empty(std::move(figure));
}

std::vector<Figure> divergence_figures(std::span<const Group> groups) {
  Figure figure = Figure::of(groups.front().experiment, "divergence", "Divergence over training");
  figure.caption =
      "Kullback-Leibler divergence between a matrix's values and those its codebook was fitted to. "
      "Vertical lines: the codebook was fitted anew.";
  figure.kind = "lines";
  figure.channels = {{"x", "step"}, {"y", "divergence"}, {"mark", "re-clustered"}};
  figure.choice = "run and matrix";
  figure.data.columns = {Column::of_text("run and matrix"),
                         Column::of_count("step"),
                         {"divergence", true, 8},
                         Column::of_text("re-clustered")};
  for (const Group& group : groups) {
    const RunRecord& run = *group.runs.front();
    std::set<std::string> matrices;
    for (const DivergenceRecord& each : run.divergences) matrices.insert(each.matrix);
    for (const std::string& matrix : matrices) {
      add_divergences(name_of(group, groups) + ", " + matrix, matrix, run, figure.data);
    }
  }
  return unless_empty(std::move(figure));
}

}  // namespace qprompt::report
