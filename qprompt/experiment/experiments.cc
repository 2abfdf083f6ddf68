#include "qprompt/experiment/experiments.h"

#include <array>

#include "qprompt/core/error.h"
#include "qprompt/core/nearest.h"

namespace qprompt {
namespace {

using Strings = std::vector<std::string>;

const Strings kCoreTargets{"Caltech101",   "OxfordPets", "StanfordCars", "Flowers102", "Food101",
                           "FGVCAircraft", "SUN397",     "DTD",          "EuroSAT",    "UCF101"};
const Strings kShifted{"ImageNetV2", "ImageNetSketch", "ImageNetA", "ImageNetR"};

const std::vector<Experiment> kExperiments{
    {.name = "base-to-new",
     .what = "learn on the first half of the classes, test on both",
     .methods = {"zeroshot", "coop", "qcoop"}},
    {.name = "few-shot",
     .what = "learn from 1, 2, 4, 8 and 16 images a class, test on all classes",
     .protocol = Protocol::kFewShot,
     .methods = {"zeroshot", "coop", "qcoop"},
     .shots = {1, 2, 4, 8, 16}},
    {.name = "cross-dataset",
     .what = "learn on one data set, test on others by their class names",
     .protocol = Protocol::kTransfer,
     .methods = {"zeroshot", "coop", "qcoop"},
     .data = {"ImageNet"},
     .targets = kCoreTargets},
    {.name = "domain-generalization",
     .what = "learn on one data set, test on the same classes in other pictures",
     .protocol = Protocol::kTransfer,
     .methods = {"zeroshot", "coop", "qcoop"},
     .data = {"ImageNet"},
     .targets = kShifted},
    {.name = "noise",
     .what = "Gaussian noise on the prompt at every step, by epoch",
     .by_epoch = true,
     .methods = {"coop"},
     .values = {"0", "0.001", "0.01", "0.1"}},
    {.name = "quantization",
     .what = "quantized against full precision, by epoch: accuracies and the prompt's weights",
     .by_epoch = true,
     .methods = {"coop"}},
    {.name = "clustering",
     .what = "KL divergence of the codes over the steps, and when they are clustered again",
     .by_epoch = true,
     .methods = {"coop"},
     .values = {"every_step", "at_clustering"}},
    {.name = "ablation",
     .what = "K-Means, with normalisation, with constrained adaptive clustering",
     .methods = {"coop"}},
    {.name = "bits", .what = "bits a value", .methods = {"coop"}, .values = {"1", "2", "4", "8"}},
    {.name = "phase",
     .what = "quantized while training against quantized afterwards",
     .methods = {"coop"},
     .values = {"qat", "ptq"}},
    {.name = "quantizers",
     .what = "K-Means against uniform and logarithmic levels",
     .methods = {"coop"},
     .values = {"kmeans", "uniform", "log2"}},
};

// Clustered again at every step.
const Settings kAlways{{"kl_threshold", "0"}, {"min_interval", "1"}};

void add_noise(const std::string& method, const Strings& levels, std::vector<Row>& rows) {
  for (const std::string& level : levels) {
    rows.push_back({method + "-noise", {{"noise", level}}, {{"noise", level}}});
  }
}

void add_ablation(const std::string& method, std::vector<Row>& rows) {
  rows.push_back({method, {{"quantizer", "none"}}, {}});
  rows.push_back(
      {"q" + method, {{"quantizer", "K-Means"}}, merged({{"normalize", "false"}}, kAlways)});
  rows.push_back({"q" + method, {{"quantizer", "+ normalisation"}}, kAlways});
  rows.push_back({"q" + method, {{"quantizer", "+ CAC"}}, {}});
}

void add_values(const std::string& method, const std::string& field, const std::string& shown,
                const Strings& values, std::vector<Row>& rows) {
  for (const std::string& value : values) {
    rows.push_back({"q" + method, {{shown, value}}, {{field, value}}});
  }
}

// A study compares with the method in full precision.
void add_plain(const std::string& method, const std::string& shown, std::vector<Row>& rows) {
  rows.push_back({method, {{shown, "none"}}, {}});
}

}  // namespace

std::span<const Experiment> experiments() { return kExperiments; }

const Experiment& experiment_called(const std::string& name) {
  Strings names;
  for (const Experiment& experiment : kExperiments) {
    if (experiment.name == name) return experiment;
    names.push_back(experiment.name);
  }
  fail("experiment ", none_of(name, names));
}

std::vector<Row> rows_of(const Experiment& experiment, const Strings& methods,
                         const Strings& values) {
  const std::string& name = experiment.name;
  const Strings& levels = values.empty() ? experiment.values : values;
  require(values.empty() || !experiment.values.empty(), "experiment '", name,
          "' varies nothing that has values");
  std::vector<Row> rows;
  for (const std::string& method : methods.empty() ? experiment.methods : methods) {
    if (name == "noise") {
      add_noise(method, levels, rows);
    } else if (name == "quantization") {
      rows.push_back({method});
      rows.push_back({"q" + method});
    } else if (name == "clustering") {
      add_values(method, "statistics", "statistics", levels, rows);
    } else if (name == "ablation") {
      add_ablation(method, rows);
    } else if (name == "bits") {
      add_plain(method, "bits", rows);
      add_values(method, "bits", "bits", levels, rows);
    } else if (name == "phase") {
      add_plain(method, "phase", rows);
      add_values(method, "phase", "phase", levels, rows);
    } else if (name == "quantizers") {
      add_plain(method, "quantizer", rows);
      add_values(method, "quantizer", "quantizer", levels, rows);
    } else {
      rows.push_back({method});
    }
  }
  return rows;
}

}  // namespace qprompt
