#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/quant/quantizer.h"
#include "qprompt/train/optimizer.h"

namespace qprompt {

struct TrainingConfig {
  int epochs = 50;
  int batch_size = 32;
  OptimizerConfig optimizer;
  QuantizerConfig quantizer;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("epochs", epochs, "passes over the training images");
    visit("batch_size", batch_size, "images in a batch");
    optimizer.visit_fields(visit);
    quantizer.visit_fields(visit);
  }
};

// Unit features of the training images, each under the same number of views.
struct TrainingSet {
  Matrix features;          // [images * views, embed], unit rows, an image's views together
  std::vector<int> labels;  // of the images
  Index views = 1;
  bool fresh_views = false;  // view e belongs to epoch e; else every epoch draws one of the views

  Index images() const { return static_cast<Index>(labels.size()); }
};

struct EpochReport {
  int epoch = 0, epochs = 0;  // epochs done, of how many
  double loss = 0;            // mean over the epoch's steps
  double accuracy = 0;        // on the training views as they were drawn
  double lr = 0;
};

struct Observer {
  std::function<void(const EpochReport&)> on_epoch;
  std::function<bool()> stop;  // asked at every step; a true answer ends training after it
};

struct TrainingResult {
  ParameterMap values;  // before quantization
  Quantizer quantizer;  // as it stands after the last step
  std::vector<EpochReport> epochs;
  std::int64_t steps = 0;
  bool interrupted = false;
};

// What stays the same from step to step. Borrows the model and the learner.
struct LearningProblem {
  LearningProblem(const Model& model, const PromptLearner& learner,
                  const std::vector<std::string>& class_names);

  const Model& model;
  const PromptLearner& learner;
  ClassTokens classes;
  TextLayout layout;
  std::shared_ptr<const TextTower> tower;
};

// One step's loss and the gradient of every parameter, with `values` as the forward pass uses them.
// Under quantization that is W_q, and the gradient goes straight through to W.
struct StepGradient {
  double loss = 0;
  Index correct = 0;
  ParameterMap gradient;
};
StepGradient loss_and_gradient(const LearningProblem& problem, const ParameterMap& values,
                               const Matrix& unit_images, std::span<const int> labels,
                               TextWorkspace& workspace);

// The matrices that quantization applies to: all but biases.
ParameterMap quantizable(const PromptLearner& learner, const ClassTokens& classes,
                         const ParameterMap& values);

// The width of each of them.
std::map<std::string, int> bits_by_name(const PromptLearner& learner, const ClassTokens& classes,
                                        const BitsPerKind& bits);

// Learns the learner's parameters by SGD on cross-entropy over cosine logits. `seed` orders
// batches, draws views and random starts.
TrainingResult train(const Model& model, const PromptLearner& learner,
                     const std::vector<std::string>& class_names, const TrainingSet& set,
                     const TrainingConfig& config, std::uint64_t seed,
                     const Observer& observer = {});

}  // namespace qprompt
