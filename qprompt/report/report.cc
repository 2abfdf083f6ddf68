#include "qprompt/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "qprompt/report/accuracy_tables.h"
#include "qprompt/report/classes.h"
#include "qprompt/report/comparison.h"
#include "qprompt/report/cost.h"
#include "qprompt/report/curves.h"
#include "qprompt/report/paired.h"

namespace qprompt::report {
namespace {

constexpr char kBaseToNew[] = "base-to-new";

struct Title {
  const char *title, *text;
};

Title title_of(const std::string& experiment) {
  static const std::map<std::string, Title> titles{
      {"base-to-new",
       {"Base to new",
        "Learned on the first half of a data set's classes; tested on "
        "both halves, each among its own names."}},
      {"cross-dataset",
       {"Cross-dataset transfer",
        "Learned on one data set, tested on others with "
        "their own class names."}},
      {"domain-generalization",
       {"Domain generalization",
        "Learned on one data set, tested on others "
        "that show the same classes otherwise."}},
      {"few-shot",
       {"Few-shot",
        "Learned on all classes with few pictures of each, tested on the "
        "same classes."}},
      {"noise", {"Noise", "Gaussian noise on the learned values in every step."}},
      {"quantization", {"Quantization", "Quantized prompts against full precision."}},
      {"ablation", {"Ablation", "The quantizer's parts, one after another."}},
      {"clustering",
       {"Clustering",
        "How far the codes' statistics move over the steps, and when they are clustered again."}},
      {"quantizers", {"Quantizers", "K-Means against uniform and logarithmic levels."}},
      {"bits", {"Bits", "How many bits each value has."}},
      {"phase", {"Phase", "When values are quantized: during training or after it."}},
      {"train", {"Trainings", "Single trainings, tested on the data's test images."}}};
  const auto found = titles.find(experiment);
  return found == titles.end() ? Title{nullptr, ""} : found->second;
}

template <typename Value>
void append(std::vector<Block>& blocks, std::vector<Value> values) {
  for (Value& value : values) blocks.emplace_back(std::move(value));
}

// The picture of accuracy against size is of base to new, where papers name both.
std::string note_of_sizes(std::span<const Group> groups) {
  std::set<Index> sizes;
  for (const Group& group : groups) {
    if (!group.first().is_zero_shot()) sizes.insert(group.payload_bytes());
  }
  const bool is_missing = sizes.size() > 1 && groups.front().experiment != kBaseToNew;
  return is_missing ? "Accuracy against size is drawn for base to new alone; the bytes of each "
                      "method stand in the table by data set."
                    : "";
}

std::string text_of(const Title& title, std::span<const Group> groups) {
  const std::string note = note_of_sizes(groups), text = title.text;
  return text + (text.empty() || note.empty() ? "" : " ") + note;
}

Section section_of(std::span<const Group> groups) {
  const std::string& experiment = groups.front().experiment;
  const Title title = title_of(experiment);
  Section section{
      id_of(experiment), title.title ? title.title : experiment, text_of(title, groups), {}};
  std::vector<Block>& blocks = section.blocks;
  const bool by_shots = shots_vary(groups);
  if (by_shots) {
    blocks.emplace_back(shots_figure(groups));
    blocks.emplace_back(shots_table(groups));
  } else if (dataset_count(groups) > 1) {
    blocks.emplace_back(averages_table(groups));
  }
  if (!by_shots) blocks.emplace_back(ranges_figure(groups));
  blocks.emplace_back(accuracy_table(groups));
  append(blocks, published_tables(groups));
  if (experiment == kBaseToNew) blocks.emplace_back(size_figure(groups));
  append(blocks, epoch_figures(groups));
  append(blocks, divergence_figures(groups));
  append(blocks, weight_figures(groups));
  blocks.emplace_back(calibration_table(groups));
  append(blocks, reliability_figures(groups));
  append(blocks, confusion_figures(groups));
  append(blocks, worst_classes_tables(groups));
  return section;
}

// Distinct values, in their order, joined.
template <typename Value>
std::string distinct(const std::vector<RunRecord>& runs, Value value) {
  std::set<std::string> values;
  for (const RunRecord& run : runs) values.insert(value(run));
  values.erase("");
  return fmt::format("{}", fmt::join(values, ", "));
}

std::string of_machine(const RunRecord& run, const char* what) {
  const auto found = run.machine.find(what);
  return found == run.machine.end() ? "" : found->second;
}

std::string counted(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string title_for(const std::vector<RunRecord>& runs) {
  std::set<std::string> methods, datasets;
  for (const RunRecord& run : runs) {
    methods.insert(run.method);
    for (const TargetRecord& target : run.targets) datasets.insert(target.dataset);
  }
  return fmt::format("{} of {} on {}", counted(runs.size(), "run"),
                     counted(methods.size(), "method"), counted(datasets.size(), "data set"));
}

std::vector<std::pair<std::string, std::string>> facts_of(const std::vector<RunRecord>& runs) {
  double seconds = 0;
  Index images = 0;
  for (const RunRecord& run : runs) {
    seconds += run.seconds.training;
    for (const TargetRecord& target : run.targets) images += target.images;
  }
  return {{"runs", fmt::format("{}, {} classified", runs.size(),
                               counted(static_cast<std::size_t>(images), "image"))},
          {"data sets", distinct(runs, [](const auto& run) { return run.dataset; })},
          {"methods", distinct(runs, [](const auto& run) { return run.method; })},
          {"model", distinct(runs,
                             [](const auto& run) {
                               return std::filesystem::path(run.model_path).filename().string() +
                                      " (" + run.model_identity.substr(0, 16) + ")";
                             })},
          {"version", distinct(runs, [](const auto& run) { return run.version; })},
          {"machine", distinct(runs,
                               [](const auto& run) {
                                 return of_machine(run, "cpu") + ", " +
                                        of_machine(run, "precision");
                               })},
          {"training", fmt::format("{:.0f} s in all", seconds)}};
}

}  // namespace

Report make_report(const Records& records) {
  Report report;
  report.title = title_for(records.runs);
  report.facts = facts_of(records.runs);
  report.notices = records.notices;
  const std::vector<Group> groups = groups_of(records.runs);
  for (auto first = groups.begin(); first != groups.end();) {
    const auto last = std::find_if(first, groups.end(), [&](const Group& group) {
      return group.experiment != first->experiment;
    });
    report.sections.push_back(section_of({first, last}));
    first = last;
  }
  report.sections.push_back({"cost",
                             "What it cost",
                             "Seconds of the parts of every run, as the records have them.",
                             {cost_table(records.runs)}});
  report.sections.push_back({"all-runs", "All runs", "", {}});
  const Table paired = paired_table(paired_differences(records.runs));
  if (!paired.rows.empty()) report.sections.back().blocks.emplace_back(paired);
  report.sections.back().blocks.emplace_back(runs_table(records.runs));
  return report;
}

std::vector<const Table*> tables_of(const Report& report) {
  std::vector<const Table*> tables;
  for (const Section& section : report.sections) {
    for (const Block& block : section.blocks) {
      if (const auto* table = std::get_if<Table>(&block)) tables.push_back(table);
    }
  }
  return tables;
}

nlohmann::ordered_json as_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"title", report.title},
               {"facts", Json::array()},
               {"notices", report.notices},
               {"sections", Json::array()}};
  for (const auto& [term, text] : report.facts) json["facts"].push_back(Json::array({term, text}));
  for (const Section& section : report.sections) {
    Json blocks = Json::array();
    for (const Block& block : section.blocks) {
      const bool is_table = std::holds_alternative<Table>(block);
      blocks.push_back({{is_table ? "table" : "figure",
                         std::visit([](const auto& each) { return as_json(each); }, block)}});
    }
    json["sections"].push_back(
        {{"id", section.id}, {"title", section.title}, {"text", section.text}, {"blocks", blocks}});
  }
  return json;
}

}  // namespace qprompt::report
