#include "qprompt/train/learn.h"

#include <chrono>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Zero would mean the evaluation view.
std::uint64_t view_seed(Random& random) { return random.bits() | 1; }

std::vector<ImageRequest> requests_for(std::span<const Item> items, Index views,
                                       std::uint64_t seed) {
  std::vector<ImageRequest> requests;
  for (const Item& item : items) {
    // Streams 0..99 belong to the trainer.
    Random random(seed, 100 + requests.size());
    ImageRequest request{item.path, {}};
    for (Index v = 0; v < views; ++v) request.views.push_back(view_seed(random));
    requests.push_back(std::move(request));
  }
  return requests;
}

PromptFile prompt_of(const Model& model, const PromptLearner& learner, const LearnConfig& config,
                     const std::vector<std::string>& class_names, const TrainingResult& trained) {
  const ClassTokens classes =
      tokenize_classes(model.tokenizer(), class_names, model.shape().context_length);
  const ParameterMap selected = quantizable(learner, classes, trained.values);
  ParameterMap values = trained.quantizer.deployed(selected);
  values.insert(trained.values.begin(), trained.values.end());
  PromptFile prompt{model.fingerprint(), config.method, 0, {}};
  if (learner.class_bound()) prompt.class_list = class_list_hash(class_names);
  prompt.matrices = stored_matrices(values, trained.quantizer.encode(selected));
  return prompt;
}

}  // namespace

PreparedSet prepare_training_set(const Model& model, std::span<const Item> items,
                                 const LearnConfig& config, const FeatureOptions& options) {
  require(config.views >= 0, "views ", config.views, ", expected 0 (fresh ones) or more");
  require_files(items);
  const auto start = Clock::now();
  PreparedSet prepared;
  TrainingSet& set = prepared.set;
  set.fresh_views = config.views == 0;
  set.views = set.fresh_views ? config.training.epochs : config.views;
  const std::vector<ImageRequest> requests =
      requests_for(items, set.views, config.effective_train_seed());
  ImageFeatures features = image_features(model, requests, options);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (features.first[i] >= 0) set.labels.push_back(items[i].label);
  }
  set.features = UnitRows(features.features).unit;
  prepared.skipped = std::move(features.skipped);
  prepared.seconds = seconds_since(start);
  return prepared;
}

Learned learn_from(const Model& model, const std::vector<std::string>& class_names,
                   const TrainingSet& set, const LearnConfig& config, const Observer& observer) {
  const auto start = Clock::now();
  const auto learner = make_learner(config.method, model);
  TrainingResult trained = train(model, *learner, class_names, set, config.training,
                                 config.effective_train_seed(), observer);
  Learned learned;
  learned.prompt = prompt_of(model, *learner, config, class_names, trained);
  learned.class_names = class_names;
  learned.epochs = std::move(trained.epochs);
  learned.steps = trained.steps;
  learned.clusterings = trained.quantizer.clusterings();
  learned.interrupted = trained.interrupted;
  learned.training_seconds = seconds_since(start);
  return learned;
}

Learned learn(const Model& model, const Dataset& dataset, const LearnConfig& config,
              const FeatureOptions& features, const Observer& observer) {
  const FewShot few = few_shot(dataset, config.shots, config.seed);
  const Dataset chosen = subsample_classes(few.dataset, config.classes);
  require(!chosen.train.empty(), dataset.name, ": no training images");
  const PreparedSet prepared = prepare_training_set(model, chosen.train, config, features);
  model.release_image_tower();
  Learned learned = learn_from(model, chosen.class_names, prepared.set, config, observer);
  learned.scarce = few.scarce;
  learned.skipped = prepared.skipped;
  learned.feature_seconds = prepared.seconds;
  return learned;
}

}  // namespace qprompt
