#include "qprompt/report/classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "qprompt/report/accuracy_tables.h"

namespace qprompt::report {
namespace {

constexpr std::size_t kMostClasses = 20, kTakenFor = 3;

template <typename Visit>  // of the group, its first run's target and a name for both
void visit_targets(std::span<const Group> groups, Visit visit) {
  const bool by_shots = shots_vary(groups);
  for (const Group& group : groups) {
    const std::string name = group.first().shots_name();
    const std::string shots = by_shots && !name.empty() ? ", " + name : "";
    for (const TargetRecord& target : group.runs.front()->targets) {
      visit(group, target,
            fmt::format("{}, {}{}, {}", group.dataset, group.label, shots, target.name));
    }
  }
}

// The mean of `value` over the runs of a group, for one target, times `scale`.
template <typename Value>
Cell mean_cell(const Group& group, const std::string& name, double scale, Value value) {
  std::vector<double> values;
  for (const RunRecord* run : group.runs) {
    const TargetRecord* target = run->target(name);
    const std::optional<double> one = target ? value(*target) : std::optional<double>();
    if (one) values.push_back(scale * *one);
  }
  return values.size() == group.runs.size() ? Cell(mean_and_deviation(values), values.size() > 1)
                                            : Cell();
}

// Positions of the classes with most images that were taken for others or that others were taken
// for, in the order of the class list.
std::vector<int> confused_classes(const TargetRecord& target) {
  std::map<int, Index> images;
  for (const Confusion& confusion : target.confusions) {
    images[confusion.label] += confusion.images;
    images[confusion.predicted] += confusion.images;
  }
  std::vector<int> classes;
  classes.reserve(images.size());
  for (const auto& [position, count] : images) classes.push_back(position);
  std::ranges::stable_sort(classes, std::greater{}, [&](int c) { return images[c]; });
  if (classes.size() > kMostClasses) classes.resize(kMostClasses);
  std::ranges::sort(classes);
  return classes;
}

void add_confusions(const std::string& name, const TargetRecord& target, Table& table) {
  const std::vector<int> classes = confused_classes(target);
  const auto shown = [&](int c) { return std::ranges::binary_search(classes, c); };
  const auto& names = target.class_names;
  const auto at = [](int c) { return static_cast<std::size_t>(c); };
  const auto add = [&](int label, int predicted, Index images) {
    const Index all = target.class_images[at(label)];
    const double share =
        all == 0 ? 0 : 100.0 * static_cast<double>(images) / static_cast<double>(all);
    table.rows.push_back(
        {name, names[at(label)], names[at(predicted)], static_cast<double>(images), share});
  };
  for (const int c : classes) add(c, c, target.class_correct[at(c)]);
  for (const Confusion& confusion : target.confusions) {
    if (shown(confusion.label) && shown(confusion.predicted)) {
      add(confusion.label, confusion.predicted, confusion.images);
    }
  }
}

double accuracy_of(const TargetRecord& target, std::size_t c) {
  return static_cast<double>(target.class_correct[c]) / static_cast<double>(target.class_images[c]);
}

// Of the class of this name that is recognised worst: two may have one name.
std::size_t worst_called(const TargetRecord& target, const std::string& name) {
  std::size_t worst = target.class_names.size();
  for (std::size_t c = 0; c < target.class_names.size(); ++c) {
    if (target.class_names[c] != name || target.class_images[c] == 0) continue;
    if (worst == target.class_names.size() || accuracy_of(target, c) < accuracy_of(target, worst)) {
      worst = c;
    }
  }
  return worst;
}

// The classes whose mistakes the record holds, worst first.
std::vector<std::size_t> worst_classes(const TargetRecord& target) {
  std::vector<std::size_t> classes;
  classes.reserve(target.mistakes.size());
  for (const auto& [name, pictures] : target.mistakes) {
    const std::size_t c = worst_called(target, name);
    if (c < target.class_names.size()) classes.push_back(c);
  }
  std::ranges::sort(classes, {},
                    [&](std::size_t c) { return std::pair(accuracy_of(target, c), c); });
  return classes;
}

// "dog (12), cat (3)"
std::string taken_for(const TargetRecord& target, std::size_t label) {
  std::vector<Confusion> confusions;
  for (const Confusion& confusion : target.confusions) {
    if (static_cast<std::size_t>(confusion.label) == label) confusions.push_back(confusion);
  }
  std::ranges::stable_sort(confusions, std::greater{}, &Confusion::images);
  std::string text;
  for (std::size_t i = 0; i < std::min(confusions.size(), kTakenFor); ++i) {
    const std::string& name = target.class_names[static_cast<std::size_t>(confusions[i].predicted)];
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", name, confusions[i].images);
  }
  return text;
}

}  // namespace

Table calibration_table(std::span<const Group> groups) {
  Table table{id_of(groups.front().experiment) + "-calibration",
              "Calibration",
              "Mean and population standard deviation over the seeds. ECE: expected calibration "
              "error over 15 bins of equal width, per cent, as are top 5 and macro F1; NLL: "
              "negative log-likelihood of the right classes, nats per image.",
              {},
              {},
              2};
  table.columns = {Column::of_text("data set"),      Column::of_text("target"),
                   Column::of_text("method"),        Column::of_percent("ECE", Better::kLower),
                   {"NLL", true, 3, Better::kLower}, Column::of_percent("top 5"),
                   Column::of_percent("macro F1")};
  if (shots_vary(groups)) table.columns.insert(table.columns.begin() + 3, Column::of_text("shots"));
  for (const Group& group : groups) {
    for (const TargetRecord& target : group.runs.front()->targets) {
      std::vector<Cell> row{group.dataset, target.name, group.label};
      if (shots_vary(groups)) row.emplace_back(group.first().shots_text());
      const auto add = [&](double scale, auto value) {
        row.push_back(mean_cell(group, target.name, scale, value));
      };
      add(100, [](const auto& each) { return each.ece; });
      add(1, [](const auto& each) { return each.nll; });
      add(100, [](const auto& each) { return std::optional(each.top_5); });
      add(100, [](const auto& each) { return std::optional(each.macro_f1); });
      table.rows.push_back(std::move(row));
    }
  }
  std::ranges::stable_sort(table.rows, {},
                           [](const auto& row) { return std::pair(row[0].text, row[1].text); });
  return table;
}

std::vector<Figure> reliability_figures(std::span<const Group> groups) {
  Figure figure = Figure::of(groups.front().experiment, "reliability", "Reliability");
  figure.choice = "run";
  figure.caption =
      "Accuracy against confidence in 15 bins of equal width; on the diagonal they are "
      "equal. A dot's area says how many images are in the bin.";
  figure.kind = "reliability";
  figure.channels = {{"x", "confidence"}, {"y", "accuracy"}, {"value", "images"}};
  figure.data.columns = {Column::of_text("run"), Column::of_percent("confidence", Better::kNeither),
                         Column::of_percent("accuracy", Better::kNeither),
                         Column::of_count("images")};
  visit_targets(groups, [&](const Group&, const TargetRecord& target, const std::string& name) {
    for (const ReliabilityBin& bin : target.bins) {
      if (bin.images == 0) continue;
      figure.data.rows.push_back(
          {name, 100 * bin.confidence, 100 * bin.accuracy, static_cast<double>(bin.images)});
    }
  });
  if (figure.data.rows.empty()) return {};
  return {std::move(figure)};
}

std::vector<Figure> confusion_figures(std::span<const Group> groups) {
  Figure figure = Figure::of(groups.front().experiment, "confusion", "Confusion matrix");
  figure.choice = "run";
  figure.caption = fmt::format(
      "Of a row's first run: the share of a class's images (rows) that was taken for another "
      "(columns). At most {} classes, those with most confusions.",
      kMostClasses);
  figure.kind = "heatmap";
  figure.channels = {{"x", "predicted"}, {"y", "class"}, {"value", "share"}};
  figure.data.columns = {Column::of_text("run"), Column::of_text("class"),
                         Column::of_text("predicted"), Column::of_count("images"),
                         Column::of_percent("share", Better::kNeither)};
  visit_targets(groups, [&](const Group&, const TargetRecord& target, const std::string& name) {
    add_confusions(name, target, figure.data);
  });
  if (figure.data.rows.empty()) return {};
  return {std::move(figure)};
}

std::vector<Table> worst_classes_tables(std::span<const Group> groups) {
  Table table{id_of(groups.front().experiment) + "-worst-classes",
              "Worst classes",
              "Of a row's first run: the classes with the lowest accuracy, what their images were "
              "taken for, and pictures that were.",
              {},
              {},
              2};
  table.columns = {Column::of_text("data set"),
                   Column::of_text("method"),
                   Column::of_text("target"),
                   Column::of_text("class"),
                   Column::of_percent("accuracy", Better::kNeither),
                   Column::of_count("images"),
                   Column::of_text("taken for"),
                   Column::of_text("pictures")};
  visit_targets(groups, [&](const Group& group, const TargetRecord& target, const std::string&) {
    for (const std::size_t c : worst_classes(target)) {
      const std::string& name = target.class_names[c];
      table.rows.push_back({group.dataset, group.label, target.name, name,
                            100 * accuracy_of(target, c),
                            static_cast<double>(target.class_images[c]), taken_for(target, c),
                            fmt::format("{}", fmt::join(target.mistakes.at(name), ", "))});
    }
  });
  if (table.rows.empty()) return {};
  return {std::move(table)};
}

}  // namespace qprompt::report
