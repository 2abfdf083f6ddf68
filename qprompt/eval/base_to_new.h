#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/dataset.h"
#include "qprompt/eval/metrics.h"
#include "qprompt/train/learn.h"

namespace qprompt {

// One line of the table: zero-shot with its templates, or a method with its settings.
struct ProtocolEntry {
  std::string name;                      // "zeroshot", "coop", "qcoop"
  std::optional<LearnConfig> learn;      // seeds and classes are the protocol's
  std::vector<std::string> templates{};  // where nothing is learned
};

// One run: learned on the base classes' shots, tested on the test images of both halves, each among
// its own classes.
struct BaseToNewRun {
  std::string method;
  std::uint64_t seed = 0;        // of the shots
  std::uint64_t train_seed = 0;  // of batches and views
  double base = 0, novel = 0;    // accuracies, 0..1
  double harmonic() const { return harmonic_mean(base, novel); }
  std::size_t payload_bytes = 0, file_bytes = 0;
  double seconds = 0;  // of learning, the features of the training images not counted
  int clusterings = 0;
  std::vector<std::string> bits_reasons;  // why widths were chosen, where "auto" asked for it

  // What a record holds: a new measured quantity is added here.
  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    double h = harmonic();
    visit("method", method, "");
    visit("seed", seed, "of the shots");
    visit("train_seed", train_seed, "of batches and views");
    visit("base", base, "accuracy, 0..1");
    visit("new", novel, "accuracy, 0..1");
    visit("h", h, "harmonic mean");
    visit("clusterings", clusterings, "");
    visit("payload_bytes", payload_bytes, "");
    visit("file_bytes", file_bytes, "");
    visit("seconds", seconds, "of learning");
    visit("bits_reasons", bits_reasons, "why widths were chosen");
  }
};

struct BaseToNewRow {
  std::string method;
  MeanAndDeviation base, novel, harmonic;
  double harmonic_of_means = 0;  // what papers print: H of the averaged accuracies
  std::size_t payload_bytes = 0, file_bytes = 0;
  double seconds = 0;  // mean
  int runs = 0;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("method", method, "");
    visit("runs", runs, "");
    visit("base", base, "accuracy, 0..1");
    visit("new", novel, "accuracy, 0..1");
    visit("h", harmonic, "harmonic mean");
    visit("h_of_means", harmonic_of_means, "of the averaged accuracies");
    visit("payload_bytes", payload_bytes, "");
    visit("file_bytes", file_bytes, "");
    visit("seconds", seconds, "mean");
  }
};

struct BaseToNewOptions {
  std::vector<std::uint64_t> seeds{1, 2, 3};
  std::vector<std::uint64_t> train_seeds;  // batch orders for each seed; empty: the seed itself
  int shots = 16;
  FeatureOptions features;
  Observer observer;
  std::function<void(const BaseToNewRun&)> on_run;
};

struct BaseToNewResult {
  std::vector<BaseToNewRun> runs;
  std::vector<std::string> base_classes, new_classes;
  Index base_images = 0, new_images = 0;
  std::vector<ScarceClass> scarce;
  std::vector<std::string> skipped;
  bool interrupted = false;  // the finished runs are there
  std::string failure;       // why a later run failed (diverged, say); the finished ones are there
};

// Throws Error where the first run fails already.
QPROMPT_API BaseToNewResult base_to_new(const Model& model, const Dataset& dataset,
                                        const std::vector<ProtocolEntry>& entries,
                                        const BaseToNewOptions& options);

// Mean and deviation over the runs of each method, in the order of their first run.
QPROMPT_API std::vector<BaseToNewRow> summarize(const std::vector<BaseToNewRun>& runs);

}  // namespace qprompt
