#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/eval/metrics.h"

// The record of a run (run.json, format 2) as tables and pictures need it. Accuracies are 0..1.
namespace qprompt::report {

struct ReliabilityBin {
  Index images = 0;
  double confidence = 0, accuracy = 0;  // means over the bin's images
};

struct TargetRecord {
  std::string name;     // "base", "new", "test", or the target data set's
  std::string dataset;  // as dataset_name() has it
  std::string images_hash;
  Index images = 0, correct = 0;
  double accuracy = 0, top_5 = 0, macro_f1 = 0;
  Interval interval;                 // of the accuracy, 95 %
  std::optional<double> ece, nll;    // nll: nats per image
  std::vector<ReliabilityBin> bins;  // of equal width over 0..1, in order
  std::vector<std::string> class_names;
  std::vector<Index> class_images, class_correct;
  std::vector<Confusion> confusions;
  std::map<std::string, std::vector<std::string>> mistakes;  // pictures of the worst classes
};

struct WeightHistogram {
  double low = 0, high = 0;
  std::vector<Index> counts;  // bins of equal width
};

struct EpochRecord {
  int epoch = 0;
  double loss = 0, accuracy = 0;
  std::map<std::string, double> targets;  // accuracy of the deployed values after this epoch
  std::map<std::string, WeightHistogram> weights;
};

// Kullback-Leibler divergence between a matrix now and when its codebook was fitted.
struct DivergenceRecord {
  std::int64_t step = 0;
  std::string matrix;
  double kl = 0;
  bool clustered = false;  // the codebook was fitted anew at this step
};

struct Seconds {
  double features = 0;       // preparing training images that no run before had prepared
  double test_features = 0;  // encoding test images that no run before had encoded
  double training = 0, evaluation = 0;

  double all() const { return features + test_features + training + evaluation; }
};

struct RunRecord {
  std::filesystem::path file;
  std::string json;  // all of it, on one line
  std::string run;   // hash of all that the result depends on
  std::string experiment, method, label;
  std::map<std::string, std::string> varied;
  std::string version, model_path, model_identity;
  std::string model;  // as tables call it: its folder, and more where that is another's, too
  std::map<std::string, std::string> machine, settings;  // flat: "quantizer.bits"
  std::string dataset, classes;                          // learned from; as dataset_name() has it
  std::string images_hash;  // of the data set; empty where the record says nothing of it
  int shots = 0;            // 0: all images, or none of zero-shot
  std::uint64_t seed = 0, train_seed = 0;
  std::vector<TargetRecord> targets;
  std::vector<EpochRecord> epochs;
  std::vector<DivergenceRecord> divergences;
  Seconds seconds;
  Index payload_bytes = 0;
  bool interrupted = false;

  const TargetRecord* target(const std::string& name) const;  // null where there is none
  bool is_zero_shot() const { return method == "zeroshot"; }
  std::string shots_text() const;  // "16", "all"; nothing of zero-shot
  std::string shots_name() const;  // "16 shots", "all images"; nothing of zero-shot
};

// Whether this is a record at all, of whatever format.
bool is_record(const nlohmann::json& json);

// Throws Error naming `file` and the value for a record of another format, and for anything that
// cannot be: an accuracy above 1, a confusion of classes that are not there.
RunRecord run_record(const nlohmann::json& json, const std::filesystem::path& file);

}  // namespace qprompt::report
