#include "qprompt/report/curves.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

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
  return group.label + ", " + group.dataset +
         (by_shots ? ", " + std::to_string(group.shots) + " shots" : "");
}

std::vector<Figure> unless_empty(Figure figure) {
  if (figure.data.rows.empty()) return {};
  return {std::move(figure)};
}

// Values by label, panel and epoch, over runs.
using Curves = std::map<std::tuple<std::size_t, std::string, int>, std::vector<double>>;

std::vector<std::string> labels_of(std::span<const Group> groups) {
  std::vector<std::string> labels;
  for (const Group& group : groups) {
    if (std::ranges::count(labels, group.label) == 0) labels.push_back(group.label);
  }
  return labels;
}

template <typename Visit>
void visit_epochs(std::span<const Group> groups, const std::vector<std::string>& labels,
                  Visit visit) {
  for (const Group& group : groups) {
    const auto label =
        static_cast<std::size_t>(std::ranges::find(labels, group.label) - labels.begin());
    for (const RunRecord* run : group.runs) {
      for (const EpochRecord& epoch : run->epochs) visit(label, epoch);
    }
  }
}

void add_curves(const Curves& curves, const std::vector<std::string>& labels, Table& table) {
  for (const auto& [key, values] : curves) {
    const auto& [label, panel, epoch] = key;
    table.rows.push_back(
        {panel, labels[label], double(epoch), Cell(mean_and_deviation(values), values.size() > 1)});
  }
}

void fill_curves(Figure& figure, const Column& y, const Curves& curves,
                 const std::vector<std::string>& labels) {
  figure.kind = "lines";
  figure.channels = {{"x", "epoch"}, {"y", y.name}, {"series", "method"}, {"panel", "target"}};
  figure.data.columns = {Column::of_text("target"), Column::of_text("method"),
                         Column::of_count("epoch"), y};
  add_curves(curves, labels, figure.data);
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
  const std::vector<std::string> labels = labels_of(groups);
  Curves accuracies, losses;
  visit_epochs(groups, labels, [&](std::size_t label, const EpochRecord& epoch) {
    losses[{label, "training", epoch.epoch}].push_back(epoch.loss);
    for (const auto& [name, accuracy] : epoch.targets) {
      accuracies[{label, name, epoch.epoch}].push_back(100 * accuracy);
    }
  });
  if (losses.empty()) return {};
  Figure figure = accuracies.empty()
                      ? Figure::of(groups.front().experiment, "loss", "Loss by epoch")
                      : Figure::of(groups.front().experiment, "epochs", "Accuracy by epoch");
  figure.caption = "Mean over data sets and seeds; the band is the population standard deviation.";
  if (accuracies.empty()) {
    fill_curves(figure, {"loss", true, 4}, losses, labels);
  } else {
    fill_curves(figure, Column::of_percent("accuracy", Better::kNeither), accuracies, labels);
  }
  return {std::move(figure)};
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
